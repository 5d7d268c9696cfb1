import fc from 'fast-check'
import t from 'tap'
import { type Home, parseHome } from '../../../../daemon/commands/home.js'
import { arpa } from '../../../../daemon/voice/language/arpa.js'
import { BUILD, build, contentOf } from '../../../../daemon/voice/language/build.js'
import { expand, type Filled } from '../../../../daemon/voice/language/expand.js'
import { readSaid, type Said } from '../../../../daemon/voice/language/said.js'

/** A model as it stands in an ARPA text, for asking. */
function read(text: string) {
  const p = new Map<string, number>()
  const backoff = new Map<string, number>()
  let order = 0
  const found = [0, 0, 0]
  for (const line of text.split('\n')) {
    const section = /^\\(\d)-grams:/.exec(line)
    if (section) order = Number(section[1])
    const parts = line.split(' ')
    if (!order || parts.length < order + 1) continue
    const words = parts.slice(1, order + 1).join(' ')
    p.set(words, 10 ** Number(parts[0]))
    if (parts.length > order + 1) backoff.set(words, 10 ** Number(parts[order + 1]))
    found[order - 1]!++
  }
  const probability = (...words: string[]): number => {
    const key = words.join(' ')
    if (p.has(key) || words.length === 1) return p.get(key) ?? 0
    return (backoff.get(words.slice(0, -1).join(' ')) ?? 1) * probability(...words.slice(1))
  }
  const words = [...p.keys()].filter(k => !k.includes(' '))
  return { p, words, probability, found }
}
const said = (vocabulary: string, trigrams: number[][]): Said => ({
  vocabulary: vocabulary.split(' '),
  classes: new Map(),
  trigrams: Int32Array.from(trigrams.flat()),
})
const nothing = async (words: readonly string[]) => words.map(() => '')
const home = (value: object): Home => parseHome(value, 'a test')

t.test('names stand in the place of classes, word by word', async t => {
  // 0 *, 1 <s>, 2 </s>, 3 turn, 4 on, 5 <light>
  const sentence = [
    [1, 1, 3, 100],
    [1, 3, 4, 100],
    [3, 4, 5, 100],
    [4, 5, 2, 100],
  ]
  const classes = new Map<string, Filled>([
    [
      '<light>',
      {
        names: new Map([
          ['desk lamp', 0.75],
          ['moon', 0.25],
        ]),
        factor: 1,
      },
    ],
  ])
  const counts = expand(said('* <s> </s> turn on <light>', sentence), classes, new Map())
  const { probability } = read(arpa(counts, { scale: 1, prune: 0 }).text)
  t.ok(probability('turn', 'on', 'desk') > 2 * probability('turn', 'on', 'moon'))
  t.ok(probability('on', 'desk', 'lamp') > 0.9)
  t.ok(probability('on', 'moon', '</s>') > 0.8)
  t.ok(probability('desk', 'lamp', '</s>') > 0.9)
})

t.test('after any words the probabilities of all words sum up to one, pruned or not', async t => {
  const word = fc.integer({ min: 0, max: 4 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, word, word, fc.integer({ min: 1, max: 500 })), { minLength: 1, maxLength: 30 }),
      fc.constantFrom(0, 0.5, 5),
      (list, prune) => {
        // 0 *, 1 <s>, 2 </s>, then a, b, c, <light>; nothing follows an end, nothing comes before a start
        const at = (i: number) => i + 2
        const trigrams = list
          .filter(([a, b]) => a !== 0 && b !== 0)
          .map(([a, b, c, n]) => [at(a), at(b), at(c), n])
        const classes = new Map<string, Filled>([
          [
            '<light>',
            {
              names: new Map([
                ['x y', 0.5],
                ['z', 0.3],
                ['x y w v', 0.2],
              ]),
              factor: 0.5,
            },
          ],
        ])
        const counts = expand(said('* <s> </s> a b c <light>', trigrams), classes, new Map())
        const { words, probability } = read(arpa(counts, { scale: 1, prune }).text)
        const after = words.filter(w => w !== '</s>')
        const next = words.filter(w => w !== '<s>')
        for (const u of after)
          for (const v of after.slice(0, 4)) {
            const sum = next.reduce((s, w) => s + probability(u, v, w), 0)
            if (Math.abs(sum - 1) > 0.02) throw new Error(`after "${u} ${v}": ${sum}`)
          }
        return true
      },
    ),
    { seed: 6, numRuns: 60 },
  )
  t.pass('they do')
})

t.test('the language of a home', { timeout: 120_000 }, async t => {
  const sources = { said: await readSaid(), dictionary: new Map(), read: nothing }
  const small = home({
    areas: ['Kitchen', 'Snoezelruimte'],
    devices: [
      { name: 'Zanzibar lamp', kind: 'light', area: 'kitchen', capabilities: ['on_off'] },
      { name: 'Washer', kind: 'appliance', class: 'washer', programs: ['Quetzal'] },
    ],
    routines: [{ name: 'Aardvark time', do: ['turn on the zanzibar lamp'] }],
  })
  const speech = await build(small, sources)
  const model = read(speech.ngram)

  t.test('has its names, and says them where they are said', async t => {
    for (const word of ['zanzibar', 'lamp', 'snoezelruimte', 'quetzal', 'aardvark'])
      t.ok(model.p.has(word), word)
    t.ok(model.probability('on', 'the', 'zanzibar') > 10 * model.probability('tell', 'me', 'zanzibar'))
    t.ok(
      model.probability('in', 'the', 'snoezelruimte') >
        10 * model.probability('turn', 'off', 'snoezelruimte'),
    )
  })
  t.test('hears what the home lacks, so that it can be refused, but expects it less', async t => {
    t.ok(model.p.has('blinds'))
    t.ok(model.p.has('garage'))
    const other = await build(
      home({
        areas: ['Kitchen'],
        devices: [{ name: 'Roller', kind: 'cover', class: 'blind', area: 'kitchen' }],
      }),
      sources,
    )
    t.ok(
      read(other.ngram).probability('open', 'the', 'blinds') >
        1.5 * model.probability('open', 'the', 'blinds'),
    )
  })
  t.test('has the words of a dialogue', async t => {
    const words =
      'yes no stop cancel first second third last one other both all undo never mind left right repeat help'
    for (const word of words.split(' ')) t.ok(model.p.has(word), word)
    for (const [a, b] of [
      ['the', 'second'],
      ['<s>', 'yes'],
      ['<s>', 'no'],
      ['<s>', 'cancel'],
      ['<s>', 'stop'],
    ])
      t.ok(model.probability(a!, b!) > 1e-3, `${a} ${b}`)
  })
  t.test('has the sizes that its head says, and words for talk', async t => {
    const sizes = [...speech.ngram.matchAll(/ngram \d=(\d+)/g)].map(m => Number(m[1]))
    t.strictSame(model.found, sizes)
    t.ok(speech.ngram.length < 6_000_000)
    for (const word of ['news', 'weather', 'joke']) t.ok(model.p.has(word), word)
  })
  t.test('is the same for the same content alone', async t => {
    const again = await build({ ...small, id: 'other', name: 'Another' }, sources)
    t.equal(again.id, speech.id)
    t.equal(contentOf({ ...small, id: 'other' }), contentOf(small))
    const renamed = { ...small, areas: [{ ...small.areas[0]!, name: 'Galley' }] }
    t.not(contentOf(renamed), contentOf(small))
  })
})

t.test('a home of 300 devices has a language of bounded size', { timeout: 120_000 }, async t => {
  const rooms = Array.from({ length: 20 }, (_, i) => `Room ${i + 1}`)
  const kinds = ['light', 'switch', 'fan', 'cover', 'climate', 'lock', 'media_player', 'sensor'] as const
  const devices = Array.from({ length: 300 }, (_, i) => ({
    name: `${['North', 'South', 'Amber', 'Velvet', 'Copper'][i % 5]} ${['lamp', 'unit', 'panel', 'thing'][i % 4]} ${i}`,
    kind: kinds[i % kinds.length],
    area: `room_${(i % 20) + 1}`,
  }))
  const speech = await build(
    home({ areas: rooms, devices }),
    { said: await readSaid(), dictionary: new Map(), read: nothing },
    BUILD,
  )
  t.ok(speech.ngram.length < 10_000_000, `${speech.ngram.length} bytes`)
})
