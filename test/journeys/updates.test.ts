import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sleep } from '../../daemon/base/clock.js'
import type { DeviceUpdates } from '../../ota/format/state.js'
import { serve } from '../../ota/publisher/serve.js'
import { serveBlobs } from '../../ota/publisher/serve-blobs.js'
import { mqttChannel } from '../support/blob-channel.js'
import { needsMosquitto } from '../support/broker.js'
import { ownFolder } from '../support/folder.js'
import { type Mouse, startMouse } from '../support/mouse.js'
import { command, golden, nextUpdates, renamed, spoilt } from '../support/offered.js'
import { makeSite, type Site } from '../support/repository.js'

const DESIRED = 'fieldmouse/demo/update/desired'
const QUICK = { watchMinutes: 0.02, minBytesPerSecond: 1 }
async function over(t: Test, site: Site): Promise<{ url: string }> {
  const server = await serve({ folder: join(site.folder, 'repository') })
  t.teardown(() => server.close())
  return { url: server.url }
}
const ask = (mouse: Mouse, body: object) => mouse.command(body, { kind: 'update' })

t.test(
  'a new model takes over between two requests, is watched, and can be sent back',
  needsMosquitto,
  async t => {
    const site = await makeSite(t)
    await site.release(1, { content: renamed('a-newer-command'), golden })
    const mouse = await startMouse(t, {
      program: 'mosquitto',
      ota: { ...(await over(t, site)), root: site.root, ...QUICK },
    })
    t.equal(mouse.daemon.engine?.info?.name, 'fieldmouse-command')
    const good = nextUpdates(
      mouse,
      u => command(u).state === 'idle' && command(u).reason?.code === 'activated',
    )
    t.match(await ask(mouse, { do: 'apply', family: 'command' }), { ok: true })
    let isDone = false
    void good.finally(() => {
      isDone = true
    })
    // people go on talking: each is answered, by one model or the other
    let answered = 0
    while (!isDone) {
      const reply = await mouse.command(`set the desk lamp to ${(answered % 90) + 5} percent`)
      t.match(reply, { ok: true }, `request ${answered++}`)
      await sleep(50)
    }
    t.ok(answered > 5)
    t.match(command(await good), {
      running: { version: '1.1.0', release: 1, slot: 'a', probation: false },
      bad: [],
    })
    t.match(mouse.daemon.engine?.info?.name, /^a-newer-command/)
    t.match(await mouse.command('turn on the kitchen light'), { ok: true, model: /^a-newer-command/ })

    const back = nextUpdates(mouse, u => command(u).running.slot === 'factory')
    t.match(await ask(mouse, { do: 'rollback', family: 'command' }), { ok: true })
    t.match(command(await back), { reason: { code: 'rolled_back_by_hand' } })
    t.match(await mouse.command('turn off the kitchen light'), { ok: true, model: 'fieldmouse-command' })
  },
)

t.test('a worse model is found out by its trial and answers nobody', needsMosquitto, async t => {
  const site = await makeSite(t)
  await site.release(1, { content: spoilt(), golden })
  const mouse = await startMouse(t, {
    program: 'mosquitto',
    ota: { ...(await over(t, site)), root: site.root, ...QUICK },
  })
  const back = nextUpdates(mouse, u => command(u).state === 'idle' && command(u).bad.length === 1)
  await ask(mouse, { do: 'apply', family: 'command' })
  t.match(command(await back), {
    running: { slot: 'factory' },
    reason: { code: /^trial_(failed|unanswered)$/ },
  })
  t.match(await mouse.command('turn on the kitchen light'), { ok: true, model: 'fieldmouse-command' })
  const again = nextUpdates(mouse, u => command(u).reason?.code === 'known_bad')
  await ask(mouse, { do: 'check', family: 'command' })
  await again
})

t.test('what a fleet desires comes over the broker, and only what is signed', needsMosquitto, async t => {
  const site = await makeSite(t)
  const path = await site.release(1, { content: renamed('wanted-command'), golden })
  await site.release(2, { content: renamed('newest-command'), golden })
  const mouse = await startMouse(t, {
    program: 'mosquitto',
    ota: { overBroker: 'on', root: site.root, approval: 'asked', ...QUICK },
  })
  const channel = await mqttChannel(t, mouse.daemon.brokerUrl)
  t.teardown(await serveBlobs({ channel, folder: join(site.folder, 'repository') }))
  const desire = (desired: object | string) =>
    mouse.client.publishAsync(DESIRED, typeof desired === 'string' ? desired : JSON.stringify(desired), {
      qos: 1,
      retain: true,
    })

  const refused = nextUpdates(mouse, u => u.desired_problem !== undefined)
  await desire('{"version": 7}')
  t.match(await refused, { desired_problem: /update\/desired/ })

  const other = nextUpdates(mouse, u => command(u).reason?.code === 'other_hash')
  await desire({ version: 1, id: 'r1', models: [{ family: 'command', path, sha256: '0'.repeat(64) }] })
  t.match(await other, { desired_id: 'r1' })

  const staged = nextUpdates(
    mouse,
    u => command(u).state === 'staged' && command(u).waiting_for !== undefined,
  )
  await desire({ version: 1, id: 'r2', models: [{ family: 'command', path }] })
  t.match(command(await staged), { candidate: { version: '1.1.0' }, waiting_for: /ota apply/ })

  const done = nextUpdates(mouse, u => command(u).reason?.code === 'activated')
  await ask(mouse, { do: 'apply' })
  t.match(command(await done), { running: { version: '1.1.0', release: 1 }, desired_id: 'r2' })
  t.match(mouse.daemon.engine?.info?.name, /^wanted-command/)
})

t.test('what a model said of one wish is never told as its answer to the next', needsMosquitto, async t => {
  const site = await makeSite(t)
  await site.release(1, { content: renamed('unwanted-command'), golden })
  const mouse = await startMouse(t, {
    program: 'mosquitto',
    ota: { ...(await over(t, site)), root: site.root, approval: 'asked', ...QUICK },
  })
  const lineOf = (u: DeviceUpdates) => u.models.find(m => m.family === 'line')
  const desire = (id: string, models: object[]) =>
    mouse.client.publishAsync(DESIRED, JSON.stringify({ version: 1, id, models }), { qos: 1, retain: true })
  const holds = { family: 'command', hold: true }
  const missing = nextUpdates(mouse, u => lineOf(u)?.reason?.code === 'not_offered')
  await desire('r1', [holds, { family: 'line', path: 'line/none.gguf' }])
  t.match(await missing, { desired_id: 'r1' })
  // what is told is told at once now, not with what comes in the next seconds
  await sleep(2_100)
  const mixed: DeviceUpdates[] = []
  void nextUpdates(mouse, u => {
    if (u.desired_id === 'r2' && lineOf(u)?.reason?.code === 'not_offered') mixed.push(u)
    return false
  }).catch(() => {})
  const held = nextUpdates(mouse, u => u.desired_id === 'r2' && lineOf(u)?.reason?.code === 'held')
  await desire('r2', [holds, { family: 'line', hold: true }])
  t.match(lineOf(await held), { desired_id: 'r2' })
  t.strictSame(mixed, [])
})

t.test(
  'after a restart the updated model answers; a slot that was damaged meanwhile does not',
  needsMosquitto,
  async t => {
    const site = await makeSite(t)
    await site.release(1, { content: renamed('kept-command'), golden })
    const data = await ownFolder(t, 'kept')
    const ota = { ...(await over(t, site)), root: site.root, ...QUICK }
    const first = await startMouse(t, { program: 'mosquitto', data, ota })
    const done = nextUpdates(first, u => command(u).reason?.code === 'activated')
    await ask(first, { do: 'apply', family: 'command' })
    await done
    await first.daemon.stop()
    const second = await startMouse(t, { program: 'mosquitto', data, ota })
    t.match(await second.command('turn on the kitchen light'), { ok: true, model: /^kept-command/ })
    await second.daemon.stop()

    const model = join(data, 'updates', 'command', 'slots', 'a', 'model.gguf')
    const bytes = readFileSync(model)
    bytes[bytes.length - 5]! ^= 1
    await writeFile(model, bytes)
    const third = await startMouse(t, { program: 'mosquitto', data, ota })
    t.match(
      await third.command('turn on the kitchen light'),
      { ok: true, model: 'fieldmouse-command' },
      'one bit, and the factory model answers',
    )
  },
)

t.test('Home Assistant sees each model as an update, and its button applies', needsMosquitto, async t => {
  const site = await makeSite(t)
  await site.release(3, { content: renamed('shown-command'), golden })
  const mouse = await startMouse(t, {
    program: 'mosquitto',
    ota: { ...(await over(t, site)), root: site.root, homeAssistant: 'on', approval: 'asked', ...QUICK },
  })
  const config = JSON.parse(
    mouse.heard.find(m => m.topic === 'homeassistant/device/fieldmouse_demo_models/config')?.payload ??
      (await mouse.next('homeassistant/device/fieldmouse_demo_models/config')),
  )
  const entity = config.components.model_command
  t.match(entity, { platform: 'update', state_topic: 'fieldmouse/demo/ha/update/command' })
  const is = (passes: (entity: Record<string, unknown>) => boolean) =>
    mouse.next(entity.state_topic, text => passes(JSON.parse(text)), 60_000).then(text => JSON.parse(text))
  const waits = is(e => e.latest_version === '1.3.0' && e.in_progress === false)
  await ask(mouse, { do: 'check', family: 'command' })
  t.match(await waits, { installed_version: '1.1.0', update_percentage: null })
  const done = is(e => e.installed_version === '1.3.0')
  await mouse.client.publishAsync(entity.command_topic, entity.payload_install, { qos: 1 })
  t.match(await done, { latest_version: '1.3.0', in_progress: false })
  t.match(mouse.daemon.engine?.info?.name, /^shown-command/)
})

t.test('without a repository nothing is asked, and whoever asks is told so', async t => {
  const mouse = await startMouse(t, { program: 'aedes' })
  t.match(await mouse.command({ do: 'check' }, { kind: 'update' }), {
    ok: false,
    error: { code: 'no_update_source' },
  })
  t.match(await mouse.command({ do: 'rollback' }, { kind: 'update' }), {
    ok: false,
    error: { code: 'nothing_to_go_back_to' },
  })
  t.match(await mouse.command({ do: 'dance' }, { kind: 'update' }), {
    ok: false,
    error: { code: 'bad_request' },
  })
  t.match(await mouse.command({ do: 'status', family: 'cat' }, { kind: 'update' }), {
    ok: false,
    error: { code: 'bad_request', message: /command, line, classifier/ },
  })
  t.match(await mouse.command({ do: 'status' }, { kind: 'update' }), {
    ok: true,
    result: {
      state: 'idle',
      sources: [],
      models: [{ family: 'command' }, { family: 'line' }, { family: 'classifier' }],
    },
  })
})
