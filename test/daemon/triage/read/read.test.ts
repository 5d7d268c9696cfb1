import fc from 'fast-check'
import t from 'tap'
import { CsvColumns } from '../../../../daemon/triage/read/csv.js'
import { MOST_CHARACTERS, readLine } from '../../../../daemon/triage/read/read.js'

const NOW = Date.UTC(2024, 4, 2)

t.test('headers of syslog, journal and plain files come off', async t => {
  t.match(readLine('<34>1 2024-05-01T10:00:00.5Z gate fw 77 ID1 [x@1 a="]"] link lost'), {
    level: 2,
    time: Date.UTC(2024, 4, 1, 10, 0, 0, 500),
    host: 'gate',
    process: 'fw',
  })
  t.equal(readLine('<165>1 - - app - - - started').message, 'started')
  t.match(readLine('<13>May  1 10:00:00 gate pumpd[12]: seal leak', { now: NOW }), {
    level: 5,
    time: Date.UTC(2024, 4, 1, 10),
    host: 'gate',
    process: 'pumpd',
    message: 'seal leak',
  })
  t.match(readLine('2024-05-01 10:00:00,250 WARN [main] tank low'), { level: 4, message: '[main] tank low' })
  t.match(readLine('2024-05-01T12:00:00+02:00 gate kernel: [  12.345678] eth0: link down'), {
    time: Date.UTC(2024, 4, 1, 10),
    host: 'gate',
    process: 'kernel',
    message: 'eth0: link down',
  })
  t.match(readLine('[ERROR] no answer'), { level: 3, message: 'no answer' })
  t.match(readLine('Info: all well'), { level: 6, message: 'all well' })
  t.match(readLine('Error reading register 4'), { level: undefined, message: 'Error reading register 4' })
  t.match(readLine('01.05.2024 10:00:00 Fehler: Pumpe steht'), { level: 3, message: 'Pumpe steht' })
  t.match(readLine('2024-05-01 ERROR x: boom', { start: 17 }), { level: 3, message: 'boom' })
})

t.test('every format gives fields and quantities in one form', async t => {
  t.match(readLine('{"ts":1714557600,"level":"warn","oil_temp_c":91.5,"id":7}'), {
    format: 'json',
    time: 1714557600000,
    level: 4,
    quantities: [{ name: 'oil_temp_c', value: 91.5, unit: 'Cel' }],
  })
  t.match(readLine('{"sensor":"a","value":3.5,"unit":"kPa"}').quantities, [{ value: 3500, unit: 'Pa' }])
  t.match(
    readLine('[{"bn":"urn:dev:1:","bt":1714557600,"n":"t","u":"Cel","v":21.5},{"n":"open","vb":true}]'),
    {
      format: 'senml',
      time: 1714557600000,
      fields: [
        { name: 'urn:dev:1:t', value: 21.5 },
        { name: 'urn:dev:1:open', value: true },
      ],
      quantities: [{ name: 'urn:dev:1:t', value: 21.5, unit: 'Cel' }],
    },
  )
  t.match(readLine('ts=2024-05-01T10:00:00Z level=error temp_c=78 state=trip'), {
    format: 'keyvalue',
    time: Date.UTC(2024, 4, 1, 10),
    level: 3,
    quantities: [{ name: 'temp_c', value: 78, unit: 'Cel' }],
  })
  t.match(readLine('temp: 78 C; pressure: 3.2 bar'), {
    format: 'keyvalue',
    fields: [{ name: 'temp' }, { name: 'pressure' }],
    quantities: [{ name: 'temp', value: 78 }, { value: 3.2 }],
  })
  const columns = new CsvColumns()
  readLine('time;temp_c;state', { columns })
  t.match(readLine('10:00:00;71,5;run', { columns }), {
    format: 'csv',
    quantities: [{ name: 'temp_c', value: 71.5, unit: 'Cel' }],
  })
  t.match(readLine('$SDDPT,2.1,0.5*00'), { format: 'nmea', damaged: true })
  t.match(readLine('plant/p1 {"v":1}'), { format: 'json', fields: [{ name: 'v', value: 1 }] })
  t.match(readLine('motor temp 78C'), {
    format: 'text',
    quantities: [{ name: 'motor temp', value: 78, unit: 'Cel' }],
  })
})

t.test('the raw line is kept, whatever it is', async t => {
  const long = 'x=1 '.repeat(2_500_000)
  const read = readLine(long)
  t.equal(read.raw, long)
  t.ok(read.fields.length <= 128)
  t.match(readLine('\u0000\u0001\u0002\u0003abc'), { format: 'binary', damaged: true })
  t.match(readLine('\\xff\\xfe\\x00ab'), { format: 'binary' })
  t.match(readLine('temperature of pump 1 is \\xff\\xfe fine'), { format: 'text', damaged: true })
  t.equal(readLine('').raw, '')
  const forms = [
    '{"a":',
    '[[[[',
    '1,',
    'a="',
    '$GP',
    '<34>1 ',
    '((((',
    '1-',
    '0.0.',
    ' ',
    '\\x',
    ': ',
    'a:',
    '=',
    '"',
    '[',
    'é ',
  ]
  for (const form of forms)
    t.equal(readLine(form.repeat(MOST_CHARACTERS)).raw.length, form.length * MOST_CHARACTERS, form)
})

t.test('no line makes the reader throw, and quantities stand where they say', async () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '"',
    ':',
    ',',
    'a',
    '1',
    ' ',
    '=',
    '<34>',
    '$GPGGA,',
    '*',
    '[',
    ']',
    'ERROR',
    '2024-05-01',
    '\\x0a',
    ';',
    '12:00:00 ',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces, { maxLength: 30 }).map(p => p.join('')),
      ),
      line => {
        for (const q of readLine(line).quantities)
          if (line.slice(q.start, q.start + q.text.length) !== q.text)
            throw new Error(`${q.text} at ${q.start}`)
      },
    ),
    { numRuns: 3000 },
  )
})
