/** The root that a device was given is another one now: by its owner on purpose, and by nobody else. */
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { type DiskCalls, systemDisk } from '../../../daemon/base/disk.js'
import { beganWith, isGivenAnother, sha256Of } from '../../../ota/client/anchor.js'
import { Trust } from '../../../ota/client/trust.js'
import { publish } from '../../../ota/publisher/publish.js'
import { rotate } from '../../../ota/publisher/rotate.js'
import { sign } from '../../../ota/publisher/sign.js'
import { folderTransport } from '../../../ota/transport/folder.js'
import { type Transport, targetPath } from '../../../ota/transport/transport.js'
import { FakeClock } from '../../support/clock.js'
import { isSettled, makeDevice, makeSite, type Site, sha256, tinyModel } from '../../support/repository.js'

const { signal } = new AbortController()

interface World {
  /** What the device was given: `ota.root`. */
  root: string
  folder: string
  told: unknown[]
  trust(options?: { disk?: DiskCalls; clock?: FakeClock }): Trust
  /** Looks into a repository. @returns releases that it offers */
  look(from: Site | Transport, trust?: Trust): Promise<number[]>
  kept(name?: string): Promise<Buffer>
  began(): Promise<string | undefined>
}

async function world(t: Test, from: Site): Promise<World> {
  const place = t.testdir({})
  const root = join(place, 'given.root.json')
  const folder = join(place, 'trust')
  await cp(from.root, root)
  const told: unknown[] = []
  const made: World = {
    root,
    folder,
    told,
    trust: options => new Trust({ folder, factoryRoot: root, onNewRoot: r => told.push(r), ...options }),
    look: async (at, trust = made.trust()) =>
      (
        await trust.consult(
          'repository' in at ? folderTransport(at.repository.folder) : at,
          signal,
          trusted => trusted.offers('command'),
        )
      ).map(o => o.promise.release),
    kept: (name = 'root.json') => readFile(join(folder, name)),
    began: () => beganWith(join(folder, 'anchor')),
  }
  return made
}

async function site(t: Test, ...releases: number[]): Promise<Site> {
  const made = await makeSite(t)
  for (const release of releases) await made.release(release)
  return made
}

/** Another root of the same repository: keys of root exchanged one by one, so that nothing of the first is left. */
async function rotated({ repository, keys }: Site, roles = ['root']): Promise<void> {
  for (const role of roles) {
    const root = (await repository.published('root')).signed
    const old = root.roles[role]!.keyIDs
    await rotate({ repository, role, keys, add: 1, remove: old })
    await sign({ draftFolder: repository.draftFolder, keys: [keys], byRole: false })
    await publish({ repository, keys: [keys] })
  }
}

const ALL_ROLES = ['targets', 'snapshot', 'timestamp', 'root']
const rootFile = ({ repository }: Site, version: number) =>
  join(repository.metadataFolder, `${version}.root.json`)

t.test('given another root: trust begins anew there, it is said once, and the time floor stays', async t => {
  const [old, next] = [await site(t, 1), await site(t, 1, 2)]
  const w = await world(t, old)
  const clock = new FakeClock(Date.now())
  t.strictSame(await w.look(old, w.trust({ clock })), [1])
  const floor = await w.kept('clock')
  t.equal(await w.began(), sha256Of(await readFile(old.root)))
  await cp(next.root, w.root)
  t.strictSame(await w.look(next), [2, 1])
  t.strictSame(w.told, [{ path: w.root }])
  t.strictSame(await w.kept('clock'), floor)
  t.strictSame(await w.kept(), await readFile(next.root))
  t.strictSame(await w.look(next), [2, 1])
  t.equal(w.told.length, 1, 'said once')
  await t.rejects(w.look(old), { code: 'signatures_not_enough' }, 'the one before is believed no more')
  t.equal(w.told.length, 1)
  await t.rejects(
    w.look(next, w.trust({ clock: new FakeClock(Date.now() + 40 * 24 * 3600_000) })),
    { code: 'metadata_expired' },
    'and what has expired is not believed for being new',
  )
})

t.test('given another root while its repository is away: it is kept, and believed when it comes', async t => {
  const [old, next] = [await site(t, 1), await site(t, 1)]
  const w = await world(t, old)
  await w.look(old)
  await cp(next.root, w.root)
  await t.rejects(w.look(old), { code: 'signatures_not_enough' })
  t.strictSame(w.told, [{ path: w.root }])
  t.strictSame(await w.look(next), [1])
  t.equal(w.told.length, 1)
})

t.test('roots that the repository itself goes on to are no other root', async t => {
  const made = await site(t, 1)
  const w = await world(t, made)
  await w.look(made)
  await rotated(made, ALL_ROLES)
  await w.look(made)
  t.strictSame(await w.kept(), await readFile(rootFile(made, 5)))
  await w.look(made)
  t.strictSame(await w.kept(), await readFile(rootFile(made, 5)), 'and the first is not gone back to')
  await cp(rootFile(made, 5), w.root)
  await w.look(made)
  t.strictSame(w.told, [], 'nor is one that it has come to, where the owner gives it that')
  t.equal(await w.began(), sha256Of(await readFile(w.root)))
})

t.test('another root of the same repository opens no way back to old files', async t => {
  const made = await site(t, 1)
  const w = await world(t, made)
  await w.look(made)
  const stale = join(made.folder, 'stale')
  await cp(made.repository.folder, stale, { recursive: true })
  await made.release(2)
  t.strictSame(await w.look(made), [2, 1])
  await rotated(made)
  await cp(rootFile(made, 2), join(stale, 'metadata', '2.root.json'))
  await cp(rootFile(made, 2), w.root)
  await t.rejects(w.look(folderTransport(stale)), { code: 'metadata_rolled_back' })
  t.equal(w.told.length, 1)
  t.strictSame(await w.look(made), [2, 1])
})

t.test('trust that a version before this one began, which did not note where', async t => {
  const [made, other] = [await site(t, 1), await site(t, 1)]
  await rotated(made)
  await rotated(other)
  const newest = await readFile(rootFile(made, 2))
  const cases: [string, { given: string; kept: string; isNew: boolean }][] = [
    ['the same', { given: rootFile(made, 1), kept: rootFile(made, 1), isNew: false }],
    ['gone on', { given: rootFile(made, 1), kept: rootFile(made, 2), isNew: false }],
    ['a package with a newer one', { given: rootFile(made, 2), kept: rootFile(made, 1), isNew: false }],
    ['another repository', { given: rootFile(other, 1), kept: rootFile(made, 1), isNew: true }],
    ['another, gone on', { given: rootFile(other, 1), kept: rootFile(made, 2), isNew: true }],
    ['another, newer', { given: rootFile(other, 2), kept: rootFile(made, 1), isNew: true }],
  ]
  for (const [what, { given, kept, isNew }] of cases) {
    const w = await world(t, made)
    await mkdir(w.folder, { recursive: true })
    await cp(given, w.root)
    await cp(kept, join(w.folder, 'root.json'))
    t.strictSame(await w.look(given.startsWith(made.folder) ? made : other), [1], what)
    t.equal(w.told.length, isNew ? 1 : 0, what)
    t.equal(await w.began(), sha256Of(await readFile(w.root)), what)
  }
  const spaced = Buffer.from(JSON.stringify(JSON.parse(newest.toString()), null, 4))
  t.notOk(isGivenAnother({ given: spaced, kept: newest, began: undefined }), 'written down otherwise')
})

t.test('a root that cannot be read is no other root', async t => {
  const made = await site(t, 1)
  for (const spoil of [
    (path: string) => rm(path),
    (path: string) => writeFile(path, '{"signed": {"_type": "root"'),
    (path: string) => writeFile(path, '{"signed": {"_type": "timestamp"}}'),
    (path: string) => writeFile(path, ''),
  ]) {
    const w = await world(t, made)
    await w.look(made)
    const began = await w.began()
    await spoil(w.root)
    t.strictSame(await w.look(made), [1], 'what is kept is believed')
    t.equal(await w.began(), began)
    t.strictSame(w.told, [])
    await cp(made.root, w.root)
    await w.look(made)
    t.strictSame(w.told, [], 'when it is back, nothing has happened')
  }
})

t.test('one that nobody signed takes the place of nothing, and the right one mends it', async t => {
  const [made, next] = [await site(t, 1), await site(t, 1)]
  const w = await world(t, made)
  await w.look(made)
  const kept = await w.kept()
  const root = JSON.parse(await readFile(next.root, 'utf8'))
  await writeFile(w.root, JSON.stringify({ ...root, signatures: [] }))
  await t.rejects(w.look(made), { code: 'no_trust_anchor' })
  t.strictSame(await w.kept(), kept)
  t.strictSame(w.told, [])
  await cp(next.root, w.root)
  t.strictSame(await w.look(next), [1])
  t.equal(w.told.length, 1)
})

t.test('whatever is served, trust stays where the owner let it begin', async t => {
  const [made, other] = [await site(t, 1), await site(t, 1, 2)]
  await rotated(other, ALL_ROLES)
  const w = await world(t, made)
  await w.look(made)
  const [honest, evil] = [made, other].map(s => folderTransport(s.repository.folder))
  const names = ['root', 'timestamp', 'snapshot', 'targets'] as const
  const how = fc.constantFrom('honest', 'other', 'first', 'garbage', 'none', 'cut')
  const mixture = fc.record(Object.fromEntries(names.map(name => [name, how])))
  await fc.assert(
    fc.asyncProperty(fc.array(mixture, { minLength: 1, maxLength: 3 }), async looks => {
      const kept = await w.kept()
      for (const served of looks) {
        const transport: Transport = {
          name: 'somebody on the way',
          async *read(path, options) {
            const kind = served[names.find(name => path.includes(`${name}.json`))!]
            if (kind === 'honest' || kind === undefined) return yield* honest!.read(path, options)
            if (kind === 'first') return yield await readFile(other.root)
            if (kind === 'garbage') return yield Buffer.from('<html>')
            if (kind === 'cut') throw new Error('the line is gone')
            if (kind === 'other') return yield* evil!.read(path, options)
            return yield* honest!.read(targetPath('nothing', 'here'), options)
          },
        }
        await w.look(transport).catch(() => {})
      }
      const isHeld = w.told.length === 0 && (await w.kept()).equals(kept)
      return isHeld && (await w.began()) === sha256Of(await readFile(w.root))
    }),
    { numRuns: 60 },
  )
  t.strictSame(await w.look(made), [1], 'and the honest one is believed still')
})

t.test('the power goes at any write while trust begins anew: the next look ends it', async t => {
  const [old, next] = [await site(t, 1), await site(t, 1)]
  let cuts = 0
  for (let dieAt = 1; ; dieAt++) {
    const w = await world(t, old)
    await w.look(old)
    await cp(next.root, w.root)
    let calls = 0
    const dying = <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      ((...args: A) =>
        ++calls >= dieAt ? Promise.reject(new Error('the power is gone')) : call(...args)) as typeof call
    const { rename, syncFolder, write, sync } = systemDisk
    const disk: DiskCalls = {
      ...systemDisk,
      rename: dying(rename),
      syncFolder: dying(syncFolder),
      write: dying(write),
      sync: dying(sync),
    }
    const isWhole = await w.look(next, w.trust({ disk })).then(
      () => true,
      () => false,
    )
    t.strictSame(await w.look(next), [1], `cut at ${dieAt}`)
    t.equal(await w.began(), sha256Of(await readFile(next.root)))
    t.ok(w.told.length === 1 || (!isWhole && w.told.length === 2), 'said; around a cut it may be twice')
    if (isWhole) break
    cuts++
  }
  t.ok(cuts > 10, `${cuts} cuts`)
})

t.test('what did badly here is remembered, whoever signs for it', async t => {
  const old = await site(t, 1)
  const next = await makeSite(t)
  for (const release of [1, 2]) await next.release(release, { content: tinyModel(release) })
  const w = await world(t, old)
  const device = (from: Site, running: number) =>
    makeDevice(old, {
      trust: w.trust(),
      transport: folderTransport(from.repository.folder),
      trial: async candidate => ({
        answered: 1,
        accuracy: candidate.sha256 === sha256(tinyModel(2)) ? 0.1 : 1,
        p95Ms: 5,
        running: { accuracy: running, p95Ms: 5 },
      }),
    })
  await old.release(2)
  const first = device(old, 1)
  await first.client.start(signal)
  await first.until(s => isSettled(s) && s.bad.length === 1)
  await first.client.stop()
  await cp(next.root, w.root)
  const again = device(next, 1)
  t.teardown(() => again.client.stop())
  await again.client.start(signal)
  const end = await again.until(s => isSettled(s) && s.running.release === 1)
  t.strictSame(end.bad, [sha256(tinyModel(2))])
  t.equal(again.states.filter(state => state === 'downloading').length, 1, 'only the other one is loaded')
  t.equal(w.told.length, 1)
  t.ok((await stat(join(w.folder, 'clock'))).size > 0)
})
