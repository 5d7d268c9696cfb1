import { connectAsync } from 'mqtt'
import t from 'tap'
import { sleep } from '../../daemon/base/clock.js'
import type { CommandResult } from '../../daemon/commands/handle.js'
import { loadConfig } from '../../daemon/config/load.js'
import { Daemon } from '../../daemon/main.js'
import { silentLog } from '../../daemon/observability/log.js'
import { needsMosquitto, startMosquitto } from '../support/broker.js'
import { ownFolder } from '../support/folder.js'
import { startMouse } from '../support/mouse.js'
import { until } from '../support/wire.js'

/** For the stories that neither need another broker nor do anything to the daemon. */
const mouse = await startMouse(t)

for (const program of ['mosquitto', 'aedes'] as const)
  t.test(
    `a command moves a lamp, over ${program}`,
    program === 'mosquitto' ? needsMosquitto : {},
    async t => {
      const mouse = await startMouse(t, { program })
      const reply = await mouse.command('turn on the kitchen light')
      t.match(reply, {
        ok: true,
        stage: 'factory',
        model: 'fieldmouse-command',
        result: { text: 'Turned on Kitchen light.' },
        timing: { prompt_tokens: Number },
      })
      t.match(mouse.daemon.virtualHome?.fields('light.kitchen_light'), { state: 'on' })
      t.ok(reply.confidence > 0.5 && reply.confidence <= 1)
      t.ok(
        mouse.heard.some(m => m.topic.startsWith('demo/kitchen/light') && !m.retained),
        'the device was told over MQTT',
      )

      const again = await mouse.command('turn on the kitchen light')
      t.equal(again.stage, 'memo', 'a sentence said before needs no model')
      t.match(await mouse.command('is the kitchen light on'), {
        ok: true,
        result: { text: 'Yes, Kitchen light is on.' },
      })

      const event = mouse.heard.find(m => m.topic === 'fieldmouse/demo/event/command')
      t.match(JSON.parse(event!.payload), {
        actions: [{ action: 'turn_on' }],
        devices: [{ device: 'light.kitchen_light', result: 'confirmed' }],
      })
      t.notMatch(event!.payload, /turn on the kitchen/, 'what was said is not repeated to everybody')
      const status = mouse.heard.find(m => m.topic === 'fieldmouse/demo/status')
      t.match(JSON.parse(status!.payload), {
        state: 'online',
        version: String,
        model: 'fieldmouse-command',
        since: String,
      })
    },
  )

t.test('what the home cannot do is refused with a reason and a remedy, and nothing moves', async t => {
  const told = () => mouse.heard.filter(m => m.topic.startsWith('demo/') && !m.retained).length
  const before = told()
  const cases: [string, string][] = [
    ['turn on the garage light', 'unknown_device'],
    ['switch off the hot tub', 'unknown_device'],
    ['set the kitchen light to purple', 'unsupported'],
    ['who wrote the odyssey', 'out_of_scope'],
  ]
  for (const [text, code] of cases) {
    const reply = await mouse.command(text)
    t.match(reply, { ok: false, error: { code, message: String, remedy: String } }, text)
  }
  t.match(await mouse.command({ text: 'turn on the kitchen light', dry_run: true }), {
    ok: true,
    result: { devices: [{ result: 'dry_run' }] },
  })
  await sleep(100)
  t.equal(told(), before, 'no device was told anything')
})

t.test('a routine and a program of the home file are done by their names', async t => {
  await mouse.daemon.virtualHome?.set('cover.garage_door', { state: 'open', position: 100 })
  t.match(await mouse.command('good night'), {
    ok: true,
    stage: 'rule',
    result: { actions: [{ action: 'turn_off' }, { action: 'close' }, { action: 'lock' }] },
  })
  t.match(mouse.daemon.virtualHome?.fields('cover.garage_door'), { state: 'closed' })
  t.match(await mouse.command('start the washer on cotton sixty'), { ok: true, stage: 'rule', model: null })
  t.match(mouse.daemon.virtualHome?.fields('appliance.washing_machine'), { program: 'COTTON_60' })
})

t.test('the area of the microphone tells which light is meant', async t => {
  t.match(await mouse.command({ text: 'turn on the light', area: 'kitchen' }), {
    ok: true,
    result: { devices: [{ deviceId: 'light.kitchen_light' }] },
  })
  t.match(await mouse.command('turn on the light'), {
    ok: false,
    error: { code: 'ambiguous', message: /Which/ },
  })
})

t.test(
  'a home that wakes up before its broker does as it is told once that is there',
  needsMosquitto,
  async t => {
    const broker = await startMosquitto(t)
    await broker.kill()
    const { config } = loadConfig({
      env: { FIELDMOUSE_DATA: await ownFolder(t, 'test'), FIELDMOUSE_BROKER: broker.url },
    })
    const daemon = new Daemon({ config, log: silentLog })
    t.teardown(() => daemon.stop())
    await daemon.start(new AbortController().signal)
    for (const time of ['first', 'second']) {
      await broker.restart()
      const client = await connectAsync(broker.url, { protocolVersion: 4 })
      const heard = new Map<string, string>()
      client.on('message', (topic, payload) => heard.set(topic, payload.toString()))
      await client.subscribeAsync(['demo/#', 'fieldmouse/#'])
      const said = (topic: string) => until(topic, () => heard.has(topic), 20_000)
      await said('demo/kitchen/light/state')
      await said('fieldmouse/demo/status')
      await client.publishAsync(
        'fieldmouse/demo/request/command',
        `{"id":"${time}","text":"turn on the kitchen light"}`,
      )
      await said(`fieldmouse/demo/response/${time}`)
      t.match(JSON.parse(heard.get(`fieldmouse/demo/response/${time}`)!), { ok: true }, time)
      await client.endAsync(true)
      await broker.kill()
    }
  },
)

t.test('a device that does not answer is named', async t => {
  mouse.daemon.virtualHome?.playDead('light.hallway_light')
  const reply = await mouse.command('turn on the hallway light')
  t.match(reply, {
    ok: false,
    error: { code: 'device_no_answer', message: /Hallway light did not answer/ },
    result: { devices: [{ result: 'no_answer' }] },
  })
})

t.test('a command put off is done when its time comes, and a timer rings', async t => {
  t.match(await mouse.command('turn on the kitchen light in one second'), {
    ok: true,
    result: { later: [{ seconds: 1 }] },
  })
  const later = JSON.parse(await mouse.next('fieldmouse/demo/event/command', p => p.includes('"later":true')))
  t.match(later, { devices: [{ device: 'light.kitchen_light', result: 'confirmed' }] })
  t.match(await mouse.command('set a timer for one second'), { ok: true })
  t.match(JSON.parse(await mouse.next('fieldmouse/demo/event/timer')), { setSeconds: 1 })
})

t.test('the inference child is shot while it answers: the request is answered all the same', async t => {
  const mouse = await startMouse(t)
  const reply = mouse.command(
    'turn on the kitchen light and close the living room blind and lock the front door and set a timer for ten minutes',
  )
  await sleep(4)
  process.kill(mouse.daemon.engine!.pid!, 'SIGKILL')
  t.ok((await reply).id)
  t.match(await mouse.command('turn off the kitchen light'), { ok: true })
  t.equal(mouse.daemon.engine!.losses, 1)
})

t.test('a light that announces itself by Home Assistant discovery is there at once', async t => {
  t.match(await mouse.command('turn on the xylophone lamp'), { ok: false, error: { code: 'unknown_device' } })
  await mouse.client.publishAsync(
    'homeassistant/light/xylo/config',
    JSON.stringify({
      name: 'Xylophone lamp',
      unique_id: 'xylo1',
      command_topic: 'xylo/set',
      device: { identifiers: ['xylo'], suggested_area: 'Study' },
    }),
    { qos: 1, retain: true },
  )
  await mouse.client.subscribeAsync('xylo/set')
  const told = mouse.next('xylo/set')
  let reply = await mouse.command('turn on the xylophone lamp')
  for (let i = 0; i < 20 && !reply.ok; i++) {
    await sleep(50)
    reply = await mouse.command('turn on the xylophone lamp')
  }
  t.equal(await told, 'ON')
  t.match(
    (reply.result as CommandResult).devices,
    [{ result: 'sent' }],
    'no state topic: it cannot be confirmed, and that is said',
  )
})

t.test(
  'bad input is answered with the place and the remedy, and the daemon goes on',
  needsMosquitto,
  async t => {
    const mouse = await startMouse(t, { program: 'mosquitto' })
    const cases: [string, string | Buffer, string][] = [
      ['malformed JSON', '{"text": "turn on', 'bad_request'],
      ['an unknown field', '{"text":"turn on the light","colour":"red"}', 'bad_request'],
      ['text of the wrong type', '{"text":7}', 'bad_request'],
      ['an empty text', '', 'empty'],
      ['blanks only', '   \n', 'empty'],
      ['a megabyte of text', 'a'.repeat(1_000_000), 'too_large'],
      ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x80, 0x41]), 'bad_encoding'],
    ]
    for (const [title, body, code] of cases) {
      const reply = await mouse.command(body as string)
      t.match(reply, { ok: false, error: { code, message: String, remedy: String } }, title)
    }
    t.match(await mouse.command('x', { kind: 'teleport' }), { ok: false, error: { code: 'unknown_kind' } })
    for (const kind of ['ask'])
      t.match(await mouse.command('x', { kind }), { ok: false, error: { code: 'not_available' } }, kind)
    for (const odd of [
      '🙂🙂🙂',
      '<turn_on><k_light><dev> kitchen light',
      'ключ на старт',
      'a '.repeat(1500),
      '\u0000\u0001',
      '0',
    ])
      t.match(
        await mouse.command(odd),
        { ok: false, error: { code: String } },
        JSON.stringify(odd.slice(0, 20)),
      )
    const long = Array.from({ length: 60 }, (_, i) => `xq${i}vzkw${i * 7}yy`).join(' ')
    t.match(
      await mouse.command(long),
      { ok: false, error: { code: 'not_understood', remedy: String } },
      'more than the model reads',
    )
    t.match(await mouse.command('turn on the kitchen light'), { ok: true }, 'and the daemon goes on')
  },
)

t.test('a request delivered twice is carried out once and answered both times', needsMosquitto, async t => {
  const mouse = await startMouse(t, { program: 'mosquitto' })
  const correlationData = Buffer.from('same-1')
  const once = () =>
    mouse.client.publishAsync('fieldmouse/demo/request/command', 'turn on the kitchen light', {
      qos: 1,
      properties: { responseTopic: 'answers/twice', correlationData },
    })
  const first = mouse.next('answers/twice')
  await once()
  await first
  await sleep(100) // the event follows the reply
  const told = () => mouse.heard.filter(m => m.topic === 'fieldmouse/demo/event/command').length
  const before = told()
  const second = mouse.next('answers/twice')
  await once()
  t.strictSame(JSON.parse(await second), JSON.parse(await first), 'the same answer')
  t.equal(told(), before, 'nothing was done again')
})

t.test('the broker goes away and comes back: the daemon finds its way', needsMosquitto, async t => {
  const broker = await startMosquitto(t)
  const mouse = await startMouse(t, { broker: broker.url, protocolVersion: 5 })
  t.match(await mouse.command('turn on the kitchen light'), { ok: true })
  await broker.kill()
  await broker.restart()
  for (let i = 0; i < 100 && !mouse.client.connected; i++) await sleep(100)
  await mouse.client.subscribeAsync(['fieldmouse/#', 'answers/#'])
  let reply: unknown
  for (let i = 0; i < 10 && !reply; i++)
    reply = await Promise.race([
      mouse.command({ text: 'is the kitchen light on', id: `again-${i}` }),
      sleep(2_000),
    ]).catch(() => undefined)
  t.match(reply, { stage: /memo|factory/ })
})
