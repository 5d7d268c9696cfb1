/** From counts to a trigram model as ARPA text. Pure. */
import { type Counts, pack, unpack } from './expand.js'

export interface ArpaOptions {
  /** What one counted sequence weighs: smaller trusts the counts less. */
  scale: number
  /**
   * Sequences that would change the model by less than this are left out: count times the logarithm of what they say more
   * than the shorter ones (weighted difference). @source Seymore and Rosenfeld, Scalable backoff language models, ICSLP 1996
   */
  prune: number
}

/** A text that PocketSphinx and others read with `-lm`, and how many sequences of each length it has. */
export interface Arpa {
  readonly text: string
  readonly sizes: readonly [unigrams: number, bigrams: number, trigrams: number]
}

/** What follows one history. */
interface History {
  total: number
  /** How many different words followed. Expected counts may be less than one: then they are less than one kind. */
  kinds: number
  next: Map<number, number>
}

function histories(
  counts: ReadonlyMap<number, number>,
  scale: number,
  of: (key: number) => [number, number],
) {
  const out = new Map<number, History>()
  for (const [key, n] of counts) {
    const [h, w] = of(key)
    const history = out.get(h) ?? { total: 0, kinds: 0, next: new Map<number, number>() }
    out.set(h, history)
    history.next.set(w, (history.next.get(w) ?? 0) + n * scale)
  }
  for (const history of out.values())
    for (const n of history.next.values()) {
      history.total += n
      history.kinds += Math.min(1, n)
    }
  return out
}

/**
 * Estimates an interpolated Witten-Bell model: what a history has seen, and for words not seen in it the share of the kinds
 * among what it has seen goes to the shorter history.
 * @source Witten and Bell, The zero-frequency problem, IEEE Trans. Information Theory 37 (1991), method C, interpolated as
 *   in Chen and Goodman, An empirical study of smoothing techniques (1998)
 */
export function arpa(counts: Counts, options: ArpaOptions): Arpa {
  const { scale } = options
  const words = counts.words
  const bigramCounts = new Map(counts.bigrams)
  for (const [key, n] of counts.trigrams) {
    const [, b, c] = unpack(key)
    const short = pack(0, b, c)
    bigramCounts.set(short, (bigramCounts.get(short) ?? 0) + n)
  }
  const unigramCounts = new Map(counts.unigrams)
  for (const [key, n] of bigramCounts) {
    const [, , c] = unpack(key)
    unigramCounts.set(c, (unigramCounts.get(c) ?? 0) + n)
  }
  const one = histories(unigramCounts, scale, w => [0, w]).get(0) ?? { total: 0, kinds: 0, next: new Map() }
  const START = words.indexOf('<s>')
  const uniform = 1 / Math.max(1, words.length - 1)
  const p1 = new Float64Array(words.length)
  for (let w = 0; w < words.length; w++)
    if (w !== START) p1[w] = ((one.next.get(w) ?? 0) + one.kinds * uniform) / (one.total + one.kinds)

  const two = histories(bigramCounts, scale, key => {
    const [, b, c] = unpack(key)
    return [b, c]
  })
  // bigrams: probability, weight for words that are not listed
  const p2 = new Map<number, Map<number, number>>()
  const bow1 = new Float64Array(words.length).fill(1)
  for (const [h, { total, kinds, next }] of two) {
    const share = kinds / (total + kinds)
    const kept = new Map<number, number>()
    let sum = 0
    let lower = 0
    for (const [w, n] of next) {
      const p = (n + kinds * p1[w]!) / (total + kinds)
      if (n * Math.log(p / (share * p1[w]!)) < options.prune) continue
      kept.set(w, p)
      sum += p
      lower += p1[w]!
    }
    p2.set(h, kept)
    bow1[h] = backoff(sum, lower)
  }
  const bigram = (h: number, w: number) => p2.get(h)?.get(w) ?? bow1[h]! * p1[w]!

  const three = histories(counts.trigrams, scale, key => {
    const [a, b, c] = unpack(key)
    return [pack(0, a, b), c]
  })
  const p3 = new Map<number, Map<number, number>>()
  const bow2 = new Map<number, number>()
  for (const [h, { total, kinds, next }] of three) {
    const [, a, b] = unpack(h)
    // the format has a place for a history's weight only where the history itself is listed
    if (!p2.get(a)?.has(b)) continue
    const share = kinds / (total + kinds)
    const kept = new Map<number, number>()
    let sum = 0
    let lower = 0
    for (const [w, n] of next) {
      const short = bigram(b, w)
      const p = (n + kinds * short) / (total + kinds)
      if (n * Math.log(p / (share * short)) < options.prune) continue
      kept.set(w, p)
      sum += p
      lower += short
    }
    if (kept.size === 0) continue
    p3.set(h, kept)
    bow2.set(h, backoff(sum, lower))
  }
  return write(words, START, p1, bow1, p2, bow2, p3)
}

/** What is left for words that are not listed, over what the shorter history gives them. */
function backoff(sum: number, lower: number): number {
  return Math.max(1e-6, 1 - sum) / Math.max(1e-6, 1 - lower)
}

const log10 = (p: number) => (p <= 0 ? '-99' : Math.log10(p).toFixed(4))

/** The ARPA format: sequences sorted by their words' places in the list of single words. */
function write(
  words: readonly string[],
  start: number,
  p1: Float64Array,
  bow1: Float64Array,
  p2: Map<number, Map<number, number>>,
  bow2: Map<number, number>,
  p3: Map<number, Map<number, number>>,
): Arpa {
  const order = words.map((_, i) => i).sort((a, b) => (words[a]! < words[b]! ? -1 : 1))
  const rank = new Int32Array(words.length)
  order.forEach((w, i) => {
    rank[w] = i
  })
  const byRank = (entries: Iterable<[number, number]>) =>
    [...entries].sort((a, b) => rank[a[0]]! - rank[b[0]]!)
  const ones = order.map(w => `${w === start ? '-99' : log10(p1[w]!)} ${words[w]} ${log10(bow1[w]!)}`)
  const twos: string[] = []
  const threes: string[] = []
  for (const a of order)
    for (const [b, p] of byRank(p2.get(a) ?? [])) {
      const history = pack(0, a, b)
      const bow = bow2.get(history)
      twos.push(`${log10(p)} ${words[a]} ${words[b]}${bow === undefined ? '' : ` ${log10(bow)}`}`)
      for (const [c, q] of byRank(p3.get(history) ?? []))
        threes.push(`${log10(q)} ${words[a]} ${words[b]} ${words[c]}`)
    }
  const sizes = [ones.length, twos.length, threes.length] as const
  const text = [
    '\\data\\',
    ...sizes.map((n, i) => `ngram ${i + 1}=${n}`),
    ...[ones, twos, threes].flatMap((list, i) => ['', `\\${i + 1}-grams:`, ...list]),
    '',
    '\\end\\',
    '',
  ].join('\n')
  return { text, sizes }
}
