import t from 'tap'
import { seeded } from '../../daemon/base/random.js'
import { compactGrammar, DIALOGUE_ACTS, decode, encode } from '../../daemon/commands/compact.js'
import { normalise } from '../../daemon/commands/normalise.js'
import { ACTION_NAMES } from '../../daemon/commands/vocabulary.js'
import { Matcher } from '../../daemon/inference/grammar.js'
import { sentence } from '../../scripts/train/generate/sentence.js'
import { patternsOf } from '../../scripts/train/generate/split.js'

t.test(
  'every generated pair is spelt, readable and within the grammar that the daemon decodes under',
  async t => {
    const random = seeded(20)
    const seen = new Set<string>()
    for (let i = 0; i < 20_000; i++) {
      const { utterance, command } = sentence(random)
      const form = encode(command)
      if (normalise(utterance) !== utterance) t.fail(`not in the one spelling: ${utterance}`)
      if (encode(decode(form) ?? []) !== form) t.fail(`does not read back: ${form}`)
      const matcher = new Matcher(compactGrammar(utterance, { dialogue: true }))
      if (!matcher.advance(form) || !matcher.canEnd()) t.fail(`outside the grammar: ${utterance} → ${form}`)
      for (const a of command) seen.add(a.action)
    }
    t.strictSame(
      [...ACTION_NAMES, ...DIALOGUE_ACTS].filter(a => !seen.has(a)),
      [],
      'every action is generated',
    )
  },
)

t.test('the same seed gives the same sentences', async t => {
  const draw = (seed: number) => {
    const random = seeded(seed)
    return Array.from({ length: 50 }, () => sentence(random))
  }
  t.strictSame(draw(7), draw(7))
  t.notSame(draw(7), draw(8))
})

t.test('what validation is made of never comes up in training', async t => {
  const draw = (split: 'train' | 'validation', count: number) => {
    const random = seeded(3)
    return Array.from({ length: count }, () => sentence(random, split).utterance)
  }
  const train = new Set(draw('train', 40_000))
  const validation = new Set(draw('validation', 2_000))
  const seen = [...validation].filter(v => train.has(v))
  // short ones ("unmute") can be drawn from two patterns
  t.ok(seen.filter(v => v.split(' ').length > 4).length <= 4, `seen in both: ${seen.join(' | ')}`)
  t.ok(patternsOf(['a {D}', 'b', 'c'], 'all').length === 3)
})
