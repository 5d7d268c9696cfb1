import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { Feedback, type Said } from '../../../daemon/triage/feedback.js'
import { Novelty } from '../../../daemon/triage/novelty.js'
import { NumberWatch } from '../../../daemon/triage/numbers/watch.js'
import { KnowledgeStore } from '../../../daemon/triage/store.js'
import { Triage } from '../../../daemon/triage/triage.js'
import { wireVerdict } from '../../../daemon/triage/wire.js'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const LEAK = 'P-301 seal leak'
const said = (triage: Triage, line: string, word: Said['word']): Said => {
  const { verdict, template } = triage.unbiased('plc', line)
  const { severity, category, component } = verdict
  return {
    templateId: template.id,
    about: { severity, category },
    word,
    line,
    source: 'plc',
    component,
    who: 'ada',
    at: '2026-11-21T12:00:00Z',
  }
}

t.test('what a person says holds at once, over memory too, until it is undone', async t => {
  const triage = new Triage()
  const judged = () => triage.judge('plc', LEAK).verdict
  for (let i = 0; i < 3; i++) t.match(judged(), { severity: 'warning', category: 'leak' })
  t.equal(judged().stage, 'memo')
  const word = said(triage, LEAK, 'normal')
  triage.feedback.say(word)
  for (let i = 0; i < 3; i++) {
    t.match(judged(), {
      severity: 'normal',
      category: 'normal',
      needsHuman: false,
      stage: 'operator',
      confidence: 1,
    })
    t.match(judged().reason, /^ada said on 2026-11-21: normal here; /)
  }
  t.strictSame(triage.feedback.list(), [word])
  t.match(triage.feedback.rows(), [
    {
      line: LEAK,
      source: 'plc',
      expected: { severity: 'normal', category: 'normal', needs_human: false },
      said_by: 'ada',
    },
  ])
  t.strictSame(triage.feedback.undo(word.templateId), [word])
  t.strictSame(triage.feedback.undo(word.templateId), [])
  t.equal(judged().severity, 'warning')
})

t.test('serious is critical, with cause and action; emergency stays what it is', async t => {
  const triage = new Triage()
  const line = 'door of hall 7 open by hand'
  t.equal(triage.judge('plc', line).verdict.severity, 'normal')
  triage.feedback.say(said(triage, line, 'serious'))
  t.match(triage.judge('plc', line).verdict, {
    severity: 'critical',
    category: 'process_deviation',
    needsHuman: true,
    cause: String,
    action: String,
  })
  t.match(triage.feedback.rows(), [
    { expected: { severity: 'critical', category: 'process_deviation', needs_human: true } },
  ])
  const own = new Feedback(undefined, () => {})
  own.say({ ...said(triage, line, 'serious'), about: { severity: 'emergency', category: 'leak' } })
  t.match(own.rows(), [{ expected: { severity: 'emergency', category: 'leak' } }])
})

t.test('a word belongs to severity and category of its template, not to the template', async t => {
  const triage = new Triage()
  const line = (level: number) => `tank 4 temp ${level} C limit 80 C`
  triage.feedback.say(said(triage, line(85), 'normal'))
  t.equal(triage.judge('plc', line(91)).verdict.severity, 'normal', 'the same, other number')
  const trip = (level: number) => `tank 4 temp ${level} C trip 80 C`
  t.equal(triage.judge('plc', trip(85)).verdict.severity, 'critical', 'another template')
  const { verdict, template } = triage.unbiased('plc', line(85))
  t.equal(triage.feedback.of(template.id, { ...verdict, severity: 'critical' }), undefined)
  t.equal(triage.feedback.of(template.id, { ...verdict, category: 'pressure' }), undefined)
  triage.feedback.say(said(triage, line(85), 'serious'))
  t.equal(triage.feedback.list().length, 1, 'the last word counts')
  t.equal(triage.judge('plc', line(91)).verdict.severity, 'critical')
})

t.test('words are bounded, and tell whom to forget', async t => {
  const forgotten: string[] = []
  const feedback = new Feedback(undefined, id => forgotten.push(id))
  const word = said(new Triage(), LEAK, 'normal')
  for (let i = 0; i < 10_000; i++) feedback.say({ ...word, templateId: `t${i}` })
  t.equal(feedback.say({ ...word, templateId: 'one more' }), false)
  t.equal(feedback.say({ ...word, templateId: 't7', word: 'serious' }), true, 'a word may be changed')
  t.equal(feedback.list().length, 10_000)
  t.equal(forgotten.length, 10_001)
  t.strictSame(new Feedback(feedback.state(), () => {}).list(), feedback.list())
})

t.test('a source may bring so many new things; what is beyond is told once and counted', async t => {
  const novelty = new Novelty({ perSecond: 2, burst: 3, calmMs: 10_000, mostSources: 2 })
  const take = (at: number, source = 'a') => novelty.take(source, NOON + at)
  for (let i = 0; i < 3; i++) t.strictSame(take(0), { allowed: true })
  t.strictSame(take(0), { allowed: false, news: { kind: 'begins' } })
  t.strictSame(take(0), { allowed: false })
  t.strictSame(take(0, 'b'), { allowed: true }, 'others are not harmed')
  t.strictSame(take(500), { allowed: true }, 'half a second makes room for one')
  t.strictSame(take(400), { allowed: false }, 'a clock that goes back makes no room')
  t.strictSame(novelty.settle(NOON + 5_000), [])
  t.strictSame(novelty.settle(NOON + 20_000), [{ source: 'a', leftOut: 3 }])
  t.strictSame(novelty.settle(NOON + 40_000), [])
  for (let i = 0; i < 3; i++) take(20_000)
  t.match(take(20_000), { allowed: false, news: { kind: 'begins' } }, 'it may begin again')
})

t.test('numbers of lines are followed by source and name; counters and plain text are not', async t => {
  const watch = new NumberWatch({ mostChannels: 4 })
  const take = (line: string, i: number) => watch.take('mqtt:a', line, 0, i * 1_000).unusual
  for (let i = 0; i < 600; i++)
    t.strictSame(take(`{"flow_l_min":${20 + (i % 7) / 10},"seq":${i},"uptime":${i * 9}}`, i), [])
  t.equal(watch.size, 1)
  const alarms = [600, 601, 602, 603].flatMap(i => take(`{"flow_l_min":95,"seq":${i}}`, i))
  t.match(alarms, [{ name: 'flow_l_min', value: 95 }], 'one event, one alarm')
  t.strictSame(take('flow is 999 today', 700), [])
  for (let i = 0; i < 50; i++) take(`{"v${'abcdefghij'[i % 10]}${'klmnopqrst'[i % 9]}":1.5}`, 800 + i)
  t.ok(watch.size <= 4)
})

t.test('what was learnt outlives a restart; a broken file is put aside', async t => {
  const path = join(t.testdir(), 'triage.json')
  const store = new KnowledgeStore(path)
  t.strictSame(await store.load(), {})
  const triage = new Triage()
  for (let i = 0; i < 30; i++) triage.judge('plc', `${LEAK} ${i}`)
  triage.feedback.say(said(triage, `${LEAK} 7`, 'normal'))
  await store.save(triage.state())
  const { state, problem } = await new KnowledgeStore(path).load()
  t.equal(problem, undefined)
  t.strictSame(state, JSON.parse(JSON.stringify(triage.state())))
  t.equal(new Triage({}, state).judge('plc', `${LEAK} 99`).verdict.stage, 'operator')
  const before = await readFile(path, 'utf8')
  await writeFile(path, 'other')
  await store.save(triage.state())
  t.equal(await readFile(path, 'utf8'), 'other', 'nothing is written when nothing has changed')
  for (const broken of [before.slice(0, 99), '{"version":2}', '[]', 'null', '']) {
    await writeFile(path, broken)
    t.match(await new KnowledgeStore(path).load(), { problem: /put aside/ })
    t.equal(await readFile(`${path}.broken`, 'utf8'), broken)
    t.strictSame(await store.load(), {}, 'it starts anew')
  }
})

t.test('a verdict crosses in snake case, without what is not known', async t => {
  const { verdict } = new Triage().judge('plc', LEAK)
  t.match(wireVerdict({ ...verdict, confidence: 0.84999 }), {
    severity: 'warning',
    category: 'leak',
    component: 'pump',
    needs_human: true,
    evidence: 'seal leak',
    cause: String,
    action: String,
    confidence: 0.85,
    stage: 'rule',
  })
  const calm = wireVerdict(new Triage().judge('plc', 'hall 7').verdict)
  t.strictSame(Object.keys(calm).sort(), [
    'category',
    'component',
    'confidence',
    'needs_human',
    'reason',
    'severity',
    'stage',
  ])
})
