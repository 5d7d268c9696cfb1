import t from 'tap'
import {
  alarmKey,
  endedBy,
  type Identity,
  identify,
  phaseOf,
} from '../../../../daemon/triage/incidents/identity.js'

const at = (line: string, source = 'serial:/dev/ttyUSB0') => identify({ source, line })
const open = (...lines: string[]) =>
  new Map(
    lines.map(
      line => [at(line).key, { identity: at(line), line }] as [string, { identity: Identity; line: string }],
    ),
  )

t.test('values, times, levels and words of state do not make another alarm', async t => {
  const same = (a: string, b: string) => t.equal(at(a).key, at(b).key, `${a} | ${b}`)
  same(
    '2024-05-01 00:02:40 FIR123 L FLW COND CW LOW ALM',
    '2024-05-01 00:02:50 FIR123 L NR FLW COND CW LOW ALM RECOVERED',
  )
  same('P-101 bearing temperature HIGH alarm 96 C', 'P-101 bearing temperature HIGH alarm 104 C')
  same('P-301 discharge pressure low 1.2 bar', 'P-301 discharge pressure low 0.9 bar')
  same(
    '{"ts":1,"dev":"inv[3]","alarm":"HIGH_TEMP","active":true}',
    '{"ts":2,"dev":"inv[3]","alarm":"HIGH_TEMP","active":false}',
  )
  same('dev=P-301 alarm=seal_leak state=active', 'dev=P-301 alarm=seal_leak state=cleared')
  same('PIR108 HH PRES REACT HIGH HIGH ALM', 'PIR108 HH NR PRES REACT HIGH HIGH ALM RECOVERED')
  same(
    'sshd[901]: Failed password from 203.0.113.77 port 51522 (x48 in 60 s)',
    'sshd[912]: Failed password from 203.0.113.9 port 40022 (x7 in 60 s)',
  )
  same(
    '{"asset":"FAN-12","v_rms":11.8,"unit":"mm/s","zone":"D"}',
    '{"asset":"FAN-12","v_rms":7.8,"unit":"mm/s","zone":"C"}',
  )
  same('Störung Pumpe 3 Trockenlauf gekommen', 'Störung Pumpe 3 Trockenlauf gegangen')
})

t.test('another limit, place, thing or number is another alarm', async t => {
  const differ = (a: string, b: string) => t.not(at(a).key, at(b).key, `${a} | ${b}`)
  differ('FIR123 H FLW COND CW HIGH ALM', 'FIR123 L FLW COND CW LOW ALM')
  differ('PIR108 H PRES REACT HIGH ALM', 'PIR108 HH PRES REACT HIGH HIGH ALM')
  differ('AIR003_8 H PURGE L CONC HIGH ALM', 'AIR003_8 L PURGE L CONC LOW ALM')
  differ('P-301 inlet temperature high', 'P-301 outlet temperature high')
  differ('P-301 temperature high', 'P-302 temperature high')
  differ('channel 3 wire break', 'channel 4 wire break')
  differ('slave=3 timeout', 'slave=4 timeout')
  differ('pump A leak', 'pump B leak')
  differ('CO2 high in room 3', 'O2 high in room 3')
  differ('inv[3] isolation fault', 'inv[4] isolation fault')
  differ('{"dev":"a","alarm":"HIGH_TEMP"}', '{"dev":"b","alarm":"HIGH_TEMP"}')
  t.not(at('P-301 leak', 'a').key, at('P-301 leak', 'b').key)
})

t.test('names in lines of one template are one alarm, unless a limit or a tag tells them apart', async t => {
  const key = (line: string) => alarmKey({ source: 's', line, templateId: 'abc' })
  t.equal(key('Failed password for invalid user zoe'), key('Failed password for invalid user adam'))
  t.not(key('Failed password on M4'), key('Failed password on M5'))
})

t.test('a line of return finds the alarm it ends', async t => {
  const ended = (over: string, ...lines: string[]) => endedBy(at(over), open(...lines))?.line
  const low = 'P-301 discharge pressure low 1.2 bar'
  t.equal(ended('P-301 discharge pressure back to normal 4.0 bar', low), low)
  t.equal(ended('P-301 OK', low), low)
  t.equal(ended('P-301 OK', low, 'P-301 motor temperature high'), undefined, 'which of the two?')
  t.equal(
    ended('P-301 motor temperature normal', low, 'P-301 motor temperature high 91 °C'),
    'P-301 motor temperature high 91 °C',
  )
  t.equal(ended('P-302 discharge pressure back to normal', low), undefined)
  t.equal(ended('P-301 suction pressure back to normal', low), undefined)
  t.equal(ended('P-301 discharge pressure high cleared', low), undefined)
  const high = 'P-301 discharge pressure 9.6 bar > 9.0 H, recirculation valve opened'
  t.equal(ended('P-301 discharge pressure 7.2 bar RTN, recirculation valve closed', high), high)
  t.equal(ended('seal pot A level OK', 'seal pot B level low'), undefined)
  t.equal(ended('seal of pump B OK', 'seal of pump A leaks'), undefined)
  t.equal(ended('AIR003_1 PURGE A CONC RECOVERED', 'AIR003_1 PURGE C CONC HIGH ALM'), undefined)
  const lost = 'communication with slave 5 lost'
  t.equal(ended('communication with slave 5 restored', lost), lost)
  t.equal(ended('communication with slave 6 restored', lost), undefined)
  t.equal(
    ended('all systems normal', 'cooling water flow low'),
    undefined,
    'a source without a name says too little',
  )
  t.equal(ended('supply water temperature normal', 'return water temperature high'), undefined)
  t.equal(ended('phase 1 voltage normal', 'phase 2 voltage low'), undefined)
})

t.test('what begins, what is over and what happens once', async t => {
  const phase = (line: string) => phaseOf(line.toLowerCase().split(/\s+/))
  for (const line of [
    'FIR123 L NR FLW LOW ALM RECOVERED',
    'fault cleared',
    'pressure back to normal',
    'temperature OK again',
    'Störung gegangen',
    'Fehler behoben',
    'communication rétabli',
    'retour à la normale',
    'link restored',
    'alarm outgoing',
    'RTN tank level high',
  ])
    t.equal(phase(line), 'return', line)
  for (const line of [
    'FIR123 L FLW LOW ALM',
    'fault not cleared',
    'tripped , manual reset required',
    'normal operation lost',
    'temperature above normal',
    'Störung gekommen',
    'connection lost',
  ])
    t.equal(phase(line), 'raise', line)
  t.equal(phase('Failed password for root'), 'event')
  t.equal(phase('motor started'), 'event')
})

t.test('whatever comes, a key comes, and it is short', async t => {
  for (const line of [
    '',
    '   ',
    '{',
    '{"a":{"b":[1,2,{"c":"d"}]}}',
    'x'.repeat(100_000),
    '\u0000\u0001',
    '= = =',
  ])
    t.ok(at(line).key.length <= 400)
})
