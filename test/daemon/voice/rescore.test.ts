import fc from 'fast-check'
import t from 'tap'
import { phoneDistance } from '../../../daemon/voice/language/phone-distance.js'
import { PHONES } from '../../../daemon/voice/language/phones.js'
import { repairs } from '../../../daemon/voice/language/repair.js'
import { type RescoreOptions, rescore, vote } from '../../../daemon/voice/rescore.js'

const sounds = new Map(
  Object.entries({
    turn: 'T ER N', on: 'AA N', off: 'AO F', the: 'DH AH', kitten: 'K IH T AH N', kitchen: 'K IH CH AH N', light: 'L AY T',
    news: 'N UW Z', lamp: 'L AE M P', blinds: 'B L AY N D Z', friends: 'F R EH N D Z', desk: 'D EH S K', disk: 'D IH S K',
    left: 'L EH F T', lift: 'L IH F T', fan: 'F AE N', van: 'V AE N', weather: 'W EH DH ER', heater: 'HH IY T ER',
    tell: 'T EH L', me: 'M IY', a: 'AH', joke: 'JH OW K', open: 'OW P AH N', play: 'P L EY', music: 'M Y UW Z IH K',
  }),
) // biome-ignore format: a table
const phonesOf = (word: string) => sounds.get(word)
const nameOf = (name: string) => ({
  name,
  phones: name
    .split(' ')
    .map(w => sounds.get(w))
    .join(' '),
})
const names = ['kitchen light', 'kitchen', 'desk lamp', 'blinds', 'heater', 'fan'].map(nameOf)
const { signal } = new AbortController()

/** A command path that knows two sentences. */
const options = (more: Partial<RescoreOptions> = {}): RescoreOptions & { asked: string[] } => {
  const asked: string[] = []
  return {
    asked,
    understand: async text => {
      asked.push(text)
      const acts = ['turn on the kitchen light', 'turn on lamp 2', 'turn off the desk lamp'].includes(text)
      return { acts, meaning: text, confidence: acts ? 0.97 : 0.6 }
    },
    names,
    spellings: new Map([['lamp two', 'lamp 2']]),
    phonesOf,
    ...more,
  }
}
const heard = (...texts: [text: string, score: number][]) => ({
  hypotheses: texts.map(([text, score]) => ({ text, score, confidence: 0.8 })),
  ms: 1,
})

t.test('readings that mean the same count together; the most likely words do not win alone', async t => {
  const same = heard(
    ['turn off the desk lamp', 0],
    ['turn on the kitchen light', -5],
    ['kitchen light on', -10],
  )
  const understand = async (text: string) => ({
    acts: true,
    meaning: text.includes('kitchen') ? 'kitchen on' : 'desk off',
    confidence: 0.95,
  })
  t.match(await rescore(same, options({ understand }), signal), {
    text: 'turn on the kitchen light',
    acts: true,
  })
})

t.test('a close reading that can be done wins over one that is nothing, a far one does not', async t => {
  const near = heard(['turn on the kitten fight', 0], ['turn on the kitchen light', -6])
  t.match(await rescore(near, options(), signal), { text: 'turn on the kitchen light', acts: true })
  const far = heard(['tell me a joke', 0], ['turn on the kitchen light', -115])
  t.match(await rescore(far, options(), signal), { text: 'tell me a joke', acts: false })
})

t.test('where readings disagree nothing is done, and it is worth a question', async t => {
  const four = heard(['a', 0], ['b', -10], ['c', -20], ['d', -30])
  const understand = async (text: string) => ({ acts: true, meaning: text, confidence: 0.95 })
  const certain = { ...four, hypotheses: four.hypotheses.map(h => ({ ...h, confidence: 1 })) }
  const best = await rescore(certain, options({ understand }), signal)
  t.match(best, { text: 'a', acts: false, doubtful: true })
  t.equal(best!.confidence, 0.5, 'however well the sound fits the words')
})

t.test('no more readings are looked at than allowed, and equal ones once', async t => {
  const o = options({ most: 2 })
  const best = await rescore(heard(['tell me', 0], ['tell me', -1], ['a joke', -2], ['play', -3]), o, signal)
  t.match(best, { tried: 2 })
  t.strictSame(o.asked, ['tell me', 'a joke'])
})

t.test('the share of a vote is between nothing and all, and its choice is one of the readings', async t => {
  const candidate = fc.record({
    hypothesis: fc.record({
      text: fc.string(),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      score: fc.integer({ min: -1e9, max: 1e9 }),
    }),
    text: fc.string(),
    understood: fc.record({
      acts: fc.boolean(),
      meaning: fc.constantFrom<string>('a', 'b', 'c'),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  })
  fc.assert(
    fc.property(fc.array(candidate, { minLength: 1, maxLength: 8 }), list => {
      const { chosen, share } = vote(list)
      return list.includes(chosen) && share > 0 && share <= 1 + 1e-9
    }),
    { seed: 6 },
  )
  t.pass('always')
})

t.test('"kitten light" is the kitchen light, "the news" stays nothing', async t => {
  const kitten = await rescore(heard(['turn on the kitten light', 0]), options(), signal)
  t.match(kitten, { text: 'turn on the kitchen light', heard: 'turn on the kitten light', acts: true })
  t.ok(kitten!.confidence < 0.9)
  const everything = options({ understand: async () => ({ acts: false, meaning: '', confidence: 0.9 }) })
  t.match(await rescore(heard(['turn on the news', 0]), everything, signal), {
    text: 'turn on the news',
    acts: false,
  })
})

t.test('names are written as the home writes them; nothing heard is nothing', async t => {
  t.match(await rescore(heard(['turn on lamp two', 0]), options(), signal), {
    text: 'turn on lamp 2',
    acts: true,
  })
  t.equal(await rescore(heard(), options(), signal), undefined)
  t.equal(await rescore(heard(['', 0]), options(), signal), undefined)
})

t.test('only what sounds alike is put right', async t => {
  const put = (text: string) => repairs(text.split(' '), names, phonesOf).map(r => r.text)
  t.strictSame(put('turn on the disk lamp')[0], 'turn on the desk lamp')
  for (const text of [
    'turn on the news',
    'tell me a joke',
    'open the weather',
    'play music',
    'turn off friends',
  ])
    t.strictSame(put(text), [], text)
  t.strictSame(put('turn on the fan'), [], 'a name is right already')
  t.strictSame(put('turn on the van'), [], 'too short to tell')
})

t.test('distances are symmetric, bounded, and zero only for the same', async t => {
  const phones = fc.array(fc.constantFrom(...PHONES), { minLength: 1, maxLength: 12 }).map(p => p.join(' '))
  fc.assert(
    fc.property(phones, phones, (a, b) => {
      const d = phoneDistance(a, b)
      return d >= 0 && d <= 1 && Math.abs(d - phoneDistance(b, a)) < 1e-9 && (d === 0) === (a === b)
    }),
    { seed: 6 },
  )
  t.ok(phoneDistance('K IH T AH N', 'K IH CH AH N') < phoneDistance('K IH T AH N', 'B EH D R UW M'))
})
