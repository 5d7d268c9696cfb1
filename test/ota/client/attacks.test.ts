/**
 * The attacks that the texts of The Update Framework (1.5.2) and Uptane (threat analysis) name, each tried on a real device over
 * a real web server. Each is refused, with the words its owner sees; what runs goes on running.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { Trust } from '../../../ota/client/trust.js'
import type { UpdateState } from '../../../ota/format/state.js'
import { delegate } from '../../../ota/publisher/delegate.js'
import { generateKey, loadSigners, type Signer } from '../../../ota/publisher/keys.js'
import { publish } from '../../../ota/publisher/publish.js'
import { revoke } from '../../../ota/publisher/revoke.js'
import { rotate } from '../../../ota/publisher/rotate.js'
import { sign } from '../../../ota/publisher/sign.js'
import { httpTransport } from '../../../ota/transport/http-range.js'
import { FakeClock } from '../../support/clock.js'
import { dripping, type EvilServer, endless, evilServer, forged } from '../../support/evil-server.js'
import { type Device, makeDevice, makeSite, type Site, sha256, tinyModel } from '../../support/repository.js'

type Test = { teardown(end: () => unknown): void }
type Signed = { version: number; [field: string]: unknown }
interface Scene {
  site: Site
  server: EvilServer
  /** Signers by role. */
  by(role: string): Promise<Signer[]>
  device: Device
}

/** A device that runs release 1 of an honest repository, and a mirror that may turn. */
async function scene(t: Test, options: Partial<Parameters<typeof makeDevice>[1]> = {}): Promise<Scene> {
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

const MISCHIEF: Record<
  string,
  { does: (scene: Scene) => Promise<void>; code: string; says: RegExp; state?: UpdateState['state'] }
> = {
  'arbitrary installation: metadata that somebody else signed': {
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
    async does({ site, server }) {
      await site.release(2)
      const bytes = await readFile(join(site.repository.metadataFolder, 'timestamp.json'), 'utf8')
      server.put('metadata/timestamp.json', Buffer.from(bytes.replace(/"expires": "20/, '"expires": "21')))
    },
    code: 'signatures_not_enough',
    says: /timestamp\.json/,
  },
  'endless data: metadata without an end': {
    does: async ({ server }) => server.put('metadata/timestamp.json', endless),
    code: 'too_long',
    says: /longer than the 16384 bytes/,
  },
  'endless data: a model without an end': {
    async does({ site, server }) {
      await site.release(2)
      server.put(/^targets\/.*\.gguf$/, endless)
    },
    code: 'too_long',
    says: /longer than/,
  },
  'extraneous dependencies: a file of the bundle exchanged': {
    async does({ site, server }) {
      await site.release(2)
      const honest = Buffer.from('{"id":"g1","utterance":"turn on the light","release":2}\n')
      server.put(/\.golden\.jsonl$/, Buffer.from(honest.toString().replace('light', 'saw  ')))
    },
    code: 'wrong_hash',
    says: /golden\.jsonl has SHA-256/,
  },
  'wrong software: another target in the place of one': {
    async does({ site, server }) {
      await site.release(2)
      server.put(/^targets\/.*\.gguf$/, tinyModel(1))
    },
    code: 'wrong_hash',
    says: /was signed for/,
  },
  'wrong length: a model cut short': {
    async does({ site, server }) {
      await site.release(2)
      server.put(/^targets\/.*\.gguf$/, tinyModel(2).subarray(0, 1000))
    },
    code: 'cut_short',
    says: /ended after 1000 of/,
  },
  'slow retrieval: metadata that drips': {
    async does({ site, server }) {
      await site.release(2)
      const bytes = await readFile(join(site.repository.metadataFolder, 'timestamp.json'))
      server.put('metadata/timestamp.json', dripping(bytes, 50, 10))
    },
    code: 'too_slow',
    says: /bytes a second, slower than the 2000/,
  },
  'slow retrieval: a model that drips': {
    async does({ site, server }) {
      await site.release(2)
      server.put(/^targets\/.*\.gguf$/, dripping(tinyModel(2), 50, 10))
    },
    code: 'too_slow',
    says: /bytes a second/,
  },
  'slow retrieval: a server that says nothing': {
    does: async ({ server }) => server.put('metadata/timestamp.json', () => {}),
    code: 'too_slow',
    says: /comes at 0 bytes a second/,
  },
  'rollback: an older timestamp': {
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
    async does({ site, server }) {
      const old = await readFile(join(site.repository.metadataFolder, '2.snapshot.json'))
      await site.release(2)
      server.put('metadata/3.snapshot.json', old)
    },
    code: 'metadata_mismatch',
    says: /3\.snapshot\.json is not the one that was signed for/,
  },
  'mix-and-match: targets of another time': {
    async does({ site, server }) {
      const old = await readFile(join(site.repository.metadataFolder, '2.targets.json'))
      await site.release(2)
      server.put('metadata/3.targets.json', old)
    },
    code: 'metadata_mismatch',
    says: /3\.targets\.json/,
  },
  'a snapshot that forgets a role': {
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
  'a root that leaves out a version': {
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
    does: async ({ server }) =>
      server.put('metadata/timestamp.json', Buffer.from('<html>Please log in</html>')),
    code: 'metadata_malformed',
    says: /is not metadata of The Update Framework/,
  },
  'wrong board: a release for other hardware': {
    does: async ({ site }) => void (await site.release(2, { needs: { boards: ['jetson-orin-nano'] } })),
    code: 'wrong_board',
    says: /made for other boards/,
    state: 'idle',
  },
  'wrong board: a release that does not fit': {
    does: async ({ site }) => void (await site.release(2, { needs: { memory_mib: 4000 } })),
    code: 'too_large',
    says: /more memory/,
    state: 'idle',
  },
  'signed, but no model: what native code must never see': {
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

for (const [name, { does, code, says, state = 'failed' }] of Object.entries(MISCHIEF)) {
  t.test(name, async t => {
    const made = await scene(t)
    await does(made)
    const { sha256: before } = made.device.client.running
    made.device.client.check()
    const end = await made.device.until(s => s.state === state && s.reason?.code === code)
    t.match(end.reason?.message, says)
    t.equal(made.device.client.running.sha256, before, 'what runs goes on')
    t.notMatch(made.device.states.slice(made.device.states.lastIndexOf('checking')), ['trial'])
  })
}

t.test('after the attack the honest repository is believed again, and the update comes', async t => {
  const made = await scene(t)
  for (const name of ['endless data: a model without an end', 'slow retrieval: a server that says nothing']) {
    await MISCHIEF[name]!.does(made)
    made.device.client.check()
    await made.device.until(s => s.reason?.code === MISCHIEF[name]!.code)
  }
  made.server.clear()
  await made.device.until(s => s.state === 'idle' && s.running.release === 2)
  t.equal(sha256(await readFile(made.device.client.running.files.model!)), sha256(tinyModel(2)))
})

t.test('indefinite freeze: metadata that is never renewed ends to be believed', async t => {
  const clock = new FakeClock(Date.now())
  const site = await makeSite(t, { timestamp: 7, snapshot: 30 })
  await site.release(1)
  const folder = join(site.folder, 'device', 'trust')
  const device = makeDevice(site, { trust: new Trust({ folder, factoryRoot: site.root, clock }) })
  t.teardown(() => device.client.stop())
  await device.client.start(new AbortController().signal)
  await device.until(s => s.state === 'idle' && s.running.release === 1)
  await clock.turn(8 * 24 * 3600_000)
  device.client.check()
  const frozen = await device.until(s => s.state === 'failed')
  t.match(frozen.reason, {
    code: 'metadata_expired',
    message: /timestamp\.json has expired/,
    remedy: /clock/,
  })
  t.equal(device.client.running.release, 1)

  await device.client.stop()
  // the clock falls back with the battery: the floor holds
  const behind = new Trust({ folder, factoryRoot: site.root, clock: new FakeClock(0), builtMs: clock.now() })
  const { signal } = new AbortController()
  await t.rejects(
    behind.consult(httpOf(await evilServer(t, site.repository.folder)), signal, async () => {}),
    {
      code: 'metadata_expired',
      message: /clock is behind/,
    },
  )
})

const httpOf = (server: EvilServer) => httpTransport({ url: server.url })

t.test('fast-forward: after stolen keys are exchanged, versions may begin again', async t => {
  const { site, server, device, by } = await scene(t)
  const version = 2_000_000
  server.put(
    'metadata/timestamp.json',
    await forged(site.repository, 'timestamp', s => Object.assign(s, { version }), await by('timestamp')),
  )
  device.client.check()
  await device.until(s => s.state === 'idle' && s.reason?.code === 'up_to_date')
  server.clear()
  await site.release(2)
  device.client.check()
  await device.until(s => s.reason?.code === 'metadata_rolled_back')
  const old = (await by('timestamp'))[0]!.key.keyID
  await rotate({ repository: site.repository, role: 'timestamp', add: 1, remove: [old], keys: site.keys })
  await site.signAndPublish()
  device.client.check()
  await device.until(s => s.state === 'idle' && s.running.release === 2)
  t.equal(device.client.running.release, 2)
})

t.test('a product line vouches for its own models and for no others', async t => {
  const { site, device } = await scene(t)
  await delegate({ repository: site.repository, name: 'voice', keys: site.keys })
  await site.signAndPublish()
  // the line's key is good, the path is not its own
  await site.release(9, { role: 'voice' })
  device.client.check()
  await device.until(s => s.state === 'idle' && s.reason?.code === 'up_to_date')
  t.equal(device.client.running.release, 1)

  const voice = makeDevice(site, { name: 'voice', family: 'voice' })
  t.teardown(() => voice.client.stop())
  await site.release(3, { role: 'voice', family: 'voice' })
  await voice.client.start(new AbortController().signal)
  await voice.until(s => s.state === 'idle' && s.running.release === 3)
  t.match(voice.client.running, { version: '1.3.0', slot: 'a' })

  // and what a line takes back, its devices leave
  const path = 'voice/voice-1.3.0.gguf'
  await revoke({ repository: site.repository, role: 'voice', path, reason: 'it hears too much' })
  await site.signAndPublish()
  voice.client.check()
  t.match(await voice.until(s => s.state === 'idle' && s.running.release === 0), {
    reason: { code: 'revoked' },
  })
})

t.test('director and repository must agree (Uptane)', async t => {
  const { site, device } = await scene(t)
  const path = await site.release(2)
  const desire = (model: object) =>
    device.client.desire({
      version: 1,
      id: 'r1',
      models: [{ family: 'command', hold: false, allow_older: false, ...model }],
    })
  desire({ path, sha256: 'a'.repeat(64) })
  t.match(await device.until(s => s.reason?.code === 'other_hash'), {
    running: { release: 1 },
    desired_id: 'r1',
  })
  desire({ path: 'voice/voice-9.9.9.gguf' })
  await device.until(s => s.reason?.code === 'not_offered')
  desire({ path })
  await device.until(s => s.state === 'idle' && s.running.release === 2)
  desire({ path: 'command/command-1.1.0.gguf' })
  t.match(await device.until(s => s.reason?.code === 'older'), { running: { release: 2 } })
  desire({ path: 'command/command-1.1.0.gguf', allow_older: true })
  await device.until(s => s.state === 'idle' && s.running.release === 1)
  t.equal(device.client.running.release, 1)
})

t.test('a threshold that is not met is not published', async t => {
  const site = await makeSite(t)
  const elsewhere = join(site.folder, 'elsewhere')
  await rotate({ repository: site.repository, role: 'targets', add: 1, threshold: 2, keys: elsewhere })
  await sign({ draftFolder: site.repository.draftFolder, keys: [site.keys] })
  const before = (await site.repository.published('timestamp')).signed.version
  await t.rejects(publish({ repository: site.repository, keys: [site.keys] }), {
    code: 'signatures_missing',
    message: 'targets bears 1 of the 2 signatures that root asks for',
  })
  t.equal((await site.repository.published('timestamp')).signed.version, before, 'nothing became public')
  // the folder is carried to the other key
  await sign({ draftFolder: site.repository.draftFolder, keys: [elsewhere] })
  t.match(await publish({ repository: site.repository, keys: [site.keys] }), { root: 2, targets: 2 })
})
