/** What comes from real ports and files beside sentences: rulers, noise, marks of encodings, escapes. */
import t from 'tap'
import { identify } from '../../../daemon/triage/incidents/identity.js'
import { labelOf } from '../../../daemon/triage/incidents/incident.js'
import { Triage } from '../../../daemon/triage/triage.js'

const verdictOf = (line: string, source = 'file:app.log') => new Triage().judge(source, line).verdict

t.test('rulers and banners try nothing; a comment behind a broken quote does', async t => {
  for (const line of [
    '-'.repeat(200),
    '--- batch 4 done ---',
    'kernel: [ cut here ]------------',
    '-----BEGIN CERTIFICATE-----',
    '+-----+------+',
  ])
    t.equal(verdictOf(line).severity, 'normal', line.slice(0, 40))
  t.equal(verdictOf("login of admin' --").category, 'security')
  t.equal(verdictOf('select 1); --').category, 'security')
})

t.test(
  'the mark of an encoding in front of the first line hides nothing, one within a word does',
  async t => {
    const marked = verdictOf('\ufeffP-301 overload tripped')
    t.match(marked, { severity: 'critical', category: 'electrical' })
    t.notMatch(marked.reason, /security/)
    t.match(verdictOf('P-301 over\ufeffload tripped').reason, /security/)
  },
)

t.test('noise is noise, though an escape is among its bytes; text with an escape is told', async t => {
  const noise = '\u001b\u0001\u0007x\u0012\u0090\u0003\u009b\u0011k\u0002\u0004\u0019q\u0006'
  t.match(verdictOf(noise), { category: 'communication', severity: 'advisory' })
  t.match(verdictOf('\u001b[31mP-301 overload tripped\u001b[0m').reason, /terminal escapes/)
})

t.test('what people read of an incident has no marks that steer a display', async t => {
  const message = '\u001b[2JP-4 leak\u0000\u202e detected'
  const label = labelOf({ key: 'k', source: 's' } as never, message, verdictOf(message))
  t.notMatch(label, /[\u0000-\u001f\u202e]/)
  t.match(label, /leak/)
})

t.test('all noise of a source is one alarm, called what it is', async t => {
  const noise = (seed: number) =>
    Array.from(
      { length: 40 },
      (_, i) => `\\x${((i * 37 + seed * 91) % 256).toString(16).padStart(2, '0')}`,
    ).join('k')
  const lines = [1, 2, 3].map(noise)
  const identities = lines.map(line => identify({ source: 'mqtt:oven', line }))
  t.equal(new Set(identities.map(i => i.key)).size, 1)
  t.not(identify({ source: 'mqtt:press', line: lines[0]! }).key, identities[0]!.key)
  t.equal(labelOf(identities[0]!, lines[0]!, verdictOf(lines[0]!)), 'bytes that are no text')
})

t.test(
  'fire and leaks are told in few words; doors, pumps and burners of that name are not on fire',
  async t => {
    for (const line of [
      'Feuer in Halle 3',
      'Rauch im Schaltschrank',
      'incendie dans atelier 2',
      'motor 4 on fire',
    ])
      t.equal(verdictOf(line).severity, 'emergency', line)
    for (const line of [
      'fire door in hall 3 closed',
      'fire pump in auto',
      'burner 2 high fire',
      'brand: Siemens in rack 4',
    ])
      t.equal(verdictOf(line).severity, 'normal', line)
    t.equal(verdictOf('leak under pump 3').category, 'leak')
    t.equal(verdictOf('no leak under pump 3').severity, 'normal')
    t.not(verdictOf('memory leak in worker 3').category, 'leak')
  },
)
