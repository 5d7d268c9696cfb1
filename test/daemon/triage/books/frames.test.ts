import fc from 'fast-check'
import t from 'tap'
import { crc16 } from '../../../../daemon/triage/books/frames.js'
import { lookUp } from '../../../../daemon/triage/books/look-up.js'
import { readLine } from '../../../../daemon/triage/read/read.js'

const hex = (bytes: readonly number[]) => bytes.map(b => b.toString(16).padStart(2, '0')).join(' ')
const withCrc = (bytes: number[]) => [...bytes, crc16(bytes) & 0xff, crc16(bytes) >> 8]
const found = (line: string) => lookUp(readLine(line), 'serial:bus')[0]

t.test('the CRC is that of the standard', async t => {
  // MODBUS over Serial Line V1.02, appendix B: 02 07 has the CRC 41 12
  t.equal(crc16([0x02, 0x07]), 0x1241)
})

t.test('an exception frame is told by its CRC, whoever and whatever was asked', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 247 }), fc.integer({ min: 1, max: 0x2b }), (unit, fn) => {
      const finding = found(`RX ${hex(withCrc([unit, fn | 0x80, 2]))}`)
      return finding?.book === 'modbus' && finding.category === 'configuration'
    }),
  )
})

t.test('bytes with another CRC, and dumps, are no exception', async t => {
  const frame = withCrc([17, 0x83, 2])
  frame[4]! ^= 1
  t.equal(found(`RX ${hex(frame)}`), undefined)
  t.equal(found(`DUMP ${hex(Array.from({ length: 64 }, (_, i) => (i * 37) & 0xff))}`), undefined)
})

t.test('an emergency object of a node is read from a dump of the bus', async t => {
  t.match(found('can0  08C   [8]  10 42 09 00 00 00 00 00'), {
    book: 'canopen-emcy',
    category: 'temperature',
  })
  t.match(found('can0  08C   [8]  00 00 00 00 00 00 00 00'), { severity: 'normal' })
  t.equal(found('can0  18C   [8]  10 42 09 00 00 00 00 00'), undefined)
})

t.test('a receiver that has no position says so', async t => {
  t.match(found('$GPGGA,083015.00,,,,,0,00,99.9,,,,,,*65'), {
    category: 'sensor_fault',
    severity: 'advisory',
  })
  t.match(found('$GPRMC,083015.00,V,,,,,,,051126,,,N*7C'), { category: 'sensor_fault' })
})
