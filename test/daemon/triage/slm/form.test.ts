import fc from 'fast-check'
import t from 'tap'
import { Matcher } from '../../../../daemon/inference/grammar.js'
import { toBytes } from '../../../../daemon/inference/utf8.js'
import { lexicon } from '../../../../daemon/triage/judge/lexicon.js'
import {
  decode,
  encode,
  type LineForm,
  lineGrammar,
  linePrompt,
  marks,
  promptText,
  quoteOf,
} from '../../../../daemon/triage/slm/form.js'
import { CATEGORIES, COMPONENTS, isAlarm, SEVERITIES } from '../../../../daemon/triage/verdict.js'

const LINES = [
  'P-301 seal leak, 14 l/h at hall 2',
  'Störung Überdruck Kessel 3: 12,4 bar',
  '{"leak":true,"n":0}',
  'fault',
]

/** What a model may say of a line. */
const form = (words: readonly string[]): fc.Arbitrary<LineForm> =>
  fc
    .record({
      from: fc.nat(words.length),
      count: fc.nat(6),
      condition: fc.option(fc.constantFrom(...lexicon().conditions), { nil: undefined }),
      severity: fc.constantFrom(...SEVERITIES),
      category: fc.constantFrom(...CATEGORIES.filter(c => c !== 'normal')),
      component: fc.constantFrom(...COMPONENTS),
      human: fc.boolean(),
    })
    .map(({ from, count, condition, severity, category, component, human }) => ({
      evidence: words.slice(from, from + count),
      ...(condition ? { condition } : {}),
      severity,
      category: severity === 'normal' ? 'normal' : category,
      component,
      needsHuman: severity === 'advisory' ? human : isAlarm(severity),
    }))
const spoken = fc
  .constantFrom(...LINES)
  .chain(line =>
    form(linePrompt(line, 'plc').words).map(said => ({ line, prompt: linePrompt(line, 'plc'), said })),
  )

const takes = (line: string, text: string) => {
  const matcher = new Matcher(lineGrammar(linePrompt(line, 'plc')))
  return matcher.advance(toBytes(text)) && matcher.canEnd()
}

t.test('what is written is read again, and the grammar of its line takes it', async () => {
  fc.assert(
    fc.property(spoken, ({ line, said }) => {
      const text = encode(said)
      return JSON.stringify(decode(text)) === JSON.stringify(said) && takes(line, text)
    }),
  )
})

t.test('the grammar takes no foreign word, no word out of turn, nothing that does not agree', async t => {
  const line = LINES[0]!
  const end = '<x_none><s_warning><c_leak><k_pump>'
  t.ok(takes(line, `<ev> seal leak${end}`))
  for (const text of [
    `<ev> oil leak${end}`,
    `<ev> leak seal${end}`,
    `<ev> seal 14${end}`,
    `<ev> seal${end}<h_yes>`,
    '<ev><x_none><s_normal><c_leak><k_pump>',
    '<ev><x_none><s_warning><c_normal><k_pump>',
    '<ev><x_none><s_advisory><c_leak><k_pump>',
    '<ev><x_nothing><s_normal><c_normal><k_pump>',
    end,
    '',
  ]) {
    t.notOk(takes(line, text), text)
    if (!/oil|leak seal|14/.test(text)) t.equal(decode(text), undefined, text)
  }
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,8}$/), word =>
      linePrompt(line, 'plc').words.includes(word) ? true : !takes(line, `<ev> ${word}${end}`),
    ),
  )
  fc.assert(fc.property(fc.string(), text => decode(text) === undefined))
})

t.test('a quote is text of the line, or nothing', async t => {
  fc.assert(
    fc.property(spoken, ({ line, prompt, said }) => {
      const quote = quoteOf(line, prompt, said.evidence)
      return line.includes(quote) && (quote === '') === (said.evidence.length === 0)
    }),
  )
  const line = LINES[1]!
  t.equal(quoteOf(line, linePrompt(line, ''), ['ueberdruck', 'kessel', '#']), 'Überdruck Kessel 3')
  t.equal(quoteOf(line, linePrompt(line, ''), ['kessel', 'ueberdruck']), '')
})

t.test('prompts are short, whatever the line; marks are many and each is one', async t => {
  const long = linePrompt('word '.repeat(1_000), 'a b c d e f g /dev/ttyUSB0')
  t.equal(long.words.length, 40)
  t.equal(long.source.length, 4)
  t.equal(promptText(linePrompt('P-301 at 14,5 bar, leak=0', 'mqtt:hall')), 'mqtt hall : p # at # bar leak 0')
  fc.assert(fc.property(fc.string(), line => linePrompt(line, '').words.every(w => !/[<>\s]/.test(w))))
  t.equal(new Set(marks()).size, marks().length)
})
