/**
 * The attacks that the texts of The Update Framework and Uptane name, as `test/ota/client/attacks.test.ts` tries them on a real device
 * over a real web server; `docs/attacks.md` is printed from here.
 * @source TUF 1.0.34, 1.5.2; Uptane Standard 2.1.0, "Description of threats"
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Trust } from '../../ota/client/trust.js'
import type { UpdateState } from '../../ota/format/state.js'
import { init } from '../../ota/publisher/init.js'
import { generateKey, loadSigners, type Signer } from '../../ota/publisher/keys.js'
import { rotate } from '../../ota/publisher/rotate.js'
import { httpTransport } from '../../ota/transport/http-range.js'
import { dripping, type EvilServer, endless, evilServer, forged } from './evil-server.js'
import { type Device, makeDevice, makeSite, type Site, sha256, tinyModel } from './repository.js'

/** By the names of the texts, shortened. */
export const TUF_ATTACKS = [
  'arbitrary installation',
  'endless data',
  'extraneous dependencies',
  'fast-forward',
  'indefinite freeze',
  'malicious mirrors',
  'mix-and-match',
  'rollback',
  'slow retrieval',
  'key compromise',
  'wrong software',
] as const
export const UPTANE_ATTACKS = [
  'eavesdrop',
  'drop-request',
  'slow retrieval',
  'freeze',
  'partial bundle installation',
  'denial of service',
  'rollback',
  'endless data',
  'mix-and-match',
  'arbitrary software',
] as const

/** Which attack of each text it is, or comes nearest to. */
export interface Named {
  tuf?: (typeof TUF_ATTACKS)[number]
  uptane?: (typeof UPTANE_ATTACKS)[number]
}

/** Tried in tests of their own, for they have more than one act. `code`: what the updater says; none where it just goes on. */
export const STORIES = {
  freeze: {
    title: 'indefinite freeze: metadata that is never renewed ends to be believed',
    named: { tuf: 'indefinite freeze', uptane: 'freeze' },
    code: 'metadata_expired',
  },
  fastForward: {
    title: 'fast-forward: after stolen keys are exchanged, versions may begin again',
    named: { tuf: 'fast-forward', uptane: 'rollback' },
    code: 'metadata_rolled_back',
  },
  productLine: {
    title: 'a product line vouches for its own models and for no others',
    named: { tuf: 'key compromise', uptane: 'arbitrary software' },
    code: 'up_to_date',
  },
  director: {
    title: 'director and repository must agree (Uptane)',
    named: { tuf: 'key compromise', uptane: 'arbitrary software' },
    code: 'other_hash',
  },
  mirrors: {
    title: 'a device behind mirrors that lie, are stale or are away is updated all the same',
    named: { tuf: 'malicious mirrors', uptane: 'drop-request' },
    code: undefined,
  },
} as const satisfies Record<string, { title: string; named: Named; code: string | undefined }>

/** What nothing here stops, and why. */
export const NOT_MET: readonly { uptane: (typeof UPTANE_ATTACKS)[number]; because: string }[] = [
  {
    uptane: 'eavesdrop',
    because:
      'Models and metadata are signed, not encrypted. Where they are secret, use HTTPS, TLS to the broker, or a stick that stays in the house.',
  },
  {
    uptane: 'denial of service',
    because:
      'Whoever takes every source away stops updates, not the device: what runs goes on, and it is tried again. More sources help (`firstThatWorks`).',
  },
]

type Test = { teardown(end: () => unknown): void }
type Signed = { version: number; [field: string]: unknown }
export interface Scene {
  site: Site
  server: EvilServer
  /** Signers by role. */
  by(role: string): Promise<Signer[]>
  device: Device
}

/** A device that runs release 1 of an honest repository, and a mirror that may turn. */
export async function scene(
  t: Test,
  options: Partial<Parameters<typeof makeDevice>[1]> = {},
): Promise<Scene> {
  const site = await makeSite(t)
  await site.release(1)
  const server = await evilServer(t, site.repository.folder)
  const folder = join(site.folder, 'device', 'trust')
  const device = makeDevice(site, {
    transport: httpTransport({ url: server.url }),
    trust: new Trust({
      folder,
      factoryRoot: site.root,
      bounds: { mostBytes: 100_000, windowMs: 200, minBytesPerSecond: 2_000 },
    }),
    bounds: { windowMs: 200, minBytesPerSecond: 2_000 },
    ...options,
  })
  t.teardown(() => device.client.stop())
  await device.client.start(new AbortController().signal)
  await device.until(s => s.state === 'idle' && s.running.release === 1)
  return {
    site,
    server,
    device,
    by: async role => (await loadSigners([site.keys])).filter(s => s.role === role),
  }
}

/** What somebody on the way does to the repository, what the updater says of it, and in which words. */
export const MISCHIEF: Record<
  string,
  {
    named: Named
    does: (scene: Scene) => Promise<void>
    code: string
    says: RegExp
    state?: UpdateState['state']
  }
> = {
  'arbitrary installation: metadata that somebody else signed': {
    named: { tuf: 'arbitrary installation', uptane: 'arbitrary software' },
    async does({ site, server }) {
      const stranger = await generateKey(join(site.folder, 'stranger'), 'timestamp')
      server.put(
        'metadata/timestamp.json',
        await forged(site.repository, 'timestamp', s => s.version++, [stranger]),
      )
    },
    code: 'signatures_not_enough',
    says: /timestamp\.json does not bear the signatures.*0\/1/,
  },
  'arbitrary installation: metadata changed after it was signed': {
    named: { tuf: 'arbitrary installation', uptane: 'arbitrary software' },
    async does({ site, server }) {
      await site.release(2)
      const bytes = await readFile(join(site.repository.metadataFolder, 'timestamp.json'), 'utf8')
      server.put('metadata/timestamp.json', Buffer.from(bytes.replace(/"expires": "20/, '"expires": "21')))
    },
    code: 'signatures_not_enough',
    says: /timestamp\.json/,
  },
  'endless data: metadata without an end': {
    named: { tuf: 'endless data', uptane: 'endless data' },
    does: async ({ server }) => server.put('metadata/timestamp.json', endless),
    code: 'too_long',
    says: /longer than the 16384 bytes/,
  },
  'endless data: a model without an end': {
    named: { tuf: 'endless data', uptane: 'endless data' },
    async does({ site, server }) {
      await site.release(2)
      server.put(/^targets\/.*\.gguf$/, endless)
    },
    code: 'too_long',
    says: /longer than/,
  },
  'extraneous dependencies: a file of the bundle exchanged': {
    named: { tuf: 'extraneous dependencies', uptane: 'partial bundle installation' },
    async does({ site, server }) {
      await site.release(2)
      const honest = Buffer.from('{"id":"g1","utterance":"turn on the light","release":2}\n')
      server.put(/\.golden\.jsonl$/, Buffer.from(honest.toString().replace('light', 'saw  ')))
    },
    code: 'wrong_hash',
    says: /golden\.jsonl has SHA-256/,
  },
  'wrong software: another target in the place of one': {
    named: { tuf: 'wrong software', uptane: 'mix-and-match' },
    async does({ site, server }) {
      await site.release(2)
      server.put(/^targets\/.*\.gguf$/, tinyModel(1))
    },
    code: 'wrong_hash',
    says: /was signed for/,
  },
  'wrong length: a model cut short': {
    named: { tuf: 'arbitrary installation', uptane: 'partial bundle installation' },
    async does({ site, server }) {
      await site.release(2)
      server.put(/^targets\/.*\.gguf$/, tinyModel(2).subarray(0, 1000))
    },
    code: 'cut_short',
    says: /ended after 1000 of/,
  },
  'slow retrieval: metadata that drips': {
    named: { tuf: 'slow retrieval', uptane: 'slow retrieval' },
    async does({ site, server }) {
      await site.release(2)
      const bytes = await readFile(join(site.repository.metadataFolder, 'timestamp.json'))
      server.put('metadata/timestamp.json', dripping(bytes, 50, 10))
    },
    code: 'too_slow',
    says: /bytes a second, slower than the 2000/,
  },
  'slow retrieval: a model that drips': {
    named: { tuf: 'slow retrieval', uptane: 'slow retrieval' },
    async does({ site, server }) {
      await site.release(2)
      server.put(/^targets\/.*\.gguf$/, dripping(tinyModel(2), 50, 10))
    },
    code: 'too_slow',
    says: /bytes a second/,
  },
  'slow retrieval: a server that says nothing': {
    named: { tuf: 'slow retrieval', uptane: 'drop-request' },
    does: async ({ server }) => server.put('metadata/timestamp.json', () => {}),
    code: 'too_slow',
    says: /comes at 0 bytes a second/,
  },
  'rollback: an older timestamp': {
    named: { tuf: 'rollback', uptane: 'rollback' },
    async does({ site, server, device }) {
      const old = await readFile(join(site.repository.metadataFolder, 'timestamp.json'))
      await site.release(2)
      device.client.check()
      await device.until(s => s.state === 'idle' && s.running.release === 2)
      server.put('metadata/timestamp.json', old)
    },
    code: 'metadata_rolled_back',
    says: /timestamp\.json is older than what this device has seen/,
  },
  'rollback: an older snapshot under a new timestamp': {
    named: { tuf: 'rollback', uptane: 'rollback' },
    async does({ site, server, by }) {
      const { snapshotMeta } = (await site.repository.published('timestamp')).signed
      await site.release(2)
      await site.release(3)
      server.put(
        'metadata/timestamp.json',
        await forged(
          site.repository,
          'timestamp',
          s => {
            s.version += 5
            ;(s.meta as Record<string, unknown>)['snapshot.json'] = { ...snapshotMeta.toJSON(), version: 1 }
          },
          await by('timestamp'),
        ),
      )
    },
    code: 'metadata_rolled_back',
    says: /snapshot version 1 is less than/,
  },
  'mix-and-match: a snapshot of another time': {
    named: { tuf: 'mix-and-match', uptane: 'mix-and-match' },
    async does({ site, server }) {
      const old = await readFile(join(site.repository.metadataFolder, '2.snapshot.json'))
      await site.release(2)
      server.put('metadata/3.snapshot.json', old)
    },
    code: 'metadata_mismatch',
    says: /3\.snapshot\.json is not the one that was signed for/,
  },
  'mix-and-match: targets of another time': {
    named: { tuf: 'mix-and-match', uptane: 'mix-and-match' },
    async does({ site, server }) {
      const old = await readFile(join(site.repository.metadataFolder, '2.targets.json'))
      await site.release(2)
      server.put('metadata/3.targets.json', old)
    },
    code: 'metadata_mismatch',
    says: /3\.targets\.json/,
  },
  'a snapshot that forgets a role': {
    named: { tuf: 'mix-and-match', uptane: 'mix-and-match' },
    async does({ site, server, by }) {
      const snapshot = await forged(
        site.repository,
        'snapshot',
        s => {
          s.version++
          s.meta = {}
        },
        await by('snapshot'),
      )
      server.put('metadata/3.snapshot.json', snapshot)
      server.put(
        'metadata/timestamp.json',
        await forged(
          site.repository,
          'timestamp',
          s => {
            s.version++
            s.meta = { 'snapshot.json': { version: 3 } }
          },
          await by('timestamp'),
        ),
      )
    },
    code: 'metadata_malformed',
    says: /Missing file targets\.json/,
  },
  'key compromise below the threshold: two of three must sign, one is stolen': {
    named: { tuf: 'key compromise', uptane: 'arbitrary software' },
    async does({ site, server, device, by }) {
      await rotate({ repository: site.repository, role: 'targets', add: 2, threshold: 2, keys: site.keys })
      await site.signAndPublish()
      device.client.check()
      await device.until(s => s.state === 'idle' && s.reason?.code === 'up_to_date')
      const [stolen] = await by('targets')
      await forgeTargets({ site, server, by } as Scene, [stolen!])
    },
    code: 'signatures_not_enough',
    says: /targets was signed by 1\/2 keys/,
  },
  'a revoked key: targets signed by a key that a new root dropped': {
    named: { tuf: 'key compromise', uptane: 'arbitrary software' },
    async does({ site, server, device, by }) {
      const [stolen] = await by('targets')
      const { keyID } = stolen!.key
      await rotate({ repository: site.repository, role: 'targets', add: 1, remove: [keyID], keys: site.keys })
      await site.signAndPublish()
      device.client.check()
      await device.until(s => s.state === 'idle' && s.reason?.code === 'up_to_date')
      await forgeTargets({ site, server, by } as Scene, [stolen!])
    },
    code: 'signatures_not_enough',
    says: /targets was signed by 0\/1 keys/,
  },
  'a root that the root before did not sign': {
    named: { tuf: 'arbitrary installation', uptane: 'arbitrary software' },
    async does({ site, server }) {
      const stranger = await generateKey(join(site.folder, 'stranger'), 'root')
      const root = await forged(
        site.repository,
        'root',
        s => {
          s.version++
          const { keys, roles } = s as unknown as {
            keys: Record<string, unknown>
            roles: { root: { keyids: string[] } }
          }
          keys[stranger.key.keyID] = stranger.key.toJSON()
          roles.root.keyids = [stranger.key.keyID]
        },
        [stranger],
      )
      server.put('metadata/2.root.json', root)
    },
    code: 'signatures_not_enough',
    says: /2\.root\.json does not bear/,
  },
  'a whole other repository, with a root of its own': {
    named: { tuf: 'arbitrary installation', uptane: 'arbitrary software' },
    async does({ site, server }) {
      const other = join(site.folder, 'other')
      const keys = join(site.folder, 'other-keys')
      const { repository } = await init({ folder: other, keys })
      for (const name of await readdir(repository.metadataFolder))
        server.put(`metadata/${name}`, await readFile(join(repository.metadataFolder, name)))
      server.put('metadata/2.root.json', await readFile(join(repository.metadataFolder, '1.root.json')))
    },
    code: 'signatures_not_enough',
    says: /2\.root\.json does not bear/,
  },
  'a root that leaves out a version': {
    named: { tuf: 'rollback', uptane: 'rollback' },
    async does({ site, server, by }) {
      server.put(
        'metadata/2.root.json',
        await forged(site.repository, 'root', s => (s.version += 2), await by('root')),
      )
    },
    code: 'metadata_rolled_back',
    says: /Expected version 2, got 3/,
  },
  'a login page in the place of metadata': {
    named: { tuf: 'arbitrary installation', uptane: 'drop-request' },
    does: async ({ server }) =>
      server.put('metadata/timestamp.json', Buffer.from('<html>Please log in</html>')),
    code: 'metadata_malformed',
    says: /is not metadata of The Update Framework/,
  },
  'wrong board: a release for other hardware': {
    named: { tuf: 'wrong software', uptane: 'arbitrary software' },
    does: async ({ site }) => void (await site.release(2, { needs: { boards: ['jetson-orin-nano'] } })),
    code: 'wrong_board',
    says: /made for other boards/,
    state: 'idle',
  },
  'wrong board: a release that does not fit': {
    named: { tuf: 'wrong software', uptane: 'arbitrary software' },
    does: async ({ site }) => void (await site.release(2, { needs: { memory_mib: 4000 } })),
    code: 'too_large',
    says: /more memory/,
    state: 'idle',
  },
  'signed, but no model: what native code must never see': {
    named: { tuf: 'wrong software', uptane: 'arbitrary software' },
    does: async ({ site }) => void (await site.release(2, { content: Buffer.from('MZ this is a program') })),
    code: 'not_a_model',
    says: /is signed but is no model/,
    state: 'idle',
  },
}

/** Targets in which release 9 is another file, signed by the given keys, and everything above it by its own. */
async function forgeTargets({ site, server, by }: Scene, signers: Signer[]): Promise<void> {
  const next = (await site.repository.published('targets')).signed.version + 1
  const model = tinyModel(9)
  const targets = await forged(
    site.repository,
    'targets',
    s => {
      s.version = next
      const all = s.targets as Record<string, Signed>
      for (const target of Object.values(all)) target.hashes = { sha256: sha256(model) }
    },
    signers,
  )
  server.put(`metadata/${next}.targets.json`, targets)
  const snapshotVersion = (await site.repository.published('snapshot')).signed.version + 1
  const meta = { 'targets.json': { version: next } }
  server.put(
    `metadata/${snapshotVersion}.snapshot.json`,
    await forged(
      site.repository,
      'snapshot',
      s => Object.assign(s, { version: snapshotVersion, meta }),
      await by('snapshot'),
    ),
  )
  const snapshot = { 'snapshot.json': { version: snapshotVersion } }
  server.put(
    'metadata/timestamp.json',
    await forged(
      site.repository,
      'timestamp',
      s => Object.assign(s, { version: s.version + 1, meta: snapshot }),
      await by('timestamp'),
    ),
  )
}
