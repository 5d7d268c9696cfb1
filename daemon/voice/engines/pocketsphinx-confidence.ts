/**
 * How sure it is that something of the language was said. The reading is compared with a free run of speech sounds over
 * the same sound: what was said in the language fits nearly as well as any run of sounds can; what was not is forced into
 * its words and fits far worse. The measure is the difference of the two scores for each frame of 10 ms, and a logistic
 * turns it into 0 to 1.
 */

/** Phones of the model's language, as words of one phone each. */
const PHONES =
  'AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'.split(
    ' ',
  )

/**
 * Narrow beams, few paths and the two best Gaussians: only how well sounds fit at best is asked, and any near-best path says
 * that. The last two change the measure by 1 to 2.3, give or take 1, and take 45 % of the time away (480 orders and 408 sentences of
 * talk in espeak-ng's voices, clean and in noise of our own). The weight of the grammar is 1: at the usual 6.5 each free sound
 * pays for being one of 39, and talk looks nearly as good as it.
 */
export const FILLER = {
  '-beam': 1e-30,
  '-wbeam': 1e-20,
  '-pbeam': 1e-30,
  '-maxhmmpf': 60,
  '-topn': 2,
  '-lw': 1,
}

export const fillerWords = (): [word: string, phones: string][] =>
  PHONES.map(phone => [`sound_${phone.toLowerCase()}`, phone])

export const fillerGrammar = () =>
  `#JSGF V1.0;\ngrammar filler;\npublic <sounds> = (${fillerWords()
    .map(([word]) => word)
    .join(' | ')})+;\n`

/**
 * Middle and steepness. Set by hand with a free run of more paths, where 30 sentences of other talk in espeak-ng's voices lay at
 * -15 and below (median -25), 24 orders by people, clean and at 6 dB, at -6 and above; orders in espeak-ng's voices fit worse
 * than people's, -10 to -22. Then moved from -13, by what the fewer paths change: of 480 such orders 406 instead of 389 are taken
 * and of 408 sentences of talk none, as before; of 120 commands to a home 38 are sure enough to be done at once, 34 of them
 * right, as before.
 */
const MIDDLE = -15
const STEEPNESS = 0.6

/** @param free score of the free run; undefined when it found none, which happens in silence */
export function confidenceOf(score: number, free: number | undefined, frames: number): number {
  if (free === undefined) return 0
  return 1 / (1 + Math.exp(-STEEPNESS * ((score - free) / frames - MIDDLE)))
}
