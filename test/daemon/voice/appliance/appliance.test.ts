import fc from 'fast-check'
import t from 'tap'
import { applianceGrammar, applianceLanguage } from '../../../../daemon/voice/appliance/grammar.js'
import { interpret } from '../../../../daemon/voice/appliance/interpret.js'
import { type Part, readVocabulary, type Vocabulary } from '../../../../daemon/voice/appliance/vocabulary.js'
import { parseJsgf, printJsgf, prune } from '../../../../daemon/voice/engines/pocketsphinx-jsgf.js'

const kettle = {
  intent: 'makeTea',
  device: 'tea machine',
  slots: {
    strength: ['weak', 'strong', 'extra strong'],
    cups: ['one cup', 'two cups'],
    tea: ['black tea', 'green tea', 'tea'],
    extra: ['honey', 'a bit of honey', 'lemon'],
  },
  openers: ["I'd like", 'brew', 'make me'],
  form: 'opener [a|an] then strength and cups in any order, each optional, then tea, then optionally "with" extra',
}
const washer = {
  device: 'washing machine',
  slots: {
    program: ['cotton', { value: 'wool', says: ['wool', 'woollens', 'wool-wash'] }],
    hours: ['one', 'two', 'three'],
  },
  intents: {
    start: ['(start|run) [the] {program} [program]', 'start {program} in {hours} hours'],
    stop: ['stop', 'stop the (washing | washing machine)'],
  },
}

interface Said {
  words: string[]
  slots: object
}

/** A sentence that can be said, with what it means. */
const sentences = (part: Part, vocabulary: Vocabulary): fc.Arbitrary<Said> => {
  switch (part.type) {
    case 'words':
      return fc.constant({ words: [part.words], slots: {} })
    case 'slot':
      return fc
        .constantFrom(...vocabulary.slots.get(part.slot)!)
        .map(({ says, value }) => ({ words: [says], slots: { [part.slot]: value } }))
    case 'choice':
      return fc.oneof(...part.parts.map(one => sentences(one, vocabulary)))
    case 'optional':
      return fc.oneof(fc.constant<Said>({ words: [], slots: {} }), sentences(part.part, vocabulary))
    case 'sequence':
      return fc.tuple(...part.parts.map(one => sentences(one, vocabulary))).map(all => ({
        words: all.flatMap(({ words }) => words),
        slots: Object.assign({}, ...all.map(({ slots }) => slots)),
      }))
  }
}

for (const [what, file] of Object.entries({ kettle, washer }))
  t.test(`every sentence that the vocabulary of the ${what} allows is read back as its slots`, async t => {
    const vocabulary = readVocabulary(file, what)
    const said = fc.oneof(
      ...vocabulary.intents.flatMap(({ name, sentences: all }) =>
        all.map(part => sentences(part, vocabulary).map(sentence => ({ intent: name, ...sentence }))),
      ),
    )
    fc.assert(
      fc.property(said, ({ intent, words, slots }) => {
        t.same(interpret(words.join(' '), vocabulary), { intent, slots })
        return t.passing()
      }),
      { numRuns: 300 },
    )
  })

t.test('capitals, signs and manners do not matter; other talk is no order', async t => {
  const tea = readVocabulary(kettle, 'kettle')
  t.same(interpret('I\u2019d like an extra-strong BLACK tea, please.', tea), {
    intent: 'makeTea',
    slots: { strength: 'extra strong', tea: 'black tea' },
  })
  for (const text of [
    '',
    'tea',
    'make me',
    'make me a weak',
    'make me tea with',
    'make me tea and more',
    'x '.repeat(500),
  ])
    t.equal(interpret(text, tea), undefined, text.slice(0, 30))
  t.same(interpret('run woollens', readVocabulary(washer, 'washer')), {
    intent: 'start',
    slots: { program: 'wool' },
  })
})

t.test('the grammar is JSGF with each phrase, and its language has an id of its content', async t => {
  const vocabulary = readVocabulary(kettle, 'kettle')
  const grammar = parseJsgf(applianceGrammar(vocabulary))
  t.strictSame([...grammar.rules.keys()].sort(), [
    'intent_makeTea',
    'order',
    'slot_cups',
    'slot_extra',
    'slot_strength',
    'slot_tea',
  ])
  t.equal(applianceLanguage(vocabulary).id, applianceLanguage(readVocabulary(kettle, 'again')).id)
  t.not(applianceLanguage(vocabulary).id, applianceLanguage(vocabulary, new Map([['tea', ['T IY']]])).id)
})

t.test('what is wrong in a vocabulary is named with its place', async t => {
  const wrong: [object, RegExp][] = [
    [{ ...kettle, slots: { tea: ['black <tea>'] } }, /slots\.tea\.0/],
    [{ ...kettle, slots: { ...kettle.slots, tea: [] } }, /slots\.tea/],
    [{ ...kettle, colour: 'red' }, /colour/],
    [{ ...kettle, form: 'opener then milk' }, /form: there is no slot "milk"/],
    [{ ...kettle, openers: undefined }, /openers: is needed/],
    [{ ...kettle, form: undefined }, /form: is needed/],
    [{ ...washer, intents: { start: ['start {speed}'] } }, /intents\.start\.0: there is no slot "speed"/],
    [{ ...washer, intents: { start: ['start [the'] } }, /intents\.start\.0: a bracket is open/],
    [{ ...washer, intents: { start: ['start ()'] } }, /intents\.start\.0: something is empty/],
    [{ ...washer, intent: 'start' }, /intent: goes without/],
    [{}, /slots/],
  ]
  for (const [file, message] of wrong)
    t.throws(() => readVocabulary(file, 'file'), { code: 'invalid_value', message }, String(message))
})

t.test('any JSGF that is printed is read as the same again', t => {
  const word = fc.constantFrom('turn', 'on', "don't", 'light')
  const { of } = fc.letrec(tie => ({
    of: fc.oneof(
      { maxDepth: 4 },
      word,
      fc.array(tie('of'), { minLength: 1, maxLength: 3 }).map(parts => parts.join(' ')),
      fc.array(tie('of'), { minLength: 2, maxLength: 3 }).map(parts => `(${parts.join(' | ')})`),
      tie('of').map(part => `[${part}]`),
      tie('of').map(part => `(${part})*`),
    ),
  }))
  fc.assert(
    fc.property(of, body => {
      const once = printJsgf(parseJsgf(`#JSGF V1.0;\ngrammar g;\npublic <g> = ${body};`))
      return printJsgf(parseJsgf(once)) === once
    }),
  )
  fc.assert(
    fc.property(fc.string(), text => {
      try {
        parseJsgf(`grammar g; ${text}`)
      } catch (error) {
        return error instanceof Error && /grammar/.test(error.message)
      }
      return true
    }),
  )
  t.end()
})

t.test('a word that cannot be heard takes with it only what needs it', async t => {
  const cut = (body: string) => {
    const { grammar, dropped } = prune(
      parseJsgf(`#JSGF V1.0; grammar g; public <g> = ${body}; <n> = kitten | /2/ zork light;`),
      word => !/^z/.test(word),
    )
    return [
      grammar &&
        printJsgf(grammar)
          .split('\n')
          .filter(line => line.startsWith('public'))
          .join(),
      dropped,
    ]
  }
  t.strictSame(cut('turn on (zork | light)'), ['public <g> = turn on (light);', ['zork']])
  t.strictSame(cut('turn [zork] on'), ['public <g> = turn on;', ['zork']])
  t.strictSame(cut('see <n>'), ['public <g> = see <n>;', ['zork']])
  t.strictSame(cut('see zork | zap'), [undefined, ['zap', 'zork']])
  t.throws(() => cut('see <g>'), /holds itself/)
})
