import fc from 'fast-check'
import t from 'tap'
import { isOver } from '../../../../daemon/triage/books/ended.js'
import { shippedBooks } from '../../../../daemon/triage/books/load.js'
import { lookUp } from '../../../../daemon/triage/books/look-up.js'
import { readLine } from '../../../../daemon/triage/read/read.js'

const find = (line: string, source = 'serial:/dev/ttyUSB0') => lookUp(readLine(line), source)

t.test('what is over, or said to be absent, is normal', async t => {
  for (const line of [
    'modbus exception code 4 cleared',
    'SPN 110 FMI 0 inactive',
    'OB82 outgoing, slot 3',
    'flame failure alarm: active=0',
    'no flame failure at boiler 2',
    'boiler flame failure = false',
    'E-stop 2 released',
    'burner lockout reset by operator',
    'PROFINET channel error 6 disappears',
    'alarm test of fire alarm zone 2: passed',
  ])
    t.equal(find(line)[0]?.severity, 'normal', line)
  for (const line of ['flame failure not cleared on burner 2', 'boiler flame failure, reset required'])
    t.equal(find(line)[0]?.severity, 'critical', line)
  t.equal(isOver('alarm returned to normal'), true)
  t.equal(isOver('device no longer answers'), false)
})

t.test('the certain come first, then the worst, four at most', async t => {
  const found = find(
    'level=error modbus exception code 4; SPN 100 FMI 1; SPN 110 FMI 15; SPN 111 FMI 17; SPN 105 FMI 3',
  )
  t.equal(found.length, 4)
  t.equal(found[0]?.entry, '100')
  t.notOk(found.some(f => f.book === 'syslog-severity'))
  t.match(find('<11>May  1 10:00:00 gate pumpd[3]: no idea'), [
    { entry: 'ERR', certain: false, quote: '<11>May  1 10:00:00 gate pumpd[3]:' },
  ])
  const word = find('level=error something')
  t.match(word, [{ book: 'syslog-severity', certain: false }])
})

t.test('codes are read in any usual dress', async t => {
  const cases: [string, string, string][] = [
    ['{"error":"modbus exception","code":2,"unit":5}', 'modbus/2', 'advisory'],
    ['FC03 unit 3 -> exception 06 (slave device busy)', 'modbus/6', 'normal'],
    ['DM1 AWL on, SPN=111 FMI=18 OC=1', 'j1939-spn/111', 'warning'],
    ['{"fmi":0,"spn":110}', 'j1939-spn/110', 'critical'],
    ['{"emcy":"0x8130","node":7}', 'canopen-emcy/8130', 'warning'],
    ['{"tag":"FT-9","loop_ma":3.2}', 'namur-ne43/failure_low', 'warning'],
    ['upsmon: Communications with UPS rack@localhost lost', 'nut-ups/no_contact', 'warning'],
    ['ns=2;s=T1 status=BadNotConnected value=0', 'opc-ua/NotConnected', 'advisory'],
    ['OB82 Diagnosealarm kommt, Modul 4', 's7-diagnostics/82', 'warning'],
    ['Verdichter 2: Hochdruckstörung', 'compressor-cold/high_pressure', 'critical'],
    [
      'systemd[1]: web.service: Main process exited, code=exited, status=1/FAILURE',
      'services/unit_failed',
      'warning',
    ],
    ['VLT FC-302 WARNING 9 inverter overload', 'drive-abb-danfoss/WARNING_9', 'warning'],
  ]
  for (const [line, entry, severity] of cases) {
    const [first] = find(line)
    t.strictSame([`${first?.book}/${first?.entry}`, first?.severity], [entry, severity], line)
  }
})

t.test('a source is context, and usual lines are in no book', async t => {
  t.equal(find('{"status":"OB LB"}', 'mqtt:site/ups2')[0]?.entry, 'LB')
  t.equal(find('ups.status: OB', 'mqtt:site/ups2')[0]?.severity, 'warning')
  for (const line of [
    'temperature 21.5 C',
    'batch 310 of 500 done',
    'backup finished in 12 s',
    'door of the office opened by badge 12',
    'job 82 printed 100 pages',
    'error 45',
    'conveyor 3 started, speed 1.2 m/s',
    '{"temp":21.5,"hum":44}',
    'GET /index.html 200',
    'parameter 2310 written by 0x12',
    'the group setup was saved',
    'high pressure alarm limit set to 24 bar on compressor 1',
    'engine overspeed test passed',
    'cell 4 overvoltage threshold 4.20 V',
    'disk 71 % full',
    'watchdog: enabled, timeout 60 s',
    'smoke detector battery replaced',
    'boiler high limit set 95 C',
    'low oil pressure switch: normal, engine 2',
    'inverter 1 feeding in 3.2 kW, Riso 2.1 MOhm',
  ])
    t.strictSame(
      find(line).filter(f => f.severity !== 'normal'),
      [],
      line,
    )
})

t.test('findings quote the line, and nothing makes the look-up throw', async () => {
  const words = shippedBooks().flatMap(book => [
    ...book.words,
    ...book.entries.flatMap(e => [e.test ?? ''].flat()),
  ])
  const pieces = fc.constantFrom(...words, '0x10', ' ', ':', '=', '85#1023', '\u0000', 'fault')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces, { maxLength: 6 }).map(p => p.join(' ')),
      ),
      line => {
        for (const finding of find(line))
          if (!line.includes(finding.quote)) throw new Error(`${finding.quote} in ${line}`)
      },
    ),
    { numRuns: 1500 },
  )
  for (const form of [
    'spn 1 fmi ',
    'modbus slave ',
    'a'.repeat(50),
    'emcy 00 ',
    'ups status ',
    '0 ',
    'drive fault ',
    'high pressure ',
  ])
    find(form.repeat(5000))
})
