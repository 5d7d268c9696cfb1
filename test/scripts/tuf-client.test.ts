/** The command that tuf-conformance drives, driven the same way: as a process, over a web server. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { delegate } from '../../ota/publisher/delegate.js'
import { serve } from '../../ota/publisher/serve.js'
import { makeSite, tinyModel } from '../support/repository.js'

const CLIENT = fileURLToPath(new URL('../../scripts/conformance/tuf-client.js', import.meta.url))

t.test('init, refresh, download', async t => {
  const site = await makeSite(t)
  const path = await site.release(1)
  const server = await serve({ folder: site.repository.folder })
  t.teardown(() => server.close())
  const metadata = join(site.folder, 'client')
  const run = (...args: string[]) =>
    new Promise<number>(resolve => {
      execFile(process.execPath, [CLIENT, '--metadata-dir', metadata, ...args], error =>
        resolve(error ? 1 : 0),
      )
    })
  const refresh = () => run('--metadata-url', `${server.url}/metadata`, 'refresh')
  const download = (name: string) =>
    run(
      '--metadata-url',
      `${server.url}/metadata`,
      '--target-name',
      name,
      '--target-base-url',
      `${server.url}/targets`,
      '--target-dir',
      join(site.folder, 'got'),
      'download',
    )
  const versionOf = async (role: string) =>
    (JSON.parse(await readFile(join(metadata, `${role}.json`), 'utf8')) as { signed: { version: number } })
      .signed.version

  t.equal(await run('init', site.root), 0)
  t.strictSame(await readdir(metadata), ['root.json'])
  t.equal(await refresh(), 0)
  t.equal(await versionOf('targets'), 2)
  t.equal(await download(path), 0)
  t.strictSame(await readFile(join(site.folder, 'got', encodeURIComponent(path))), tinyModel(1))
  t.equal(await download('command/none.gguf'), 1)
  await delegate({ repository: site.repository, name: 'line', keys: site.keys })
  await site.signAndPublish()
  const other = await site.release(4, { family: 'line', role: 'line' })
  t.equal(await download(other), 0)
  t.ok((await readdir(metadata)).includes('line.json'), 'a delegated role is kept under its name')
  await server.close()
  t.equal(await refresh(), 1)
})
