import t from 'tap'
import { seeded } from '../../daemon/base/random.js'
import { compactGrammar, decode, encode } from '../../daemon/commands/compact.js'
import { normalise } from '../../daemon/commands/normalise.js'
import { ACTION_NAMES } from '../../daemon/commands/vocabulary.js'
import { Matcher } from '../../daemon/inference/grammar.js'
import { sentence } from '../../scripts/train/generate/sentence.js'

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
      const matcher = new Matcher(compactGrammar(utterance))
      if (!matcher.advance(form) || !matcher.canEnd()) t.fail(`outside the grammar: ${utterance} → ${form}`)
      for (const a of command) seen.add(a.action)
    }
    t.strictSame(
      ACTION_NAMES.filter(a => !seen.has(a)),
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
