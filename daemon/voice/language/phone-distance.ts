/** How different two sequences of CMU phones sound. Pure. */

/*
 * Sounds by place and manner; two that share both differ by voice alone ("b" and "p"). The classes are the rows and columns
 * of the IPA chart for the 39 phones. @source International Phonetic Association, chart of 2020
 */
const CONSONANTS: Readonly<Record<string, readonly [place: string, manner: string]>> = {
  P: ['lips', 'stop'], B: ['lips', 'stop'], M: ['lips', 'nasal'], F: ['teeth', 'hiss'], V: ['teeth', 'hiss'],
  TH: ['teeth', 'hiss'], DH: ['teeth', 'hiss'], T: ['ridge', 'stop'], D: ['ridge', 'stop'], N: ['ridge', 'nasal'],
  S: ['ridge', 'hiss'], Z: ['ridge', 'hiss'], L: ['ridge', 'glide'], R: ['ridge', 'glide'], SH: ['palate', 'hiss'],
  ZH: ['palate', 'hiss'], CH: ['palate', 'stop'], JH: ['palate', 'stop'], Y: ['palate', 'glide'], K: ['back', 'stop'],
  G: ['back', 'stop'], NG: ['back', 'nasal'], W: ['lips', 'glide'], HH: ['back', 'hiss'],
} // biome-ignore format: a table

/** Another vowel is the commonest slip; a lost T or an unstressed vowel is the next. */
const VOWEL = 0.4
const VOICE = 0.3
const PLACE_OR_MANNER = 0.6
const WEAK = 0.5
const WEAK_PHONES = new Set(['AH', 'IH', 'T', 'D', 'HH', 'R', 'Y'])

function substitution(a: string, b: string): number {
  if (a === b) return 0
  const x = CONSONANTS[a]
  const y = CONSONANTS[b]
  if (!x && !y) return VOWEL
  if (!x || !y) return 1
  if (x[0] === y[0] && x[1] === y[1]) return VOICE
  return x[0] === y[0] || x[1] === y[1] ? PLACE_OR_MANNER : 1
}

const gap = (phone: string) => (WEAK_PHONES.has(phone) ? WEAK : 1)

/**
 * Weighted edit distance of two pronunciations ("K IH T AH N"), over the length of the longer one.
 * @returns 0 for the same, about 1 for nothing in common
 */
export function phoneDistance(a: string, b: string): number {
  const x = a.split(' ').filter(Boolean)
  const y = b.split(' ').filter(Boolean)
  if (x.length === 0 || y.length === 0) return x.length === y.length ? 0 : 1
  let row = [0]
  for (const phone of y) row.push(row.at(-1)! + gap(phone))
  for (const phone of x) {
    const next = [row[0]! + gap(phone)]
    for (let j = 1; j <= y.length; j++)
      next.push(
        Math.min(
          row[j]! + gap(phone),
          next[j - 1]! + gap(y[j - 1]!),
          row[j - 1]! + substitution(phone, y[j - 1]!),
        ),
      )
    row = next
  }
  return row.at(-1)! / Math.max(x.length, y.length)
}
