import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import t from 'tap'
import { systemClock } from '../../../daemon/base/clock.js'
import { Connection } from '../../../daemon/bus/mqtt/connect.js'
import { Serve } from '../../../daemon/bus/mqtt/serve.js'
import { topicsOf } from '../../../daemon/bus/mqtt/topics.js'
import { checkBoard, checkData, checkEngine, checkNode } from '../../../daemon/cli/doctor/checks.js'
import { doctor, sayDoctor } from '../../../daemon/cli/doctor.js'
import { Requests } from '../../../daemon/requests/accept.js'
import { layBoard } from '../../support/board.js'
import {
  freePort,
  needsMosquitto,
  startAedes,
  startMosquitto,
  type TestBroker,
} from '../../support/broker.js'

const signal = new AbortController().signal
const bin = resolve('dist/daemon/cli/fieldmouse.js')

interface Ended {
  code: number | null
  out: string
  err: string
}

function fieldmouse(words: string[], env: Record<string, string> = {}): Promise<Ended> {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('FIELDMOUSE_')),
  )
  const child = spawn(process.execPath, [bin, ...words], { env: { ...clean, ...env } })
  const ended: Ended = { code: null, out: '', err: '' }
  child.stdout.on('data', chunk => {
    ended.out += chunk
  })
  child.stderr.on('data', chunk => {
    ended.err += chunk
  })
  return new Promise(done => child.on('close', code => done({ ...ended, code })))
}

/** The daemon's side of the bus with a handler that repeats the words. */
async function startEcho(t: { teardown(end: () => unknown): void }, broker: TestBroker, id: string) {
  const topics = topicsOf('fieldmouse', id)
  const presence = {
    topic: topics.status,
    online: () => ({ state: 'online' }),
    offline: () => ({ state: 'offline' }),
  }
  const connection = new Connection({ access: { url: broker.url }, clientId: id, presence })
  const requests = new Requests({ clock: systemClock })
  requests.register('command', async ({ body }) => ({
    ok: body.text !== 'fail',
    ...(body.text === 'fail'
      ? { error: { code: 'unsupported', message: 'It cannot do this.', remedy: 'Ask for less.' } }
      : { result: { text: `Heard ${body.text} in ${body.area}${body.dryRun ? ', dry' : ''}.` } }),
    stage: 'factory',
    confidence: 1,
    model: null,
    inferMs: 0,
    promptTokens: 0,
    outputTokens: 0,
  }))
  const serve = new Serve({ topics, connection, requests })
  for (const part of [connection, requests, serve]) await part.start(signal)
  t.teardown(async () => {
    for (const part of [serve, requests, connection]) await part.stop()
  })
}

t.test('a system of 32 bits is told that there is no engine for it', async t => {
  t.match(await checkEngine('arm'), { status: 'fail', remedy: /64 bits/ })
  t.match(await checkEngine(process.arch), { status: 'ok' })
})

t.test('doctor names board, profile, plan, and a remedy for whatever is not well', async t => {
  const port = await freePort()
  const flags = { broker: `embedded:${port}`, data: t.testdir() }
  const report = await doctor({
    flags,
    signal,
    root: layBoard('raspberry-pi-5', t.testdir()).root,
    architecture: 'arm64',
  })
  t.match(report, {
    profile: { name: 'raspberry-pi-5', by: 'compatible' },
    board: { model: 'Raspberry Pi 5 Model B Rev 1.0', memory: { total_mib: 8052 } },
    plan: { model: { name: 'fieldmouse-command' }, most_threads: 4 },
    broker: { kind: 'embedded', address: `mqtt://127.0.0.1:${port}` },
    config: { file: null, overrides: { 'broker.port': '--broker' } },
  })
  for (const check of report.checks) if (check.status !== 'ok') t.ok(check.remedy, check.name)
  t.match(sayDoctor(report), /Raspberry Pi 5 Model B Rev 1\.0: 4 x Cortex-A76 at 2400 MHz/)
})

t.test('what is broken is a failed check: configuration, home, model, data folder', async t => {
  const folder = t.testdir({
    'mouse.yaml': 'brokr: {}',
    'home.yaml': 'devices: 3',
    'model.gguf': 'not a model',
    file: '',
  })
  const port = await freePort()
  const bad = {
    home: join(folder, 'home.yaml'),
    model: join(folder, 'model.gguf'),
    data: join(folder, 'file', 'x'),
  }
  const report = await doctor({ flags: { broker: `embedded:${port}`, ...bad }, signal })
  t.equal(report.ok, false)
  for (const name of ['home', 'model', 'data'])
    t.match(
      report.checks.find(c => c.name === name),
      { status: 'fail', remedy: /./ },
      name,
    )
  const typo = await doctor({ flags: { config: join(folder, 'mouse.yaml') }, signal })
  t.match(
    typo.checks.find(c => c.name === 'config'),
    { status: 'fail', says: /did you mean "broker"/ },
  )
  const nowhere = await doctor({ flags: { broker: `mqtt://127.0.0.1:${port}` }, signal })
  t.match(
    nowhere.checks.find(c => c.name === 'broker'),
    { status: 'fail' },
  )
})

t.test('single checks', async t => {
  t.equal(checkNode('20.16.0').status, 'fail')
  t.equal(checkNode('20.17.0').status, 'ok')
  t.equal(checkNode('22.1.0').status, 'ok')
  t.equal((await checkData('/proc/nothing')).status, 'fail')
  const { surveyBoard } = await import('../../../daemon/board/board.js')
  const board = await surveyBoard({
    root: layBoard('raspberry-pi-4b', t.testdir()).root,
    architecture: 'arm64',
  })
  t.match(checkBoard(board), [
    { status: 'ok' },
    { name: 'heat', status: 'ok' },
    { name: 'memory', status: 'ok' },
  ])
  const hot = {
    ...board,
    facts: {
      ...board.facts,
      readings: { temperatures: [], hottestC: 84 },
      memory: { ...board.facts.memory, availableMib: 10 },
    },
  }
  t.match(checkBoard(hot), [
    { status: 'ok' },
    { name: 'heat', status: 'warn' },
    { name: 'memory', status: 'warn' },
  ])
})

t.test('exit 2 when misused, 1 when it failed, 0 when done', async t => {
  const [none, typo, help, version, noBroker] = await Promise.all([
    fieldmouse([]),
    fieldmouse(['sya']),
    fieldmouse(['--help']),
    fieldmouse(['--version']),
    fieldmouse(['say', 'hello', '--broker', 'mqtt://127.0.0.1:9']),
  ])
  t.equal(none.code, 2)
  t.match(typo, { code: 2, err: /Did you mean say/ })
  t.match(help, { code: 0, out: /doctor/ })
  t.match(version, { code: 0, out: /^\d+\.\d+\.\d+\n$/ })
  t.match(noBroker, {
    code: 1,
    out: '',
    err: /no broker answers at mqtt:\/\/127\.0\.0\.1:9[\s\S]*is fieldmouse running\? `fieldmouse run`/i,
  })
  t.match(await fieldmouse(['say', 'x', '--timeout', 'soon']), { code: 2 })
  t.match(await fieldmouse(['say', 'x'], { FIELDMOUSE_BROKER: 'nonsense' }), {
    code: 1,
    err: /FIELDMOUSE_BROKER/,
  })
})

for (const [form, start, options] of [
  ['MQTT 5', startMosquitto, needsMosquitto],
  ['MQTT 3.1.1', startAedes, {}],
] as const)
  t.test(`say prints the answer of a running daemon over ${form}`, options, async t => {
    const broker = await start(t)
    await startEcho(t, broker, 'barn')
    const env = { FIELDMOUSE_BROKER: broker.url, FIELDMOUSE_ID: 'barn' }
    const said = await fieldmouse(['say', 'turn', 'on', '--area', 'kitchen', '--dry-run'], env)
    t.strictSame(said, { code: 0, out: 'Heard turn on in kitchen, dry.\n', err: '' })
    const json = await fieldmouse(['say', 'hello', '--json'], env)
    t.match(JSON.parse(json.out), {
      ok: true,
      result: { text: String },
      stage: 'factory',
      timing: { total_ms: Number },
    })
    const refused = await fieldmouse(['say', 'fail'], env)
    t.match(refused, { code: 1, out: 'It cannot do this.\n', err: '  -> Ask for less.\n' })
    const other = await fieldmouse(['say', 'hello', '--id', 'stable'], env)
    t.match(other, { code: 1, err: /no fieldmouse answers as stable .*\(absent\)/ })
    const report = await doctor({ flags: { broker: broker.url, id: 'barn' }, signal })
    t.match(
      report.checks.find(c => c.name === 'daemon'),
      { says: 'running as barn: online' },
    )
    t.equal(report.checks.find(c => c.name === 'broker')?.status, form === 'MQTT 5' ? 'ok' : 'warn')
  })

t.test('sources: what is not there now is a warning with what to do, never a failure', async t => {
  const folder = t.testdir({
    'config.yaml':
      'sources:\n  serial: [{ path: /dev/ttyNOTHERE9 }]\n  tail: [{ path: /nowhere/at/all.log }]\n  mqtt: [{ topic: plant/# }]\n',
  })
  const report = await doctor({
    flags: { config: `${folder}/config.yaml`, broker: 'embedded:0', data: folder },
    signal: new AbortController().signal,
  })
  const of = (name: string) => report.checks.find(c => c.name.startsWith(name))
  t.match(of('serial'), { status: 'warn', remedy: /by-id/ })
  t.match(of('tail'), { status: 'warn', remedy: /waited for/ })
  t.match(of('topics'), { status: 'ok', says: /plant\/#/ })
  t.ok(of('line model'))
})
