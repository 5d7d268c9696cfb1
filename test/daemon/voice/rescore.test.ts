import fc from 'fast-check'
import t from 'tap'
import { phoneDistance } from '../../../daemon/voice/language/phone-distance.js'
import { PHONES } from '../../../daemon/voice/language/phones.js'
import { repairs } from '../../../daemon/voice/language/repair.js'
import { type RescoreOptions, rescore } from '../../../daemon/voice/rescore.js'

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
      return { acts, refused: false, confidence: acts ? 0.97 : 0.6 }
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

t.test('the first reading is taken when it can be done, without a look at the others', async t => {
  const o = options()
  const best = await rescore(
    heard(['turn on the kitchen light', -1000], ['turn off the desk lamp', -1001]),
    o,
    signal,
  )
  t.match(best, { text: 'turn on the kitchen light', acts: true, confidence: 0.8, tried: 1 })
  t.equal(o.asked.length, 1)
})

t.test('a close reading that can be done wins over one that is nothing, a far one does not', async t => {
  const near = heard(['turn on the kitten fight', 0], ['turn on the kitchen light', -5_000])
  t.match(await rescore(near, options(), signal), { text: 'turn on the kitchen light', acts: true })
  const far = heard(['tell me a joke', 0], ['turn on the kitchen light', -90_000])
  t.match(await rescore(far, options(), signal), { text: 'tell me a joke', acts: false })
})

t.test('"kitten light" is the kitchen light, "the news" stays nothing', async t => {
  const kitten = await rescore(heard(['turn on the kitten light', 0]), options(), signal)
  t.match(kitten, { text: 'turn on the kitchen light', heard: 'turn on the kitten light', acts: true })
  t.ok(kitten!.confidence < 0.8)
  const everything = options({ understand: async () => ({ acts: false, refused: false, confidence: 0.9 }) })
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
