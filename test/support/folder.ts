import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder that goes with the test. `t.testdir()` gives one test one folder: what runs several things needs more. */
export async function ownFolder(t: { teardown(end: () => unknown): unknown }, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `fieldmouse-${name}-`))
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  return folder
}
