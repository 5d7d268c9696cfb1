/** The repository that ships is a repository like any other. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { packageFile, packageRoot } from '../../daemon/base/package-root.js'
import { factoryModelOf } from '../../daemon/factory.js'
import { checkGguf } from '../../daemon/inference/gguf.js'
import { loadProfiles } from '../../device-profiles/load.js'
import { recover } from '../../ota/client/recover.js'
import { Slots } from '../../ota/client/slots.js'
import { Trust } from '../../ota/client/trust.js'
import { verify } from '../../ota/client/verify.js'
import { Repository } from '../../ota/publisher/repository.js'
import { folderTransport } from '../../ota/transport/folder.js'
import { targetPath } from '../../ota/transport/transport.js'
import { FakeClock } from '../support/clock.js'

const FACTORY = packageFile('ota', 'factory')
const { signal } = new AbortController()

async function trustIn(t: Test, ms?: number): Promise<Trust> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldmouse-factory-'))
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  const factoryRoot = join(FACTORY, 'metadata', '1.root.json')
  return new Trust({ folder, factoryRoot, ...(ms === undefined ? {} : { clock: new FakeClock(ms) }) })
}

t.test('the client of every device walks it, and finds what the daemon reads without walking', async t => {
  const trust = await trustIn(t)
  for (const family of ['command', 'line'] as const) {
    const offers = await trust.consult(folderTransport(FACTORY), signal, trusted => trusted.offers(family))
    const { promise, files } = factoryModelOf(family)
    t.strictSame(
      offers.map(o => o.promise),
      [promise],
    )
    for (const file of promise.files) {
      t.equal(files[file.role], join(FACTORY, targetPath(file.path, file.sha256)))
      await verify(files[file.role]!, file, signal)
    }
    const target = await trust.consult(folderTransport(FACTORY), signal, trusted =>
      trusted.target(offers[0]!.path),
    )
    t.equal(target?.hashes.sha256, promise.files.find(f => f.role === 'model')!.sha256)
  }
})

t.test(
  'an updater stands on it: read back in full at a start, refused when the disk has changed it',
  async t => {
    const folder = await mkdtemp(join(tmpdir(), 'fieldmouse-factory-'))
    t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
    const model = factoryModelOf('command')
    const { installed, problems } = await recover(new Slots(folder, model), signal, checkGguf)
    t.match(installed, {
      slot: 'factory',
      version: model.version,
      release: model.release,
      files: model.files,
    })
    t.strictSame(problems, [])
    const bytes = readFileSync(model.files.model)
    bytes[bytes.length >> 1]! ^= 1
    const changed = join(folder, 'changed.gguf')
    writeFileSync(changed, bytes)
    const slots = new Slots(folder, { ...model, files: { ...model.files, model: changed } })
    await t.rejects(recover(slots, signal, checkGguf), { code: 'no_model_left' })
  },
)

t.test('it holds for the life of a board', async t => {
  const { expires } = (await new Repository(FACTORY).published('timestamp')).signed
  const YEAR_MS = 365 * 24 * 3600_000
  const publishedMs = Date.parse(expires) - 10 * YEAR_MS
  const trust = await trustIn(t, publishedMs + 9 * YEAR_MS)
  const offers = await trust.consult(folderTransport(FACTORY), signal, trusted => trusted.offers('command'))
  t.equal(offers.length, 1)
  const late = await trustIn(t, publishedMs + 11 * YEAR_MS)
  await t.rejects(
    late.consult(folderTransport(FACTORY), signal, trusted => trusted.offers('command')),
    { code: 'metadata_expired' },
    'and says so when it does not',
  )
})

t.test('it holds what its metadata names, and nothing else', async t => {
  const { targets } = (await new Repository(FACTORY).published('targets')).signed
  const named = Object.entries(targets).map(([path, target]) => targetPath(path, target.hashes.sha256!))
  const found = readdirSync(join(FACTORY, 'targets'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(FACTORY.length + 1))
  t.strictSame(found.sort(), named.sort())
})

t.test('what it is made from is what was published', async t => {
  for (const family of ['command', 'line'] as const) {
    const { files } = factoryModelOf(family)
    for (const [role, source] of [
      ['card', `cards/${family}.md`],
      ['golden', `golden/${family}.jsonl`],
    ] as const) {
      const path = join(FACTORY, source)
      t.equal(
        files[role] !== undefined,
        existsSync(path),
        `${source}: run scripts/package/factory-repository`,
      )
      if (files[role]) t.equal(readFileSync(files[role], 'utf8'), readFileSync(path, 'utf8'), source)
    }
  }
})

t.test('the catalog means the same file', async t => {
  const [file] = loadProfiles(packageFile('device-profiles')).models.find(
    m => m.name === 'fieldmouse-command',
  )!.files
  const { files, length } = factoryModelOf('command')
  t.equal(packageFile(file!.file), files.model, 'device-profiles/models/fieldmouse-command.yaml, file')
  t.equal(file!.bytes, length)
})

t.test('no private key is part of the project', async t => {
  const root = packageRoot()
  if (!existsSync(join(root, '.git'))) return void t.pass('not a checkout: there is nothing to list')
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
    .toString()
    .split('\0')
    .filter(name => name !== '' && existsSync(join(root, name)))
  t.ok(files.length > 300, 'there are files to look into')
  // so written that this file is not found itself
  const mark = new RegExp(`-----BEGIN [A-Z ]*PRIVATE ${'KEY'}-----`)
  const holdsKey = (name: string) =>
    /\.(pem|key|p12|pfx)$/.test(name) ||
    (!name.endsWith('.gguf') && mark.test(readFileSync(join(root, name), 'latin1')))
  t.strictSame(files.filter(holdsKey), [])
})
