import fc from 'fast-check'
import t from 'tap'
import { type FramedLine, Framer, type FramerOptions } from '../../../../daemon/bus/lines/framing.js'
import { decode, type Encoding, oddBytes, visible } from '../../../../daemon/bus/lines/text.js'

const byLine: FramerOptions = {
  framing: { by: 'delimiter', delimiter: '\n' },
  encoding: 'utf8',
  maxLineBytes: 64,
}

/** All lines of a stream, cut into pieces at the given places. */
function linesOf(options: FramerOptions, bytes: Buffer, cuts: number[] = [], end = true): FramedLine[] {
  const framer = new Framer(options)
  const places = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const lines: FramedLine[] = []
  let from = 0
  for (const place of [...places, bytes.length]) {
    lines.push(...framer.push(bytes.subarray(from, place)))
    from = place
  }
  return end ? [...lines, ...framer.end()] : lines
}
const texts = (lines: FramedLine[]) => lines.map(l => l.line)

/** Bytes with many line ends, controls and broken sequences in them. */
const stream = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes)),
      fc.string({ unit: 'grapheme', maxLength: 40 }).map(text => Buffer.from(text)),
      fc
        .constantFrom('\n', '\r\n', '\r', ';', ';;', '\u0000', '<13>', '\n\n\n')
        .map(text => Buffer.from(text)),
      fc.integer({ min: 50, max: 200 }).map(size => Buffer.alloc(size, 'x')),
    ),
    { maxLength: 30 },
  )
  .map(parts => Buffer.concat(parts))

const framings: FramerOptions['framing'][] = [
  { by: 'delimiter', delimiter: '\n' },
  { by: 'delimiter', delimiter: '\r\n' },
  { by: 'delimiter', delimiter: ';;' },
  { by: 'length', bytes: 7 },
  { by: 'length', bytes: 100 },
  { by: 'silence', ms: 5 },
  { by: 'regex', pattern: '\\r?\\n' },
  { by: 'regex', pattern: '[\\r\\n;]+' },
  { by: 'regex', pattern: '(?=<\\d+>)' },
]

t.test('the same bytes give the same lines, in whatever pieces they come', async t => {
  for (const framing of framings)
    for (const encoding of ['utf8', 'latin1', 'utf16le', 'hex'] as Encoding[])
      fc.assert(
        fc.property(stream, fc.array(fc.nat({ max: 5000 }), { maxLength: 20 }), (bytes, cuts) => {
          const options = { framing, encoding, maxLineBytes: 64 }
          const whole = linesOf(options, bytes)
          const byte = linesOf(options, bytes, [...bytes.keys()])
          const pieces = linesOf(options, bytes, cuts)
          return (
            JSON.stringify(whole) === JSON.stringify(pieces) && JSON.stringify(whole) === JSON.stringify(byte)
          )
        }),
        { numRuns: 60 },
      )
  t.pass('all framings')
})

t.test('after any garbage and a line end the next line is right', async t => {
  for (const encoding of ['utf8', 'latin1', 'utf16le'] as Encoding[])
    for (const delimiter of ['\n', '\r\n', '|~|'])
      fc.assert(
        fc.property(stream, bytes => {
          const options: FramerOptions = {
            framing: { by: 'delimiter', delimiter },
            encoding,
            maxLineBytes: 64,
          }
          const framer = new Framer(options)
          framer.push(bytes)
          framer.push(Buffer.from(delimiter, encoding as BufferEncoding))
          const good = framer.push(Buffer.from(`pump 3 is dry${delimiter}`, encoding as BufferEncoding))
          return good.length === 1 && good[0]!.line === 'pump 3 is dry' && !good[0]!.truncated
        }),
        { numRuns: 200 },
      )
  t.pass('all encodings')
})

t.test('no line is longer than the limit, none carries a control character, memory is bounded', async t => {
  fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 100 }), (bytes, maxLineBytes) => {
      for (const { line, truncated } of linesOf({ ...byLine, maxLineBytes }, bytes)) {
        if (/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/.test(line)) return false
        if (Buffer.byteLength(line) > maxLineBytes * 4) return false
        if (truncated && Buffer.byteLength(line) < Math.min(1, maxLineBytes - 3)) return false
      }
      return true
    }),
  )
  const framer = new Framer({ ...byLine, maxLineBytes: 65_536 })
  const before = process.memoryUsage().arrayBuffers
  const chunk = Buffer.alloc(65_536, 'y')
  let lines = 0
  for (let mib = 0; mib < 1_600; mib++) lines += framer.push(chunk).length
  t.equal(lines, 1, '100 MB without a line end are one line')
  t.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
  t.equal(framer.sinceEnd, 1_600 * 65_536)
  t.same(texts(framer.push(Buffer.from('y\nshort\n'))), ['short'])
})

t.test('a line of 10 MB is cut and marked, and what follows is whole', async t => {
  const long = Buffer.concat([Buffer.alloc(10_000_000, 'z'), Buffer.from('\nnext\n')])
  const lines = linesOf({ ...byLine, maxLineBytes: 65_536 }, long, [1_000, 70_000, 5_000_000])
  t.equal(lines.length, 2)
  t.equal(lines[0]!.line.length, 65_536)
  t.equal(lines[0]!.truncated, true)
  t.same(lines[1], { line: 'next', bytes: 4, oddBytes: 0 })
  const exact = linesOf({ ...byLine, maxLineBytes: 4 }, Buffer.from('1234\n12345\n'))
  t.match(exact, [{ line: '1234' }, { line: '1234', truncated: true }])
  t.notOk(exact[0]!.truncated)
  const between = linesOf({ ...byLine, maxLineBytes: 4 }, Buffer.from('abcé and more\nabcé\n'))
  t.same(texts(between), ['abc', 'abc'], 'cut between characters')
})

t.test('what is no text is escaped byte by byte', async t => {
  const shown = (bytes: number[] | string, encoding: Encoding = 'utf8') =>
    decode(Buffer.from(bytes as string), encoding)
  t.same(shown('plain\ttext é 温度 🙂'), { text: 'plain\ttext é 温度 🙂', oddBytes: 0 })
  t.same(shown('\u001b[2J\u0000x\u0007'), { text: '\\x1b[2J\\x00x\\x07', oddBytes: 2 })
  t.same(shown([0xff, 0x41, 0xc3, 0x28, 0xe2, 0x82]), { text: '\\xffA\\xc3(\\xe2\\x82', oddBytes: 4 })
  t.same(shown([0xed, 0xa0, 0x80]).text, '\\xed\\xa0\\x80', 'half of a surrogate pair')
  t.same(shown([0xc0, 0xaf]).text, '\\xc0\\xaf', 'an overlong slash')
  t.same(shown([0xc2, 0x9b, 0x31]).text, '\\x9b1', 'C1 begins escape sequences too')
  t.same(shown([0xe9, 0x9b], 'latin1'), { text: 'é\\x9b', oddBytes: 1 })
  t.same(shown([0x41, 0, 0x00, 0xd8], 'utf16le').text, 'A\\x00\\xd8')
  t.same(shown([1, 0xab], 'hex').text, '01ab')
  t.same(shown('\ufeffdate;value\r\n').text, 'date;value')
  t.equal(visible('a\nb\u009b'), 'a\\x0ab\\x9b')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const { text: safe } = decode(Buffer.from(text), 'utf8')
      return decode(Buffer.from(safe), 'utf8').text === safe
    }),
  )
})

t.test('noise is told from text whatever the pieces', async t => {
  const text = Buffer.from('Füllstand 23 cm, Temperatur 21 °C, 温度 高い\r\n'.repeat(50))
  let wrong = 0
  for (const size of [7, 64, 1000])
    for (let at = 0; at < text.length; at += size) wrong += oddBytes(text.subarray(at, at + size), 'utf8')
  t.equal(wrong, 0)
  let odd = 0
  const noise = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919 + (i >> 3) * 104729) & 0xff))
  for (let at = 0; at < noise.length; at += 64) odd += oddBytes(noise.subarray(at, at + 64), 'utf8')
  t.ok(odd / noise.length > 0.3, `${odd} of ${noise.length}`)
})

t.test('framing by length, silence and pattern', async t => {
  const eight: FramerOptions = { framing: { by: 'length', bytes: 8 }, encoding: 'hex', maxLineBytes: 64 }
  const framer = new Framer(eight)
  t.same(texts(framer.push(Buffer.from('0123456789'))), ['3031323334353637'])
  t.match(framer.idle(), [{ line: '3839', truncated: true }], 'a record that stopped half way')
  t.same(texts(framer.push(Buffer.from('abcdefgh'))), ['6162636465666768'], 'and the next begins anew')

  const silence = new Framer({ framing: { by: 'silence', ms: 20 }, encoding: 'utf8', maxLineBytes: 8 })
  t.equal(silence.idleMs, 20)
  t.same(silence.push(Buffer.from('T=')), [])
  t.same(silence.push(Buffer.from('21\r\n')), [])
  t.same(texts(silence.idle()), ['T=21'])
  t.match(silence.push(Buffer.alloc(50, 'x')), [{ line: 'xxxxxxxx', truncated: true }])
  t.same(silence.idle(), [])
  t.same(silence.push(Buffer.from('T=22')), [])
  t.same(texts(silence.idle()), ['T=22'])

  const marker = new Framer({
    framing: { by: 'regex', pattern: '(?=<\\d+>)' },
    encoding: 'utf8',
    maxLineBytes: 64,
  })
  t.same(texts([...marker.push(Buffer.from('<1>a<2>b')), ...marker.idle()]), ['<1>a'])
  t.same(texts([...marker.push(Buffer.from('c<3>')), ...marker.idle()]), ['<2>bc'])
  t.same(texts(marker.end()), ['<3>'])
})
