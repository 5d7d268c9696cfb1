/**
 * The attacks that the texts of The Update Framework (1.5.2) and Uptane name, each tried on a real device over a real web
 * server. Each is refused, with the words its owner sees; what runs goes on running. The list: test/support/attacks.ts.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { Trust } from '../../../ota/client/trust.js'
import { delegate } from '../../../ota/publisher/delegate.js'
import { publish } from '../../../ota/publisher/publish.js'
import { revoke } from '../../../ota/publisher/revoke.js'
import { rotate } from '../../../ota/publisher/rotate.js'
import { sign } from '../../../ota/publisher/sign.js'
import { httpTransport } from '../../../ota/transport/http-range.js'
import {
  MISCHIEF,
  type Named,
  NOT_MET,
  STORIES,
  scene,
  TUF_ATTACKS,
  UPTANE_ATTACKS,
} from '../../support/attacks.js'
import { FakeClock } from '../../support/clock.js'
import { type EvilServer, evilServer, forged } from '../../support/evil-server.js'
import { makeDevice, makeSite, sha256, tinyModel } from '../../support/repository.js'

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

t.test(STORIES.freeze.title, async t => {
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

t.test(STORIES.fastForward.title, async t => {
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
  // a look that began before the new root was there and ended after it is refused, and waits for the next one
  const looks = setInterval(() => device.client.check(), 100)
  t.teardown(() => clearInterval(looks))
  await device.until(s => s.state === 'idle' && s.running.release === 2)
  t.equal(device.client.running.release, 2)
})

t.test(STORIES.productLine.title, async t => {
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

t.test(STORIES.director.title, async t => {
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

t.test('every attack that the texts name is tried, or said to be open', async t => {
  const named: Named[] = [...Object.values(MISCHIEF), ...Object.values(STORIES)].map(({ named }) => named)
  const open = NOT_MET.map(({ uptane }) => uptane)
  t.strictSame(
    TUF_ATTACKS.filter(attack => !named.some(n => n.tuf === attack)),
    [],
  )
  t.strictSame(
    UPTANE_ATTACKS.filter(attack => !named.some(n => n.uptane === attack)),
    open,
  )
})
