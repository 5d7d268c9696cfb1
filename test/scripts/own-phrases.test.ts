import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { seeded } from '../../daemon/base/random.js'
import { compactGrammar, decode, encode } from '../../daemon/commands/compact.js'
import { Matcher } from '../../daemon/inference/grammar.js'
import { readPhrases, varied } from '../../scripts/train/generate/own-phrases.js'

const file = (test: { testdir: () => string }, text: string) => {
  const path = join(test.testdir(), 'phrases.yaml')
  writeFileSync(path, text)
  return path
}

const GOOD = `
phrases:
  - say: [Fire up the bean grinder, "bean grinder: go!"]
    do: {action: start, kind: thing, dev: bean grinder}
  - say: give the ferns a drink for ten minutes
    do: {action: open, kind: valve, dev: ferns, for: ten minutes}
  - say: it's a bit parky
    do: {action: set_temperature, kind: climate, step: up}
  - say: lamp off and radio on
    do:
      - {action: turn_off, kind: light, dev: lamp}
      - {action: turn_on, kind: speaker, dev: radio}
  - say: sing me to sleep
    do: none
`

t.test('phrases become training pairs in the one spelling', async t => {
  const pairs = readPhrases(file(t, GOOD))
  t.strictSame(
    pairs.map(p => [p.utterance, encode(p.command)]),
    [
      ['fire up the bean grinder', '<start><k_thing><dev> bean grinder'],
      ['bean grinder go', '<start><k_thing><dev> bean grinder'],
      ['give the ferns a drink for ten minutes', '<open><k_valve><dev> ferns<for> ten minutes'],
      ["it's a bit parky", '<set_temperature><k_climate><up>'],
      ['lamp off and radio on', '<turn_off><k_light><dev> lamp<turn_on><k_speaker><dev> radio'],
      ['sing me to sleep', '<none>'],
    ],
  )
})

t.test('every variation is within the grammar and reads back', async t => {
  const pairs = readPhrases(file(t, GOOD))
  const random = seeded(11)
  const different = new Set<string>()
  for (let i = 0; i < 3_000; i++) {
    const { utterance, command } = varied(random, pairs[i % pairs.length]!)
    different.add(utterance)
    const form = encode(command)
    const matcher = new Matcher(compactGrammar(utterance))
    if (!matcher.advance(form) || !matcher.canEnd()) t.fail(`outside the grammar: ${utterance} → ${form}`)
    if (encode(decode(form) ?? []) !== form) t.fail(`does not read back: ${form}`)
  }
  t.ok(different.size > 300, `${different.size} different ones`)
})

t.test('what is wrong with a file is said with its place', async t => {
  const wrong = (text: string, what: RegExp) => t.throws(() => readPhrases(file(t, text)), what)
  wrong(
    'phrases:\n  - say: lamp on\n    do: {action: turn_on, dev: the sofa}\n',
    /dev is "the sofa", which the phrase does not say/,
  )
  wrong('phrases:\n  - say: lamp on\n    do: {action: fly}\n', /phrases/)
  wrong('phrases:\n  - say: lamp on\n    do: {action: turn_on, colour: red}\n', /colour/)
  wrong('phrases: []\n', /phrases/)
  wrong('- [', /cannot be read/)
  t.throws(() => readPhrases(join(t.testdir(), 'no.yaml')), /cannot be read/)
})
