/** What lasts, what is counted, what differs from its like, what is not reached: both sides of each. */
import t from 'tap'
import { Triage } from '../../../../daemon/triage/triage.js'
import { isAlarm, type Severity } from '../../../../daemon/triage/verdict.js'

/** The first is no alarm, the second is one; from memory too. */
type Both = [calm: string, alarm: string]
function hold(t: Pick<typeof import('tap').default, 'equal'>, cases: readonly Both[]): void {
  for (const both of cases)
    for (const [side, line] of both.entries())
      for (let i = 0, triage = new Triage(); i < 3; i++)
        t.equal(isAlarm(triage.judge('plc:hall', line).verdict.severity), side === 1, `${line} (${i})`)
}
const severity = (line: string): Severity => new Triage().judge('plc:hall', line).verdict.severity

t.test('how long nothing comes, or always the same', async t => {
  hold(t, [
    ['node 7 no update for 40 s', 'node 7 no update for 47 min'],
    ['Knoten 7 letzte Antwort vor 20 s', 'Knoten 7 keine Antwort seit 35 min'],
    ['nodo 7 respuesta en 10 ms', 'nodo 7 sin respuesta desde 20 min'],
    ['tide gauge unchanged for 2 min', 'tide gauge unchanged for 3 h'],
    ['no errors for 30 d', 'no telegram for 30 d'],
    ['last contact 4 min ago', 'last contact 4 h ago'],
  ])
})

t.test('so many of so many, so many attempts, the end of a program', async t => {
  hold(t, [
    ['5/5 rectifiers ok', '3/5 rectifiers ok'],
    ['2 of 3 blowers running', '1 of 3 blowers running, 3 commanded'],
    ['connected after 3 attempts', 'gave no grip after 3 attempts'],
    ['nightly copy, exit 0', 'nightly copy, exit 3'],
    ['import ended rc=0', 'import ended rc=2'],
  ])
})

t.test('one against its like', async t => {
  hold(t, [
    ['string 9 8.1 A, median of others 8.4 A', 'string 9 0.3 A, median of others 8.4 A'],
    ['cell 4 2.21 V, neighbours 2.23 V', 'cell 4 1.71 V, neighbours 2.23 V'],
  ])
})

t.test('a set point that is not reached needs more than a difference', async t => {
  hold(t, [
    ['still 41 C, soll 65 C', 'still 41 C, soll 65 C, nach 240 min'],
    ['hopper 12.4 kg of 18.0 kg', 'hopper 12.4 kg of 18.0 kg, timeout'],
    ['Vorlauf 64 °C, Soll 65 °C, Brenner 100 %', 'Vorlauf 41 °C, Soll 65 °C, Brenner 100 %'],
  ])
})

t.test('lists without anything in them are no fault', async t => {
  hold(t, [
    ['{"cell":4,"faults":[],"run":"yes"}', '{"cell":4,"faults":["F3"],"run":"yes"}'],
    ['{"cell":4,"errors":{},"run":"yes"}', '{"cell":4,"errors":{"a":1},"run":"yes"}'],
    ['unit 4 alarm: -- mode auto', 'unit 4 alarm: E7 mode auto'],
  ])
})

t.test('how bad a passed limit is, its name and what was done say', async t => {
  t.equal(severity('gear 0.31 g warn 0.25 g'), 'warning')
  t.equal(severity('gear 0.51 g trip lvl 0.45 g'), 'critical')
  t.equal(severity('kiln shell 391 C (max 350 C), kiln stopped'), 'critical')
  t.equal(severity('air filter 262 Pa (dirty at 250)'), 'advisory')
})
