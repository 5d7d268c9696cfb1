import fc from 'fast-check'
import t from 'tap'
import { CsvColumns, cellsOf, readRow } from '../../../../daemon/triage/read/csv.js'
import { readJson } from '../../../../daemon/triage/read/json.js'
import { readPairs } from '../../../../daemon/triage/read/key-value.js'
import { checksum, readNmea } from '../../../../daemon/triage/read/nmea.js'

const sentence = (body: string) => `$${body}*${checksum(body).toString(16).toUpperCase().padStart(2, '0')}`

t.test('JSON keeps how values are written and where', async t => {
  const text = '{"a":{"b":1.50,"c":["x",true]},"d":null}'
  const read = readJson(text)
  t.strictSame(
    read?.fields.map(f => [f.name, f.value, f.text]),
    [
      ['a.b', 1.5, '1.50'],
      ['a.c.0', 'x', 'x'],
      ['a.c.1', true, 'true'],
      ['d', null, 'null'],
    ],
  )
  for (const f of read!.fields) t.equal(text.slice(f.start, f.start + f.text.length), f.text)
  t.equal(readJson('{"a":1,"b":"cut he')?.cut, true, 'a line that was cut gives what was there')
  t.equal(readJson('[timestamp] text'), undefined)
  t.equal(readJson('{a:1}'), undefined)
  t.equal(readJson('{} and more'), undefined)
})

t.test('what JSON.stringify writes is read back', async () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ minLength: 1, maxLength: 8 }).filter(k => !k.includes('.')),
        fc.oneof(
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.string(),
          fc.boolean(),
          fc.constant(null),
        ),
        { maxKeys: 8 },
      ),
      record => {
        const fields = readJson(JSON.stringify(record))?.fields
        const expected = Object.entries(JSON.parse(JSON.stringify(record)) as Record<string, unknown>)
        if (JSON.stringify(fields?.map(f => [f.name, f.value])) !== JSON.stringify(expected))
          throw new Error('differs')
      },
    ),
  )
  fc.assert(fc.property(fc.string(), text => void readJson(`{${text}`)))
})

t.test('a sentence is sound when its checksum fits', async t => {
  const good = readNmea(sentence('SDDBT,12.4,f,3.8,M,2.1,F'))
  t.equal(good?.sound, true)
  t.match(good?.quantities, [{ value: 3.8, unit: 'm', name: 'DBT.3' }].slice(1))
  t.ok(good?.quantities.some(q => q.value === 3.8 && q.unit === 'm'))
  t.equal(readNmea('$SDDBT,12.4,f,3.8,M,2.1,F*00')?.sound, false)
  t.equal(readNmea('$5 says the man'), undefined)
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z0-9.,-]{0,60}$/), data => {
      if (readNmea(sentence(`GPXYZ,${data}`))?.sound !== true) throw new Error(data)
    }),
  )
  fc.assert(fc.property(fc.string(), text => void readNmea(`$${text}`)))
})

t.test('pairs are found in any text', async t => {
  t.strictSame(
    readPairs('state=ok msg="two words" t=3.5, empty= x').fields.map(f => [f.name, f.value]),
    [
      ['state', 'ok'],
      ['msg', 'two words'],
      ['t', 3.5],
      ['empty', ''],
    ],
  )
  t.strictSame(
    readPairs('t=3,5 p=7,25bar n=1,2,3 c=1,b=2').fields.map(f => [f.name, f.value]),
    [
      ['t', 3.5],
      ['p', '7,25bar'],
      ['n', 1],
      ['c', 1],
      ['b', 2],
    ],
    'a decimal comma, but no lists',
  )
  fc.assert(fc.property(fc.string(), text => void readPairs(`a=${text}`)))
})

t.test('rows get the names of their header, and tell when columns change', async t => {
  const columns = new CsvColumns()
  t.equal(columns.read('time,temp_c,flow')?.kind, 'header')
  const row = columns.read('2024-05-01 10:00:00,71.5,12')
  t.strictSame(row?.fields.map(f => [f.name, f.value]).slice(1), [
    ['temp_c', 71.5],
    ['flow', 12],
  ])
  t.equal(row?.changed, false)
  const wider = columns.read('2024-05-01 10:00:10,71.5,12,9')
  t.equal(wider?.changed, true)
  t.equal(wider?.fields[3]?.name, 'column4')
  t.equal(columns.read('time,temp_c,flow,level')?.changed, true, 'the new header')
  t.equal(columns.read('2024-05-01 10:00:20,71.5,12,9')?.fields[3]?.name, 'level')
  t.equal(columns.read('pump stopped'), undefined)
})

t.test('a row without a header needs values, not prose', async t => {
  t.ok(readRow('17;3,5;4,25;ok'))
  t.equal(readRow('17;3,5;4,25;ok')?.[1]?.value, 3.5)
  t.ok(readRow('2024-05-01,1.5,2.5'))
  t.equal(readRow('stopped, then started, then stopped again'), undefined)
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ maxLength: 12 }).filter(c => !/["\r\n]|^\s|\s$/.test(c)),
        { minLength: 2, maxLength: 8 },
      ),
      cells => {
        const line = cells.map(c => (/[,"]/.test(c) ? `"${c.replaceAll('"', '""')}"` : c)).join(',')
        if (JSON.stringify(cellsOf(line, ',').map(c => c.text)) !== JSON.stringify(cells))
          throw new Error(line)
      },
    ),
  )
})
