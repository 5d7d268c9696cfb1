import fc from 'fast-check'
import t from 'tap'
import { ownText } from '../../../daemon/triage/characters.js'
import { withoutQuantities } from '../../../daemon/triage/quantities.js'
import { masked, tokensOf } from '../../../daemon/triage/tokens.js'

/** What quantities are, as one pattern: slow, and plain to read. */
const QUANTITY =
  /(?<![\w.])[<>~]?[-+]?\d+(?:[.,:]\d+)*\s?(?:bytes?|[kmgt]i?b|b|ms|us|ns|secs?|seconds?|mins?|minutes?|hours?|hrs?|days?|s|m|h|%|°c|°f|mm\/s|m\/s|rpm|v|a|mv|ma|kw|w|hz|khz|mhz|bar|mbar|psi|kpa|pa|l\/min|m3\/h)(?![\w/])/gi

const PIECES =
  '1 23 4.5 6,7 8:30 0 - + < > ~ . , : / ° % ( ) = x P m3/h m/s mm/s l/min °C °f kB MiB ms s S sec secs min h V mA bar rpm _ \u00a0 é \t minutes'.split(
    ' ',
  )

t.test('quantities are found character by character as a pattern would find them', async t => {
  const text = fc.array(fc.oneof({ arbitrary: fc.constantFrom(...PIECES, ' ', ' '), weight: 8 }, fc.string()))
  fc.assert(
    fc.property(text, pieces => {
      const line = pieces.join('')
      const plain = line.replace(QUANTITY, '<*>')
      const behind = `x${line}`
      return (
        (withoutQuantities(line, '<*>') ?? line) === plain &&
        (withoutQuantities(behind, '<*>', 1) ?? line) === plain
      )
    }),
    { numRuns: 20_000, seed: 1 },
  )
  t.equal(withoutQuantities('read 1190 bytes in <1 sec at -3.5 °C', '#'), 'read # in # at #')
})

t.test('words stay, values become one mark', async t => {
  const tokens = (message: string) => tokensOf(message).join(' ')
  t.equal(tokens('read 1190 bytes (1.16 KB) of /srv/data/a.bin'), 'read <*> of <*>')
  t.equal(tokens('SOCKS5 job7 temp=21.5 state=run'), 'SOCKS5 <*> temp=<*> state=<*>')
  t.equal(tokens('fan at 12 mm/s, 50 %/min'), 'fan at <*>, <*> %/min')
})

t.test('a masked message is its tokens with one blank between them, whatever blanks it has', async t => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES, ' ', '  ', '\t', '\u00a0', 'word')), pieces => {
      const text = masked(pieces.join(''))
      return (
        !/^\s|\s\s|[^\S ]|\s$/.test(text) &&
        tokensOf(pieces.join('')).join(' ') === text &&
        masked(`header: ${pieces.join('')}`, 8) === text
      )
    }),
    { numRuns: 5_000, seed: 2 },
  )
  t.strictSame(tokensOf('  a\t\tb \u00a0 c7  '), ['a', 'b', '<*>'])
  t.equal(tokensOf('x '.repeat(200)).length, 97, 'long ones are cut')
  t.strictSame(tokensOf(''), [])
})

t.test('a text of its own is the same text, halves of characters included', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), text => ownText(text) === text),
    { seed: 4 },
  )
  for (const text of ['short', 'bearing of fan 3 \ud83d', '\ude00 and what came behind'])
    t.equal(ownText(text), text)
})
