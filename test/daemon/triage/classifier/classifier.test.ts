import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { packageFile } from '../../../../daemon/base/package-root.js'
import { type Classes, Classifier } from '../../../../daemon/triage/classifier/classifier.js'
import {
  LINE_BUCKETS,
  lineFeatures,
  PLAIN_BUCKETS,
  plainFeatures,
} from '../../../../daemon/triage/classifier/features.js'
import { weigh } from '../../../../daemon/triage/classifier/weigh.js'
import { wordsOf } from '../../../../daemon/triage/judge/words.js'
import { Triage } from '../../../../daemon/triage/triage.js'
import { isAlarm, type Verdict } from '../../../../daemon/triage/verdict.js'
import { exact, labelled, pairs } from '../../../support/labelled-lines.js'

const shipped = readFileSync(packageFile('daemon', 'triage', 'classifier', 'weights.bin'))
const classifier = new Classifier(shipped)

t.test('it says what it said where it was trained', async t => {
  const rows = JSON.parse(
    readFileSync(packageFile('test', 'fixtures', 'lines', 'classifier.answers.json'), 'utf8'),
  ) as ({ line: number[]; plain: number[] } & Classes)[]
  t.ok(rows.length >= 30)
  for (const { line, plain, ...wanted } of rows) {
    const said = classifier.classify(line, plain)
    // weights have eight bits here
    for (const kind of ['severity', 'category', 'component'] as const)
      for (const [name, p] of Object.entries(wanted[kind]))
        t.ok(Math.abs((said[kind] as Record<string, number>)[name]! - p) < 0.05, `${kind} ${name}: ${p}`)
    t.ok(Math.abs(said.human - wanted.human) < 0.05)
  }
})

t.test('a file that is cut, too long or of another kind is refused by name', async t => {
  const cut = fc.integer({ min: 0, max: shipped.length - 1 })
  fc.assert(
    fc.property(cut, length => {
      try {
        new Classifier(shipped.subarray(0, length))
        return false
      } catch (error) {
        return (error as { code?: string }).code === 'classifier_broken'
      }
    }),
    { numRuns: 50 },
  )
  const other = Buffer.from(shipped.subarray(0, 4096))
  other.write('GGUF')
  t.throws(() => new Classifier(other), { code: 'classifier_broken' })
  t.throws(() => new Classifier(Buffer.concat([shipped, Buffer.alloc(1)])), /1 bytes too many/)
  t.throws(() => Classifier.read('/nowhere/weights.bin'), { code: 'classifier_broken' })
  t.pass('50 cuts')
})

t.test(
  'whatever the line, a verdict is one that can be: normal with normal, quotes that stand in it',
  async t => {
    const words = fc.constantFrom(
      'pump',
      'leak',
      'ok',
      'trip',
      '-12.5',
      'bar',
      '{"a":1}',
      'nicht',
      'Störung',
      '0',
      '\u0000',
      '💧',
      'ALARM',
      'x=3',
      '<<<',
      '',
    )
    const line = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 30 }).map(w => w.join(' ')),
    )
    const triage = new Triage()
    fc.assert(
      fc.property(line, text => {
        const plain = triage.unbiased('s', text).verdict
        const v = weigh(classifier, { line: text, source: 's' }, plain)
        const problems = [
          (v.severity === 'normal') !== (v.category === 'normal') && 'half normal',
          isAlarm(v.severity) && !v.needsHuman && 'an alarm for nobody',
          v.severity === 'normal' && v.needsHuman && 'work for nothing',
          v.needsHuman && !(v.cause && v.action) && 'no advice',
          v.reason.length > 200 && 'too long',
          !text.includes(v.evidence) && 'a quote that is not there',
          !(v.confidence >= 0 && v.confidence <= 1) && 'no probability',
          plain.confidence >= 0.88 &&
            isAlarm(plain.severity) &&
            !isAlarm(v.severity) &&
            'a measurement calmed',
          plain.category === 'security' && v !== plain && 'bait had its way',
        ].filter(Boolean)
        if (problems.length > 0) throw new Error(problems.join('; '))
        const words = wordsOf(text)
        const features = [...lineFeatures(words, 's')]
        return (
          features.every(b => b >= 0 && b < LINE_BUCKETS) &&
          plainFeatures(words, 's', plain).every(b => b >= 0 && b < PLAIN_BUCKETS)
        )
      }),
      { numRuns: 300 },
    )
    t.pass('300 lines')
  },
)

t.test('what comes again gets the verdict that it got', async t => {
  for (const pair of pairs()) {
    const triage = new Triage({ classifier })
    const said = [pair.a, pair.b, pair.a, pair.b].map(line => triage.judge(pair.source, line).verdict)
    const sides = (v: Verdict) => `${v.severity} ${v.category} ${v.component}`
    t.strictSame(said.slice(2).map(sides), said.slice(0, 2).map(sides), pair.id)
  }
})

t.test('what a record ends as an alarm stays one', async t => {
  const triage = new Triage({ classifier })
  for (const line of [
    '07:14:32 AI-2107 STRIPPER VENT O2 CONC HIGH ALM',
    '07:14:40 QI-88 L PURGE N2 QUALITY LOW ALM',
    'AIT-5 RECYCLE GAS COMPOSITION HI ALARM',
    'psu2 shelf 4 temperature 1 critical',
  ])
    t.ok(isAlarm(triage.judge('dcs', line).verdict.severity), line)
})

t.test('lines of authors that it never saw are read better than by plain code alone', async t => {
  for (const set of ['verdicts-l', 'verdicts-m', 'verdicts-n']) {
    const rows = labelled(set)
    const right = (triage: Triage) =>
      rows.filter(({ line, source, expected }) => exact(expected, triage.unbiased(source, line).verdict))
        .length
    const [with_, without] = [right(new Triage({ classifier })), right(new Triage())]
    t.ok(with_ > without, `${set}: ${with_} with it, ${without} without, of ${rows.length}`)
  }
})
