/** What is decided without a clock and a disk: what to take, whether it did well, when to load. */
import t from 'tap'
import { type CheckFacts, checkDesired, isBelow } from '../../../ota/client/check.js'
import { DEFAULT_HEALTH, Health, judgeHealth } from '../../../ota/client/health.js'
import { judgeTrial } from '../../../ota/client/trial.js'
import { Desired, type DesiredModel, UpdateCommand } from '../../../ota/format/desired.js'
import { homeAssistantComponent, homeAssistantUpdate, UpdateState } from '../../../ota/format/state.js'
import { Gates, type Offer, problemsOf, TargetPromise } from '../../../ota/format/target.js'
import { isOpen } from '../../../ota/format/windows.js'

const hash = (release: number) => release.toString(16).padStart(64, '0')
function offer(release: number, needs: object = {}, more: object = {}): Offer {
  const path = `command/command-1.${release}.0.gguf`
  const promise = TargetPromise.parse({
    kind: 'model',
    family: 'command',
    version: `1.${release}.0`,
    release,
    needs,
    files: [{ role: 'kind' in more ? 'adapter' : 'model', path, length: 10, sha256: hash(release) }],
    ...more,
  })
  return { path, promise }
}
const facts: CheckFacts = {
  family: 'command',
  board: { classes: ['raspberry-pi-4b', 'arm64'], memoryMib: 500, engine: '3.22.1' },
  running: { release: 2, sha256: hash(2) },
  bad: [],
  installed: [],
}
const desired = (more: Partial<DesiredModel>): DesiredModel => ({
  family: 'command',
  hold: false,
  allow_older: false,
  ...more,
})

t.test('what to take', async t => {
  const take = (offers: Offer[], wanted?: DesiredModel, more: Partial<CheckFacts> = {}) => {
    const found = checkDesired(wanted, offers, { ...facts, ...more })
    return 'nothing' in found ? found.nothing : found.candidate.promise.release
  }
  t.equal(take([offer(3)]), 3)
  t.equal(take([offer(2), offer(1)]), 'up_to_date')
  t.equal(take([]), 'nothing_offered')
  t.equal(
    take([offer(5, { memory_mib: 900 }), offer(4, { boards: ['jetson'] }), offer(3)]),
    3,
    'the newest that fits',
  )
  t.equal(take([offer(5, { memory_mib: 900 }), offer(2)]), 'too_large', 'why the newest was not taken')
  t.equal(take([offer(4, { boards: ['raspberry-pi-4b'] })]), 4)
  t.equal(take([offer(4, { engine: '4.0.0' })]), 'engine_too_old')
  t.equal(take([offer(4)], undefined, { bad: [hash(4)] }), 'known_bad')
  t.equal(take([offer(4), offer(3)], undefined, { bad: [hash(4)] }), 3)
  t.equal(take([offer(3)], desired({ hold: true })), 'held')
  t.equal(take([offer(3)], undefined, { pinnedSha256: hash(2) }), 'pinned')
  t.equal(take([offer(4), offer(3)], desired({ path: offer(3).path })), 3)
  t.equal(take([offer(1)], desired({ path: offer(1).path })), 'older')
  t.equal(take([offer(1)], desired({ path: offer(1).path, allow_older: true })), 1)
  t.equal(take([offer(3)], desired({ path: offer(3).path, sha256: hash(4) })), 'other_hash')
  t.equal(take([], desired({ path: 'command/none.gguf' })), 'not_offered')
  t.equal(take([offer(3, {}, { family: 'line' })]), 'wrong_family')
})

t.test('an adapter stands on the very base that is here', async t => {
  const base = { family: 'chat', release: 7, sha256: hash(7) }
  const adapter = offer(3, { base }, { kind: 'adapter' })
  t.match(checkDesired(undefined, [adapter], facts), { nothing: 'base_missing' })
  t.match(checkDesired(undefined, [adapter], { ...facts, installed: [{ ...base, sha256: hash(8) }] }), {
    nothing: 'base_missing',
  })
  t.match(checkDesired(undefined, [adapter], { ...facts, installed: [base] }), {
    candidate: { path: adapter.path },
  })
  t.strictSame(problemsOf(adapter.promise), [])
  t.not(problemsOf(offer(3, { base }).promise).length, 0, 'a model has no base')
})

t.test('dotted numbers', async t => {
  t.ok(isBelow('3.9', '3.22'))
  t.notOk(isBelow('3.22.1', '3.22'))
  t.ok(isBelow('3.22', '3.22.1'))
  t.notOk(isBelow('4', '3.22.1'))
})

t.test('whether the trial was passed', async t => {
  const gates = (g: object = {}) => Gates.parse(g)
  const figures = {
    answered: 40,
    accuracy: 0.95,
    p95Ms: 80,
    memoryMib: 120,
    running: { accuracy: 0.95, p95Ms: 70 },
  }
  t.strictSame(judgeTrial(figures, gates()), [])
  t.match(judgeTrial({ ...figures, accuracy: 0.94 }, gates()), [/the running model has 950/])
  t.strictSame(judgeTrial({ ...figures, accuracy: 0.94 }, gates({ max_accuracy_loss_per_mille: 20 })), [])
  t.match(judgeTrial(figures, gates({ min_accuracy_per_mille: 960 })), [/960 are needed/])
  t.match(judgeTrial(figures, gates({ max_p95_ms: 70 })), [/within 80 ms, 70 ms are allowed/])
  t.match(judgeTrial(figures, gates({ max_memory_mib: 100 })), [/120 MiB at the peak/])
  t.match(judgeTrial({ ...figures, answered: 0 }, gates()), [/0 golden requests/])
  t.not(judgeTrial({ ...figures, accuracy: Number.NaN }, gates()).length, 0, 'no figure is no pass')
  t.not(judgeTrial({ ...figures, p95Ms: Number.NaN }, gates({ max_p95_ms: 70 })).length, 0)
})

t.test('whether it does well in use', async t => {
  const of = (answered: number, ms: number, errors = 0, crashes = 0) => {
    const health = new Health()
    for (let i = 0; i < answered; i++) health.note({ what: 'answered', ms })
    for (let i = 0; i < errors; i++) health.note({ what: 'error' })
    for (let i = 0; i < crashes; i++) health.note({ what: 'crash' })
    return health.figures()
  }
  const before = of(100, 50, 2)
  t.equal(judgeHealth(before, of(0, 0), DEFAULT_HEALTH), undefined, 'nobody asked')
  t.equal(judgeHealth(before, of(100, 60, 3), DEFAULT_HEALTH), undefined)
  t.match(judgeHealth(before, of(1, 50, 0, 2), DEFAULT_HEALTH), /died 2 times/)
  t.equal(judgeHealth(before, of(0, 0, 10), DEFAULT_HEALTH), undefined, 'too few to tell')
  t.match(judgeHealth(before, of(20, 50, 10), DEFAULT_HEALTH), /10 of 30 requests failed/)
  t.match(judgeHealth(before, of(100, 151), DEFAULT_HEALTH), /within 151 ms, 50 ms before/)
  t.equal(judgeHealth(before, of(100, 150), DEFAULT_HEALTH), undefined, 'a tenth of a second nobody notices')
  t.equal(judgeHealth(before, of(59, 500), DEFAULT_HEALTH), undefined, 'two stretches are too few')
  const like = { p95Ms: 55, running: { p95Ms: 50 } }
  t.equal(judgeHealth(before, of(100, 500), DEFAULT_HEALTH, like), undefined, 'the trial saw none of it')
  t.match(judgeHealth(before, of(100, 1_051), DEFAULT_HEALTH, like), /within 1051 ms/, 'a second breaks off')
  t.match(judgeHealth(before, of(100, 500), DEFAULT_HEALTH, { p95Ms: 55 }), /within 500 ms/)
  t.equal(judgeHealth(of(3, 1), of(100, 150), DEFAULT_HEALTH), undefined, 'three answers are no measure')
})

t.test('hours', async t => {
  const at = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
  t.ok(isOpen([], 5))
  t.ok(isOpen(['22:00-06:00'], at('23:30')))
  t.ok(isOpen(['22:00-06:00'], at('05:59')))
  t.notOk(isOpen(['22:00-06:00'], at('06:00')))
  t.ok(isOpen(['01:00-02:00', '12:00-13:00'], at('12:30')))
  t.notOk(isOpen(['01:00-02:00'], at('00:59')))
})

t.test('what a fleet may say', async t => {
  t.match(Desired.parse({ version: 1, models: [{ family: 'command' }] }), {
    models: [{ hold: false, allow_older: false }],
  })
  t.throws(() => Desired.parse({ version: 1, models: [{ family: 'command', pth: 'x' }] }))
  t.throws(() => Desired.parse({ version: 2, models: [] }))
})

t.test('Home Assistant is told what it knows and nothing else', async t => {
  // homeassistant/components/mqtt/update.py, MQTT_JSON_UPDATE_SCHEMA
  const KNOWN = [
    'installed_version',
    'latest_version',
    'title',
    'release_summary',
    'release_url',
    'entity_picture',
    'in_progress',
    'update_percentage',
  ]
  const running = { version: '1.2.0', release: 2, sha256: hash(2), slot: 'a' as const, probation: false }
  const state = UpdateState.parse({
    family: 'command',
    state: 'downloading',
    running,
    candidate: { version: '1.3.0', release: 3, sha256: hash(3), path: 'command/x.gguf' },
    bytes: { done: 500, total: 1000, per_second: 10 },
    bad: [],
    pinned: false,
  })
  const told = homeAssistantUpdate(state)
  t.match(told, {
    installed_version: '1.2.0',
    latest_version: '1.3.0',
    in_progress: true,
    update_percentage: 50,
  })
  t.strictSame(
    Object.keys(told).filter(k => !KNOWN.includes(k)),
    [],
  )
  t.strictSame(
    Object.entries(told).filter(([k, v]) => v === null && k !== 'update_percentage'),
    [],
  )
  t.match(homeAssistantUpdate({ ...state, state: 'idle', candidate: undefined }), {
    in_progress: false,
    update_percentage: null,
    latest_version: '1.2.0',
  })
})

t.test('the button of Home Assistant sends a command that is known', async t => {
  const component = homeAssistantComponent('fieldmouse/pi', 'pi', 'command')
  t.strictSame(UpdateCommand.parse(JSON.parse(component.payload_install as string)), {
    do: 'apply',
    family: 'command',
  })
})
