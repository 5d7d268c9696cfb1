import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { layBoard } from '../support/board.js'
import { type Mouse, startMouse } from '../support/mouse.js'

const folder = mkdtempSync(join(tmpdir(), 'hot-board-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

/** A Pi 5 whose temperature the test sets; it looks ten times a second. */
function board(name: string, extra: Record<string, string> = {}) {
  const root = layBoard(name, join(folder, `root-${Math.random().toString(36).slice(2)}`)).root
  const set = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const [path, text] of Object.entries(extra)) set(path, text)
  const config = join(folder, `${name}.yaml`)
  writeFileSync(config, 'governor:\n  every_seconds: 0.1\n  hold_seconds: 0.2\nmodel:\n  sequences: 4\n')
  const heat = (c: number) => set('sys/class/thermal/thermal_zone0/temp', `${c * 1000}\n`)
  return { env: { FIELDMOUSE_BOARD_ROOT: root, FIELDMOUSE_CONFIG: config }, heat }
}

/** The retained status, which may be on its way still. */
async function statusOf(mouse: Mouse): Promise<unknown> {
  const topic = 'fieldmouse/demo/status'
  return JSON.parse(mouse.heard.findLast(m => m.topic === topic)?.payload ?? (await mouse.next(topic)))
}

t.test('a hot board does less, says so, still answers, and goes back to all it can', async t => {
  const { env, heat } = board('raspberry-pi-5')
  heat(50)
  const mouse = await startMouse(t, { env })
  const status = await statusOf(mouse)
  t.match(status, { state: 'online', board: 'Raspberry Pi 5 Model B Rev 1.0' })

  const event = mouse.next('fieldmouse/demo/event/board', text => text.includes('"to":"least"'))
  const degraded = mouse.next('fieldmouse/demo/status', text => text.includes('board_hot'))
  heat(88)
  t.match(JSON.parse(await event), {
    cause: 'heat',
    because: '88 °C, the board slows down at 80',
    limits: { threads: 1, sequences: 1, background: false },
  })
  t.match(JSON.parse(await degraded), { state: 'degraded', conditions: [{ code: 'board_hot', remedy: /./ }] })
  t.match(await mouse.command('turn on the kitchen light'), {
    ok: true,
    result: { text: 'Turned on Kitchen light.' },
  })
  t.equal(mouse.daemon.engine?.info?.sequences, 1)

  const steps: string[] = []
  const back = mouse.next('fieldmouse/demo/event/board', text => {
    steps.push(JSON.parse(text).to)
    return text.includes('"to":"full"')
  })
  const online = mouse.next('fieldmouse/demo/status', text => text.includes('"online"'))
  heat(60)
  await back
  t.strictSame(steps, ['reduced', 'eased', 'full'], 'one step at a time')
  t.match(JSON.parse(await online), { state: 'online', conditions: [] })
  t.match(await mouse.command('turn off the kitchen light'), { ok: true })
  t.equal(mouse.daemon.engine?.info?.sequences, 4)
  t.match(mouse.daemon.metrics.snapshot(), {
    counters: { governor_steps: 4 },
    gauges: { temperature_c: 60, governor_level: 0 },
  })
})

t.test('a board that measures its power says what an answer took', async t => {
  const { env } = board('jetson-orin-nano')
  const mouse = await startMouse(t, { env })
  const reply = await mouse.command('turn on the kitchen light')
  t.match(reply, { ok: true, stage: 'factory' })
  t.ok(reply.energy_mj! > 0, `${reply.energy_mj} mJ`)
  // 4553 mW for the time of the answer; the meter's own reading comes on top
  const least = 4.5 * reply.timing.infer_ms
  t.ok(
    reply.energy_mj! >= 0.9 * least && reply.energy_mj! < 4.6 * reply.timing.total_ms + 500,
    `${reply.energy_mj} mJ in ${reply.timing.infer_ms} ms`,
  )
  t.notOk(
    'energy_mj' in (await mouse.command('turn on the kitchen light')),
    'from memory: no model, no energy',
  )
})

t.test('a board that nothing fits says so, and answers what needs no model', async t => {
  const { env } = board('tiny-256mb')
  const mouse = await startMouse(t, { env })
  const status = await statusOf(mouse)
  t.match(status, {
    state: 'degraded',
    model: null,
    conditions: [{ code: 'model_absent', detail: /No model fits/ }],
  })
  const reply = await mouse.command('turn on the kitchen light')
  t.match(reply, {
    ok: false,
    error: { code: 'engine_unavailable', message: /no model is loaded: No model fits/ },
  })
})

t.test('a data folder that cannot be written: it works, keeps nothing, and says so', async t => {
  const { env } = board('raspberry-pi-4b')
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  const mouse = await startMouse(t, { env: { ...env, FIELDMOUSE_DATA: join(file, 'data') } })
  t.match(await statusOf(mouse), { state: 'degraded', conditions: [{ code: 'data_unwritable' }] })
  t.match(await mouse.command('turn on the kitchen light'), { ok: true })
})
