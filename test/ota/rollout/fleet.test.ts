import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RolloutNews } from '../../../ota/format/rollout.js'
import { needsMosquitto, startAedes, startClient, startMosquitto } from '../../support/broker.js'
import { NEW, type OperatorDesk, startDesk, startDevices, takesOf } from '../../support/fleet.js'

const MODEL = { family: 'command', sha256: NEW, version: '1.1.0' }
// biome-ignore lint/suspicious/noExplicitAny: lines of several commands, looked at by match
const json = (line: string) => JSON.parse(line) as Record<string, any>
const statusOf = async (desk: OperatorDesk, name: string) =>
  JSON.parse((await desk.ask('status', name, '--json')).out) as RolloutNews & { carried_out: boolean }
const doneIs = (n: number) => (line: string) => json(line).event === 'counts' && json(line).counts.done === n
const world = async (t: Test) => {
  const broker = await startMosquitto(t)
  return { broker, desk: await startDesk(t, broker.url) }
}

t.test(
  'a bad model stops at its canary; the rest of 200 devices keep what they run',
  needsMosquitto,
  async t => {
    const { broker, desk } = await world(t)
    const devices = await startDevices(t, broker.url, { count: 200, manner: () => 'bad', signed: true })
    const file = await desk.file({ name: 'bad-one', model: MODEL, canary: 5, waves: ['10%'] })

    const dry = await desk.ask('start', file, '--dry-run', '--json')
    t.equal(dry.code, 0, dry.err)
    t.match(json(dry.out), { meant: 200, held: 195, waves: [{ size: 5 }, { size: 20 }, { size: null }] })
    t.equal(
      [...devices.devices.values()].filter(d => d.told.length > 0).length,
      0,
      'nobody was told anything',
    )

    const start = desk.fleet('start', file)
    t.equal(await start.ended, 1)
    t.match(start.out.join('\n'), /stopped: 5 of 5 devices/)
    const told = [...devices.devices.values()].filter(d => takesOf(d.told).length > 0)
    t.equal(told.length, 5)
    t.equal(
      new Set(told.map(d => (d.index % 3 === 0 ? 'pi4' : 'pi5'))).size,
      2,
      'every board is in the canary',
    )

    const status = await statusOf(desk, 'bad-one')
    t.match(status, {
      record: { phase: 'stopped' },
      counts: { rolled_back: 5, skipped: 195 },
      carried_out: false,
    })
    const again = desk.fleet('start', file)
    t.equal(await again.ended, 1, 'a stop is final until somebody resumes it')
    t.equal([...devices.devices.values()].filter(d => takesOf(d.told).length > 0).length, 5)

    const people = await desk.ask('status', 'bad-one')
    t.equal(people.code, 0)
    t.match(people.out, /trial failed \(trial_failed\)/)
    t.match(people.out, /fieldmouse fleet go-back bad-one/)
    const ls = await desk.ask('ls')
    t.match(ls.out, /bad-one +command 1\.1\.0 +stopped +1\/3/)
  },
)

t.test(
  'silent devices, and an operator killed three times: each device is told once, and it comes to an end',
  needsMosquitto,
  async t => {
    const { broker, desk } = await world(t)
    const devices = await startDevices(t, broker.url, {
      count: 200,
      stepMs: 60,
      manner: index => (index % 40 === 7 ? 'silent' : 'good'),
    })
    const file = await desk.file({
      name: 'killed',
      model: MODEL,
      canary: 5,
      waves: [20, { size: '30%' }],
      max_in_progress: 25,
      gate: { confirmed_percent: 75 },
      timeout_minutes: 0.15,
    })
    for (const phase of ['wave 1', 'wave 3', 'wave 4']) {
      const operator = desk.fleet('start', file, '--json')
      const wave = Number(phase.slice(-1))
      await operator.until(line => json(line).event === 'told' && Number(json(line).wave) >= wave)
      operator.child.kill('SIGKILL')
      await operator.ended
    }
    const last = desk.fleet('start', file)
    t.equal(await last.ended, 0, last.err.join('\n'))
    const all = [...devices.devices.values()]
    t.equal(devices.running(NEW), 195)
    t.strictSame(
      all.filter(d => takesOf(d.told).length !== 1).map(d => [d.id, d.told]),
      [],
      'each device heard one order, whoever gave it',
    )
    t.ok(devices.mostUnderWay <= 25, `${devices.mostUnderWay} at most were under way`)
    const waves = all.map(d => takesOf(d.told)[0]!.replace(/^.*#(\d+)\..*$/, '$1'))
    t.equal(waves.filter(w => w === '1').length, 5)
    t.equal(waves.filter(w => w === '2').length, 20)
    t.match(await statusOf(desk, 'killed'), {
      record: { phase: 'done' },
      counts: { done: 195, timed_out: 5 },
    })
    // another machine knows it from what is retained
    const other = await startDesk(t, broker.url)
    const elsewhere = await other.ask('start', await other.file(json(await readFile(file, 'utf8'))))
    t.equal(elsewhere.code, 0, elsewhere.err)
  },
)

t.test('people pause, approve, take over, stop and send back', needsMosquitto, async t => {
  const { broker, desk } = await world(t)
  const devices = await startDevices(t, broker.url, { count: 20 })
  const rollout = { name: 'by-hand', model: MODEL, canary: 3, waves: [5], gate: { approval: 'by_hand' } }
  const file = await desk.file(rollout)
  const start = desk.fleet('start', file, '--json')
  await start.until(doneIs(3))

  const early = await desk.ask('resume', 'by-hand')
  t.equal(early.code, 1)
  t.match(early.err, /only what is paused or stopped.*\n.*fleet status/)
  const second = await desk.ask('start', file)
  t.equal(second.code, 1)
  t.match(second.err, /another program carries out/)
  const changed = await desk.ask('start', await desk.file({ ...rollout, canary: 4 }), '--take-over')
  t.equal(changed.code, 1)
  t.match(changed.err, /another one: waves differs/)
  const beside = await desk.ask('start', await desk.file({ ...rollout, name: 'beside' }))
  t.equal(beside.code, 1)
  t.match(beside.err, /20 devices of beside take part in by-hand/)

  t.equal((await desk.ask('pause', 'by-hand')).code, 0)
  t.equal((await desk.ask('approve', 'by-hand')).code, 0)
  await new Promise(resolve => setTimeout(resolve, 500))
  t.equal(devices.running(NEW), 3, 'approved, but paused')
  const resumed = await desk.ask('resume', 'by-hand', '--json')
  t.match(json(resumed.out), { phase: 'running', carried_out: true })
  await start.until(doneIs(8))

  const taken = desk.fleet('start', file, '--take-over', '--json')
  t.equal(await start.ended, 1)
  t.match(start.err.join('\n'), /has taken over/)
  await taken.until(line => json(line).event === 'counts')
  const watch = desk.fleet('watch', 'by-hand')
  await watch.until(line => /running, wave 2 of 3: .*8 done/.test(line))
  t.equal((await desk.ask('stop', 'by-hand')).code, 0)
  t.equal(await taken.ended, 1)
  t.equal(await watch.ended, 1)

  // nobody carries it out now: the command does
  const back = await desk.ask('go-back', 'by-hand')
  t.equal(back.code, 0, back.err)
  t.match(back.out, /by-hand is gone back/)
  t.equal(devices.running(NEW), 0)

  t.equal((await desk.ask('forget', 'by-hand')).code, 0)
  const gone = await desk.ask('status', 'by-hand')
  t.equal(gone.code, 1)
  t.match(gone.err, /there is no rollout by-hand/)
})

t.test('a broker that forgot everything: nobody is told twice what it has', needsMosquitto, async t => {
  const { broker, desk } = await world(t)
  const devices = await startDevices(t, broker.url, { count: 40, stepMs: 40 })
  const file = await desk.file({
    name: 'forgotten',
    model: MODEL,
    canary: 5,
    waves: [10],
    max_in_progress: 8,
  })
  const start = desk.fleet('start', file, '--json')
  await start.until(line => json(line).event === 'told' && Number(json(line).wave) >= 2)
  await broker.kill()
  await broker.restart()
  t.equal(await start.ended, 0, start.err.join('\n'))
  t.equal(devices.running(NEW), 40)
})

t.test('a device is believed by its signed report', needsMosquitto, async t => {
  const { broker, desk } = await world(t)
  await startDevices(t, broker.url, { count: 6, prefix: 'true-', signed: true })
  await startDevices(t, broker.url, { count: 2, prefix: 'mute-', signed: false, clientId: 'mute' })
  const stranger = await startClient(t, broker.url, [])
  const listed = await desk.ask('devices', '--json')
  t.equal(listed.code, 0)
  t.match(json(listed.out.split('\n').find(l => l.includes('true-0'))!), {
    reports: { command: { belief: 'good' } },
  })
  const keys = json(await readFile(join(desk.data, 'fleet', 'keys.json'), 'utf8'))
  t.match(keys, { devices: { 'true-0': { by: 'first_use' } } }, 'the first key that was seen is kept')

  // somebody writes a report in its name, with a key of his own
  const key = {
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: '1'.repeat(64) },
    keyid: '2'.repeat(64),
  }
  await stranger.client.publishAsync('fieldmouse/true-1/update/key', JSON.stringify(key), {
    qos: 1,
    retain: true,
  })
  const forged = {
    signatures: [{ keyid: '2'.repeat(64), sig: '3'.repeat(128) }],
    signed: {
      _type: 'version_report',
      device: 'true-2',
      family: 'command',
      running: { version: '1.1.0', release: 1, sha256: NEW, length: 1 },
      latest_known_time: '2026-11-21T00:00:00Z',
      counter: 99,
    },
  }
  const topic = 'fieldmouse/true-2/update/report/command'
  await stranger.client.publishAsync(topic, JSON.stringify(forged), { qos: 1, retain: true })
  const people = await desk.ask('devices')
  t.match(people.out, /true-2 .*not believed/)
  t.match(people.out, /true-3 .*good/)
  t.match(people.out, /mute-0 .*none/)
  t.match(people.err, /true-1: it names another key/)
  t.match(people.err, /true-2: .*is not signed with its key/)

  const file = await desk.file({
    name: 'signed',
    model: MODEL,
    reports: 'required',
    timeout_minutes: 0.05,
    gate: { confirmed_percent: 50 },
    stop_when: [],
  })
  const start = await desk.ask('start', file)
  t.equal(start.code, 0, start.err)
  t.match(await statusOf(desk, 'signed'), { counts: { done: 6, timed_out: 2 } })
})

t.test('the plain form of MQTT is enough', async t => {
  const broker = await startAedes(t)
  const desk = await startDesk(t, broker.url)
  const devices = await startDevices(t, broker.url, { count: 12, signed: true })
  const file = await desk.file({ name: 'plain', model: MODEL, canary: 2, waves: [4], reports: 'required' })
  const start = await desk.ask('start', file)
  t.equal(start.code, 0, start.err)
  t.equal(devices.running(NEW), 12)
  t.match((await desk.ask('ls')).out, /plain +command 1\.1\.0 +done +3\/3 +12 done/)
})

t.test('a file that is wrong, or means nobody, is refused with a remedy', needsMosquitto, async t => {
  const { broker, desk } = await world(t)
  const devices = await startDevices(t, broker.url, { count: 2 })
  t.match(await desk.ask('hold', 'sim-0'), { code: 0, out: /^1 devices/ })
  t.match(await desk.ask('hold', '--json'), { code: 0, out: '{"device":"sim-1"}' })
  t.match(await desk.ask('hold'), { code: 0, out: /^0 devices/ }, 'once is enough')
  t.match([...devices.devices.values()][0]?.desired, { models: [{ family: 'command', hold: true }] })
  const refused = async (content: object, code: number, says: RegExp) => {
    const start = await desk.ask('start', await desk.file(content))
    t.equal(start.code, code)
    t.match(start.err, says)
    t.match(start.err, / {2}-> /)
  }
  await refused({ name: 'x', model: MODEL, canaries: 5 }, 1, /canaries/)
  await refused({ name: 'x', model: { family: 'command', version: '1.1.0' } }, 1, /is not known here/)
  await refused({ name: 'x', model: MODEL, who: { groups: ['north'] } }, 1, /no group north/)
  await refused({ name: 'x', model: MODEL, who: { boards: ['jetson*'] } }, 1, /none of the 2 devices/)
  t.equal(await desk.fleet('start').ended, 2)
})
