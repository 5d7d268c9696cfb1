import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { packageFile } from '../../daemon/base/package-root.js'
import { factoryModelOf } from '../../daemon/factory.js'
import { Trust } from '../../ota/client/trust.js'
import type { Offer } from '../../ota/format/target.js'
import { folderTransport } from '../../ota/transport/folder.js'
import { makeFactoryRepository } from '../../scripts/package/factory-repository.js'
import { ggufBytes } from '../support/gguf.js'
import { sha256 } from '../support/repository.js'

const { signal } = new AbortController()

interface Workshop {
  folder: string
  keys: string
  /** What a device that updates its package says of it. */
  newRoots: string[]
  /** Writes a tiny model and says where. */
  model(version: string, data?: number): Promise<string>
  promise(version: string, release: number): Promise<void>
  make(model?: string): Promise<Record<string, number> | undefined>
  /** The keys are lost: begun anew, with new ones in that folder beside. */
  makeAnew(keys: string, model?: string): Promise<Record<string, number> | undefined>
  offers(): Promise<Offer[]>
  files(): Promise<string[]>
}

async function workshop(t: Test): Promise<Workshop> {
  const place = await mkdtemp(join(tmpdir(), 'fieldmouse-factory-'))
  t.teardown(() => rm(place, { recursive: true, force: true, maxRetries: 10 }))
  const folder = join(place, 'factory')
  const keys = join(place, 'keys')
  for (const part of ['promises', 'cards', 'golden', 'trust'])
    await mkdir(join(folder, '..', part), { recursive: true })
  for (const part of ['promises', 'cards', 'golden']) await mkdir(join(folder, part), { recursive: true })
  await writeFile(join(folder, 'cards', 'command.md'), '# a card\n')
  const newRoots: string[] = []
  const trust = new Trust({
    folder: join(place, 'trust'),
    factoryRoot: join(folder, 'metadata', '1.root.json'),
    onNewRoot: root => newRoots.push(root.path),
  })
  return {
    newRoots,
    folder,
    keys,
    async model(version, data = 256) {
      const path = join(place, `model-${version}-${data}.gguf`)
      const metadata = { 'general.architecture': 'llama', 'general.version': version }
      await writeFile(path, ggufBytes({ metadata, data }))
      return path
    },
    promise: (version, release) =>
      writeFile(
        join(folder, 'promises', 'command.yaml'),
        `family: command\nversion: ${version}\nrelease: ${release}\nneeds: {}\n`,
      ),
    make: model => makeFactoryRepository({ folder, keys, ...(model ? { models: { command: model } } : {}) }),
    makeAnew: (name, model) =>
      makeFactoryRepository({
        folder,
        keys: join(place, name),
        isNewRoot: true,
        ...(model ? { models: { command: model } } : {}),
      }),
    offers: () => trust.consult(folderTransport(folder), signal, trusted => trusted.offers('command')),
    files: async () =>
      (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .filter(name => /^(metadata|targets)/.test(name))
        .sort(),
  }
}

t.test(
  'keys, a first version, golden requests, a second version: a device that saw each takes the next',
  async t => {
    const w = await workshop(t)
    await w.promise('1.0.0', 1)
    const first = await w.model('1.0.0')
    await t.rejects(w.make(), { message: /no model of command is published yet/ })
    t.strictSame(await readdir(w.folder), ['cards', 'golden', 'promises'], 'nothing is left of it')
    await rm(w.keys, { recursive: true })
    t.strictSame(await w.make(first), { root: 1, targets: 2, snapshot: 2, timestamp: 2 })
    t.match(await w.offers(), [
      { promise: { version: '1.0.0', release: 1, files: [{ role: 'model' }, { role: 'card' }] } },
    ])
    for (const name of await w.files()) t.equal((await stat(join(w.folder, name))).mode & 0o777, 0o644, name)
    for (const name of await readdir(w.keys))
      t.equal((await stat(join(w.keys, name))).mode & 0o777, 0o600, name)

    const before = await w.files()
    t.equal(await w.make(), undefined, 'nothing has changed')
    t.equal(await w.make(first), undefined)
    t.strictSame(await w.files(), before)

    await writeFile(join(w.folder, 'golden', 'command.jsonl'), '{}\n')
    t.match(await w.make(), { root: 1, targets: 3, timestamp: 3 })
    t.match(await w.offers(), [{ promise: { release: 1, files: [{}, {}, { role: 'golden' }] } }])
    t.equal(await readFile(factoryModelOf('command', w.folder).files.golden!, 'utf8'), '{}\n')

    await w.promise('1.1.0', 2)
    const second = await w.model('1.1.0', 512)
    await w.make(second)
    t.match(await w.offers(), [{ promise: { version: '1.1.0', release: 2 } }])
    const { files, sha256: hash } = factoryModelOf('command', w.folder)
    t.ok((await readFile(files.model)).equals(await readFile(second)))
    t.equal(hash, sha256(await readFile(second)))
    t.strictSame(
      (await w.files()).map(name => name.replace(/[0-9a-f]{64}/, '#')).sort(),
      [
        'metadata/1.root.json',
        'metadata/4.snapshot.json',
        'metadata/4.targets.json',
        'metadata/timestamp.json',
        'targets/command/#.command-1.1.0.card.md',
        'targets/command/#.command-1.1.0.golden.jsonl',
        'targets/command/#.command-1.1.0.manifest.json',
        'targets/command/#.command-1.1.0.gguf',
      ].sort(),
      'what is old is gone',
    )
  },
)

t.test('what must not be published is refused, and what is published stays', async t => {
  const w = await workshop(t)
  await w.promise('1.0.0', 3)
  await w.make(await w.model('1.0.0'))
  const before = await w.files()
  const refusals: [string, number, string, RegExp][] = [
    ['1.0.0', 3, await w.model('1.0.0', 512), /published with other bytes/],
    ['1.0.0', 4, await w.model('1.0.0', 512), /published with other bytes/],
    ['1.1.0', 3, await w.model('1.1.0'), /release 3 after 3/],
    ['1.1.0', 2, await w.model('1.1.0'), /release 2 after 3/],
    ['1.0.0', 4, await w.model('1.0.0'), /the same model keeps its number/],
    ['1.1.0', 4, await w.model('1.2.0'), /is version 1\.2\.0, .* says 1\.1\.0/],
    ['one', 4, await w.model('1.1.0'), /version/],
  ]
  for (const [version, release, model, message] of refusals) {
    await w.promise(version, release)
    await t.rejects(w.make(model), { message }, String(message))
    t.strictSame(await w.files(), before)
  }
  await w.promise('1.0.0', 3)
  await writeFile(join(w.folder, 'cards', 'command.md'), '# another\n')
  await t.rejects(makeFactoryRepository({ folder: w.folder, keys: join(w.folder, '..', 'nobody') }), {
    code: 'nothing_to_sign',
  })
  await t.rejects(makeFactoryRepository({ folder: w.folder, keys: packageFile('somewhere') }), {
    message: /lies in the project/,
  })
  await rm(join(w.folder, 'metadata'), { recursive: true })
  await t.rejects(w.make(), { message: /would be another repository/ })
})

t.test('a publishing that was cut off at any file leaves a repository, and the next one ends it', async t => {
  const w = await workshop(t)
  await w.promise('1.0.0', 1)
  await w.make(await w.model('1.0.0'))
  const old = join(w.folder, '..', 'old')
  await cp(w.folder, old, { recursive: true })
  await w.promise('1.1.0', 2)
  const second = await w.model('1.1.0', 512)
  await w.make(second)
  const isNew = async (name: string) =>
    !(await readFile(join(old, name)).catch(() => undefined))?.equals(await readFile(join(w.folder, name)))
  const added: string[] = []
  for (const name of await w.files()) if (await isNew(name)) added.push(name)
  const rank = (name: string) =>
    ['targets/', '.targets.json', '.snapshot.json', 'timestamp.json'].findIndex(part => name.includes(part))
  added.sort((a, b) => rank(a) - rank(b))
  t.equal(added.length, 6)
  for (let n = 0; n <= added.length; n++) {
    const cut = join(w.folder, '..', `cut-${n}`)
    await cp(old, cut, { recursive: true })
    for (const name of added.slice(0, n)) await cp(join(w.folder, name), join(cut, name))
    const { files, sha256: hash } = factoryModelOf('command', cut)
    t.equal(sha256(await readFile(files.model)), hash, `after ${n} files a whole model is named`)
    const trust = new Trust({ folder: join(cut, 'trust'), factoryRoot: join(cut, 'metadata', '1.root.json') })
    const offers = await trust.consult(folderTransport(cut), signal, trusted => trusted.offers('command'))
    t.equal(
      offers[0]?.promise.version,
      n === added.length ? '1.1.0' : '1.0.0',
      `after ${n} files a client walks`,
    )
    await writeFile(
      join(cut, 'promises', 'command.yaml'),
      await readFile(join(w.folder, 'promises', 'command.yaml')),
    )
    await makeFactoryRepository({ folder: cut, keys: w.keys, models: { command: second } })
    t.equal(factoryModelOf('command', cut).version, '1.1.0')
  }
})

t.test(
  'the keys are lost: a new root, the same targets, and a device with the new package goes on',
  async t => {
    const w = await workshop(t)
    await t.rejects(w.makeAnew('new'), { message: /there is nothing to begin anew/ })
    await w.promise('1.0.0', 1)
    await w.make(await w.model('1.0.0'))
    await w.promise('1.1.0', 2)
    await w.make(await w.model('1.1.0', 512))
    const targetsOf = async () => (await w.files()).filter(name => name.startsWith('targets/'))
    const [before, offered, model] = [
      await targetsOf(),
      await w.offers(),
      factoryModelOf('command', w.folder),
    ]
    const published = await w.files()
    await rm(w.keys, { recursive: true })

    await writeFile(join(w.folder, 'cards', 'command.md'), '# another card\n')
    await t.rejects(w.make(), { code: 'nothing_to_sign' }, 'without keys nothing is signed')
    await writeFile(join(w.folder, 'cards', 'command.md'), '# a card\n')
    t.strictSame(await w.files(), published)
    t.strictSame(
      await w.makeAnew('new'),
      { root: 1, targets: 6, snapshot: 6, timestamp: 6 },
      'versions go on',
    )
    t.strictSame(await targetsOf(), before)
    t.match(factoryModelOf('command', w.folder), { version: '1.1.0', release: 2, sha256: model.sha256 })
    t.strictSame(w.newRoots, [])
    t.strictSame(await w.offers(), offered)
    t.equal(w.newRoots.length, 1, 'it says that it believes another root')
    const after = await w.files()
    t.strictSame(after.filter(name => name.startsWith('metadata/')).length, 4)
    await t.rejects(w.makeAnew('new'), { message: /holds keys/ }, 'the new keys are not written over')
    t.strictSame(await w.files(), after)

    await w.promise('1.2.0', 3)
    const third = await w.model('1.2.0', 1024)
    t.match(
      await makeFactoryRepository({
        folder: w.folder,
        keys: join(w.folder, '..', 'new'),
        models: { command: third },
      }),
      {
        root: 1,
        targets: 7,
      },
    )
    t.match(await w.offers(), [{ promise: { version: '1.2.0', release: 3 } }])
    t.equal(w.newRoots.length, 1)

    await w.promise('1.3.0', 4)
    await w.makeAnew('newer', await w.model('1.3.0', 2048))
    t.match(await w.offers(), [{ promise: { version: '1.3.0', release: 4 } }], 'with a new model in one go')
    t.equal(w.newRoots.length, 2)
  },
)

t.test('what is taken over without keys must be what its name says', async t => {
  const w = await workshop(t)
  await w.promise('1.0.0', 1)
  await w.make(await w.model('1.0.0'))
  const files = await w.files()
  const path = join(w.folder, files.find(name => name.endsWith('.gguf'))!)
  const bytes = await readFile(path)
  bytes[bytes.length - 1]! ^= 1
  await writeFile(path, bytes)
  await t.rejects(w.makeAnew('new'), { message: /is not what its name says/ })
  t.strictSame(await w.files(), files)
  t.strictSame(await readdir(join(w.folder, '..', 'new')).catch(() => []), [], 'and no key was made')
})
