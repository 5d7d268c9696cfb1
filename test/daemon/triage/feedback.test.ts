import t from 'tap'
import { Triage } from '../../../daemon/triage/triage.js'

const say = (triage: Triage, source: string, line: string) => {
  const { template, verdict } = triage.unbiased(source, line)
  triage.feedback.say({
    templateId: template.id,
    about: { severity: verdict.severity, category: verdict.category },
    word: 'normal',
    line,
    source,
    component: verdict.component,
    who: 'Ada',
    at: '2026-11-21T10:00:00Z',
  })
}
const severity = (triage: Triage, source: string, line: string) => triage.judge(source, line).verdict.severity

t.test('a word stays with its kind of line when the header of the source is learnt', async t => {
  const triage = new Triage()
  const line = (n: number, text: string) =>
    `2026-11-21 10:00:${String(n % 60).padStart(2, '0')} WARN plc: ${text}`
  const alarm = 'seal leak on pump two'
  t.equal(severity(triage, 'a', line(1, alarm)), 'warning')
  say(triage, 'a', line(1, alarm))
  const all: string[] = []
  for (let n = 2; n < 250; n++) {
    triage.judge('a', line(n, `cycle ${n} of the mixer is done`))
    all.push(severity(triage, 'a', line(n, alarm)))
  }
  t.strictSame([...new Set(all)], ['normal'])
})

t.test('a word outlives a flood of new kinds of lines', async t => {
  const triage = new Triage({ lines: { mostTemplates: 200 } })
  say(triage, 'b', 'seal leak on pump two')
  const word = (n: number) => String(n).replace(/\d/g, d => 'abcdefghij'[Number(d)]!)
  for (let n = 1_000; n < 3_000; n++) triage.judge('b', `${word(n)} ${word(n * 7)} ${word(n * 13)}`)
  t.equal(severity(triage, 'b', 'seal leak on pump two'), 'normal')
  t.ok(triage.templates.size <= 201)
})
