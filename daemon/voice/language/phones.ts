/** The phones of the CMU dictionary, and the IPA that espeak-ng writes in them. Pure. */

/**
 * IPA as espeak-ng's English voices write it, longest first where one begins another. The 39 phones are those of the CMU
 * Pronouncing Dictionary 0.7b without stress. Sounds of other languages go to the nearest English one.
 * @source CMUdict's phone list with its examples (cmudict.phones), espeak-ng docs/phonemes.md and phsource/ph_english_us
 */
const IPA: Readonly<Record<string, string>> = {
  aɪɚ: 'AY ER',
  aɪə: 'AY AH',
  aʊɚ: 'AW ER',
  aʊə: 'AW ER',
  tʃ: 'CH',
  dʒ: 'JH',
  aɪ: 'AY',
  aʊ: 'AW',
  eɪ: 'EY',
  oʊ: 'OW',
  əʊ: 'OW',
  ɔɪ: 'OY',
  iə: 'IY AH',
  ɪə: 'IH R',
  eə: 'EH R',
  ʊə: 'UH R',
  ɑː: 'AA',
  ɔː: 'AO',
  oː: 'AO',
  ɜː: 'ER',
  iː: 'IY',
  uː: 'UW',
  ts: 'T S',
  æ: 'AE',
  a: 'AA',
  ɑ: 'AA',
  ɒ: 'AA',
  ɔ: 'AO',
  o: 'OW',
  ɛ: 'EH',
  e: 'EH',
  ə: 'AH',
  ɐ: 'AH',
  ʌ: 'AH',
  ɚ: 'ER',
  ɝ: 'ER',
  ɜ: 'ER',
  ø: 'ER',
  œ: 'ER',
  ɪ: 'IH',
  ᵻ: 'IH',
  i: 'IY',
  y: 'UW',
  ʏ: 'UH',
  ʊ: 'UH',
  u: 'UW',
  b: 'B',
  β: 'B',
  d: 'D',
  ɖ: 'D',
  ð: 'DH',
  f: 'F',
  ɡ: 'G',
  g: 'G',
  ɣ: 'G',
  h: 'HH',
  ç: 'HH',
  x: 'K',
  j: 'Y',
  k: 'K',
  q: 'K',
  l: 'L',
  ɫ: 'L',
  ʎ: 'L Y',
  ɬ: 'L',
  m: 'M',
  n: 'N',
  ɲ: 'N Y',
  ŋ: 'NG',
  p: 'P',
  ɹ: 'R',
  r: 'R',
  ʁ: 'R',
  ɾ: 'T',
  s: 'S',
  ʃ: 'SH',
  t: 'T',
  ʈ: 'T',
  ʔ: 'T',
  θ: 'TH',
  v: 'V',
  w: 'W',
  z: 'Z',
  ʒ: 'ZH',
}
const SYMBOLS = Object.keys(IPA).sort((a, b) => b.length - a.length)

/** The 39 phones. */
export const PHONES: readonly string[] =
  'AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'.split(
    ' ',
  )

/** Phones of some IPA, as "K IH CH AH N". Stress, length and what is not known are left out; empty when nothing is left. */
export function phonesOf(ipa: string): string {
  const text = ipa
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, mark => (mark === '\u0327' ? mark : ''))
    .normalize('NFC')
    .replace(/[ˈˌ_\s]|\u200d|\u0361/g, '')
  const out: string[] = []
  for (let i = 0; i < text.length; ) {
    const symbol = SYMBOLS.find(s => text.startsWith(s, i))
    if (symbol) out.push(IPA[symbol]!)
    i += symbol?.length ?? 1
  }
  // a vowel that has its r already ("ɑːɹ" is two symbols, "ɚɹ" one sound) is not said with two
  return out
    .join(' ')
    .replace(/\bER R\b/g, 'ER')
    .replace(/\bR R\b/g, 'R')
}

/** Names of the letters, as the CMU dictionary has them. */
const LETTERS: Readonly<Record<string, string>> = {
  a: 'EY', b: 'B IY', c: 'S IY', d: 'D IY', e: 'IY', f: 'EH F', g: 'JH IY', h: 'EY CH', i: 'AY', j: 'JH EY', k: 'K EY',
  l: 'EH L', m: 'EH M', n: 'EH N', o: 'OW', p: 'P IY', q: 'K Y UW', r: 'AA R', s: 'EH S', t: 'T IY', u: 'Y UW', v: 'V IY',
  w: 'D AH B AH L Y UW', x: 'EH K S', y: 'W AY', z: 'Z IY',
} // biome-ignore format: pairs

/** A word said letter by letter; undefined when it has other signs than a to z. */
export function spelledOut(word: string): string | undefined {
  const phones = [...word].map(letter => LETTERS[letter])
  return phones.every(Boolean) && phones.length > 0 ? phones.join(' ') : undefined
}
