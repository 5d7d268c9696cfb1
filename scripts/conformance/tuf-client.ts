/**
 * The small command that the public tuf-conformance suite drives (its CLIENT-CLI.md), over the updater's own `Trust`:
 *
 *   tuf-client --metadata-dir DIR init ROOT
 *   tuf-client --metadata-dir DIR --metadata-url URL refresh
 *   tuf-client --metadata-dir DIR --metadata-url URL --target-name T --target-base-url URL --target-dir DIR download
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeDurably } from '../../daemon/base/disk.js'
import { codeOf, describe } from '../../daemon/base/errors.js'
import { Trust } from '../../ota/client/trust.js'
import { readWhole } from '../../ota/transport/bounds.js'
import { httpTransport } from '../../ota/transport/http-range.js'
import { type Transport, targetPath } from '../../ota/transport/transport.js'

const text = { type: 'string' } as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'metadata-dir': text,
    'metadata-url': text,
    'target-name': text,
    'target-base-url': text,
    'target-dir': text,
  },
})

/** A transport whose folder `name` lies at a URL of its own. */
function mounted(name: string, url: string): Transport {
  const inner = httpTransport({ url })
  return { name: inner.name, read: (path, options) => inner.read(path.slice(name.length + 1), options) }
}

async function main(): Promise<void> {
  const folder = values['metadata-dir']!
  const [command, root] = positionals
  await mkdir(folder, { recursive: true })
  if (command === 'init') return copyFile(root!, join(folder, 'root.json'))
  const trust = new Trust({ folder, factoryRoot: join(folder, 'root.json') })
  const { signal } = new AbortController()
  const target = await trust.consult(mounted('metadata', values['metadata-url']!), signal, async trusted =>
    command === 'download' ? await trusted.target(values['target-name']!) : undefined,
  )
  if (command === 'refresh') return
  if (!target) throw new Error(`no target ${values['target-name']}`)
  const path = join(values['target-dir']!, encodeURIComponent(target.path))
  if (fits(await readFile(path).catch(() => undefined), target)) return
  const rootFile = JSON.parse(await readFile(join(folder, 'root.json'), 'utf8')) as {
    signed: { consistent_snapshot?: boolean }
  }
  const plain = `targets/${target.path.split('/').map(encodeURIComponent).join('/')}`
  const [hash] = Object.values(target.hashes)
  const from = rootFile.signed.consistent_snapshot === false ? plain : targetPath(target.path, hash!)
  const bounds = { mostBytes: target.length, minBytesPerSecond: 64, deadlineMs: 60_000 }
  const bytes = await readWhole(mounted('targets', values['target-base-url']!), from, bounds, signal)
  if (!fits(bytes, target)) throw new Error(`${target.path} is not the file that was signed for`)
  await writeDurably(path, bytes)
}

function fits(
  bytes: Buffer | undefined,
  target: { length: number; hashes: Record<string, string> },
): boolean {
  return (
    bytes?.length === target.length &&
    Object.entries(target.hashes).every(
      ([kind, hash]) => createHash(kind).update(bytes).digest('hex') === hash,
    )
  )
}

main().catch(error => {
  process.stderr.write(`${codeOf(error) ?? 'error'}: ${describe(error)}\n`)
  process.exitCode = 1
})
