import t from 'tap'
import { lookUp } from '../../../daemon/triage/books/look-up.js'
import { judge } from '../../../daemon/triage/judge/judge.js'
import { readLine } from '../../../daemon/triage/read/read.js'
import { Triage } from '../../../daemon/triage/triage.js'
import { isAlarm } from '../../../daemon/triage/verdict.js'
import { exact, labelled, pairs, severityFits } from '../../support/labelled-lines.js'

/** Pairs that get one verdict, by what plain code cannot read yet. A repaired one fails the test: take it out. */
const KNOWN_PAIRS: Record<string, string> = {
  'evp-096': 'a value far from its set point: it may be on its way there, and no line says since when',
  'evp-126': 'a number of an event: which is a fault, only the list of its maker says',
}

/** Hostile lines whose alarm does not have an accepted severity. */
const KNOWN_HOSTILE: Record<string, string> = {
  'evh-018': 'a comment for a linter is no known bait; the fault is read',
  'evh-029': 'a level above its limit is a warning, where two pumps that fail make it critical',
}

/** Exact verdicts, in hundredths. Brakes against falling back, not goals: a little below the day they were written. */
const FLOORS = {
  'verdicts-a': 80,
  'verdicts-b': 88,
  'verdicts-c': 82,
  'verdicts-d': 88,
  'verdicts-e': 72,
  'verdicts-f': 88,
  'verdicts-g': 60,
  'verdicts-h': 86,
  'verdicts-i': 76,
}

t.test('two lines that differ in the deciding word never get one verdict, from memory neither', async t => {
  const same = new Set<string>()
  for (const pair of pairs())
    for (const order of [
      [pair.a, pair.b, pair.a, pair.b],
      [pair.b, pair.a, pair.b, pair.a],
    ]) {
      const triage = new Triage()
      const said = order.map(line => triage.judge(pair.source, line).verdict.severity)
      t.strictSame(said.slice(2), said.slice(0, 2), `${pair.id}: the same when it comes again`)
      if (pair.a_severity !== pair.b_severity && said[0] === said[1]) same.add(pair.id)
    }
  t.strictSame([...same].sort(), Object.keys(KNOWN_PAIRS).sort())
  t.ok(same.size <= 2)
})

t.test('bait neither hides a fault nor passes unseen, and changes nothing', async t => {
  const wrong: string[] = []
  for (const { id, line, source, expected, tags } of labelled('hostile')) {
    const triage = new Triage()
    const rules = JSON.stringify(triage.feedback.state())
    const { verdict } = triage.judge(source, line)
    t.equal(JSON.stringify(triage.feedback.state()), rules)
    const benign = expected.severity === 'normal'
    const named = verdict.category === 'security' || verdict.reason.includes('security')
    if (!severityFits(expected, verdict) || named === benign)
      wrong.push(`${id} ${tags.join(' ')}: ${verdict.severity} ${verdict.category} ${verdict.reason}`)
    if (isAlarm(expected.severity)) t.ok(isAlarm(verdict.severity), `${id} stays an alarm`)
  }
  t.strictSame(
    wrong.map(w => w.slice(0, 7)),
    Object.keys(KNOWN_HOSTILE),
    wrong.join('\n'),
  )
})

t.test('our own sets are read as well as on the day their floors were set', async t => {
  for (const [set, floor] of Object.entries(FLOORS)) {
    const rows = labelled(set)
    const right = rows.filter(({ line, source, expected }) =>
      exact(expected, judge({ line, source, findings: lookUp(readLine(line), source) })),
    )
    t.ok(right.length / rows.length >= floor / 100, `${set}: ${right.length} of ${rows.length}`)
  }
})

t.test('the way through templates and memory says what the judge says', async t => {
  for (const set of Object.keys(FLOORS))
    for (const { line, source } of labelled(set)) {
      const { verdict } = new Triage().judge(source, line)
      const plain = judge({ line, source, findings: lookUp(readLine(line), source) })
      t.equal(`${verdict.severity} ${verdict.category}`, `${plain.severity} ${plain.category}`, line)
    }
})
