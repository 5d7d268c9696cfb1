import fc from 'fast-check'
import { getLlama } from 'node-llama-cpp'
import t from 'tap'
import { compactGrammar, decode } from '../../../daemon/commands/compact.js'
import {
  alt,
  type Grammar,
  lit,
  Matcher,
  many,
  type Rule,
  ref,
  seq,
} from '../../../daemon/inference/grammar.js'
import { fromBytes, toBytes, tornBytes } from '../../../daemon/inference/utf8.js'
import { toGbnf } from '../../support/gbnf.js'

/** A random rule with a text that it makes. */
function ruleAndText(depth: number): fc.Arbitrary<{ rule: Rule; text: string }> {
  const leaf = fc.stringMatching(/^[ab <]{1,3}$/).map(text => ({ rule: lit(text), text }))
  if (depth === 0) return leaf
  const inner = ruleAndText(depth - 1)
  return fc.oneof(
    leaf,
    fc
      .array(inner, { minLength: 1, maxLength: 3 })
      .map(items => ({ rule: seq(...items.map(i => i.rule)), text: items.map(i => i.text).join('') })),
    fc
      .tuple(fc.array(inner, { minLength: 1, maxLength: 3 }), fc.nat())
      .map(([items, n]) => ({ rule: alt(...items.map(i => i.rule)), text: items[n % items.length]!.text })),
    fc.tuple(inner, fc.nat(2), fc.nat(2)).map(([item, min, more]) => ({
      rule: many(item.rule, min, min + more),
      text: item.text.repeat(min + (more && 1)),
    })),
  )
}
/** What `many` repeats must not be empty; random nesting can make it so. */
const emptyFree = (rule: Rule): boolean => {
  if ('lit' in rule) return rule.lit !== ''
  if ('seq' in rule) return rule.seq.every(emptyFree)
  if ('alt' in rule) return rule.alt.every(emptyFree)
  if ('many' in rule) return rule.min > 0 && emptyFree(rule.many)
  return true
}

t.test('text made by a grammar is taken in, and forced text never shuts out what may come', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        ruleAndText(3).filter(r => emptyFree(r.rule)),
        ({ rule, text }) => {
          const grammar: Grammar = { root: 'root', rules: { root: rule } }
          for (let cut = 0; cut <= text.length; cut++) {
            const matcher = new Matcher(grammar)
            if (!matcher.advance(text.slice(0, cut))) return false
            const forced = matcher.forced()
            const rest = text.slice(cut)
            if (forced && !rest.startsWith(forced)) return false
            if (!matcher.advance(rest) || !matcher.canEnd()) return false
          }
          return true
        },
      ),
      { numRuns: 1500 },
    ),
  )
})

t.test('the matcher takes in what the grammar engine of llama.cpp takes in', async t => {
  const llama = await getLlama({ build: 'never', gpu: false, skipDownload: true })
  t.teardown(() => llama.dispose())
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '<', 'é', '照', '"', '\\'), maxLength: 6 })
  const rule = ruleAndText(2).filter(r => emptyFree(r.rule))
  const letter = fc.record({
    chars: fc.array(fc.constantFrom('a', 'a-b', '"', '\\', ' -<'), { minLength: 1, maxLength: 3 }),
    not: fc.boolean(),
  })
  await t.resolves(
    fc.assert(
      fc.asyncProperty(rule, letter, text, text, async (made, set, before, free) => {
        const grammar: Grammar = {
          root: 'root',
          rules: {
            root: alt(ref('x'), seq(many(ref('c'), 0, 2), ref('x')), lit(before)),
            x: made.rule,
            c: set,
          },
        }
        if (before === '') return true
        const native = (await llama.createGrammar({ grammar: toGbnf(grammar) })) as unknown as {
          _testText(text: string): boolean
        }
        return [made.text, before, free, free.slice(0, 2) + made.text].every(sample => {
          const matcher = new Matcher(grammar)
          return (matcher.advance(toBytes(sample)) && matcher.canEnd()) === native._testText(sample)
        })
      }),
      { numRuns: 400 },
    ),
  )
})

t.test('text that does not fit is refused and changes nothing', async t => {
  const matcher = new Matcher({
    root: 'r',
    rules: { r: seq(lit('ab'), ref('tail')), tail: alt(lit('c'), lit('cd')) },
  })
  t.notOk(matcher.advance('ax'))
  t.ok(matcher.advance('ab'))
  t.notOk(matcher.fits('x'))
  t.ok(matcher.fits('cd'))
  t.ok(matcher.advance('c'))
  t.ok(matcher.canEnd())
  t.notOk(matcher.isOver())
  t.ok(matcher.advance('d'))
  t.ok(matcher.isOver())
})

t.test('the grammar of an utterance allows only its own words as spans', async t => {
  const matcher = (text: string) => new Matcher(compactGrammar('dim the old piano lamp')).advance(text)
  t.ok(matcher('<set_brightness><k_light><dev> old piano lamp<down>'))
  t.notOk(matcher('<set_brightness><k_light><dev> new piano lamp'))
  t.notOk(matcher('<set_brightness><k_light><dev> old lamp'), 'words stay in their order, side by side')
  t.notOk(matcher('<set_brightness><down><dev> lamp'), 'slots come in one order')
  t.ok(matcher('<none>'))
})

t.test('inside a word that only one word of the utterance can be, the rest is forced', async t => {
  const matcher = new Matcher(compactGrammar('turn on zorbifex in the attic'))
  matcher.advance('<turn_on><k_thing><dev> z')
  t.equal(matcher.forced(), 'orbifex')
  const twice = new Matcher(compactGrammar('light lights'))
  twice.advance('<turn_on><dev> l')
  t.equal(twice.forced(), '', 'light or lights')
})

t.test('every text of the grammar is a short form that reads back', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z0-9]{1,5}$/), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (words, choices) => {
          const grammar = compactGrammar(words.join(' '))
          const write = (rule: Rule): string => {
            if ('lit' in rule) return rule.lit
            if ('seq' in rule) return rule.seq.map(write).join('')
            if ('alt' in rule) return write(rule.alt[choices.next().value! % rule.alt.length]!)
            if ('ref' in rule) return write(grammar.rules[rule.ref]!)
            if ('chars' in rule) return ''
            const times =
              rule.min +
              (choices.next().value! % 2 && (rule.max === undefined || rule.max > rule.min) ? 1 : 0)
            return Array.from({ length: times }, () => write(rule.many)).join('')
          }
          const text = write(ref(grammar.root))
          return new Matcher(grammar).advance(text) && decode(text) !== undefined
        },
      ),
      { numRuns: 500 },
    ),
  )
})

t.test('a text cut in bytes anywhere comes back whole when its torn end waits for the rest', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 8 }), fc.nat(), (text, at) => {
        const bytes = toBytes(text)
        const cut = at % (bytes.length + 1)
        const torn = tornBytes(bytes.slice(0, cut))
        return (
          fromBytes(bytes.slice(0, cut - torn)) + fromBytes(bytes.slice(cut - torn)) ===
          fromBytes(toBytes(text))
        )
      }),
    ),
  )
})
