/** From class trigrams to word trigrams: the expected counts of all sentences with all names in their places. Pure. */
import type { Said } from './said.js'

/** Expected counts of word sequences. Keys are word indexes packed by `pack`. */
export interface Counts {
  readonly words: readonly string[]
  readonly trigrams: Map<number, number>
  /** Two words whose word before is not known. */
  readonly bigrams: Map<number, number>
  readonly unigrams: Map<number, number>
}

/** Words of a language at most; three indexes fit into the 53 bits of a number. */
export const MOST_WORDS = 1 << 17
const BASE = MOST_WORDS
export const pack = (a: number, b: number, c: number) => (a * BASE + b) * BASE + c
export const unpack = (key: number): [number, number, number] => {
  const c = key % BASE
  const rest = (key - c) / BASE
  const b = rest % BASE
  return [(rest - b) / BASE, b, c]
}

/** The ends and the inside of what stands in one place, with probabilities. */
interface Place {
  first: [word: number, p: number][]
  last: [word: number, p: number][]
  single: [word: number, p: number][]
  firstTwo: [a: number, b: number, p: number][]
  lastTwo: [a: number, b: number, p: number][]
  /** Sequences of three within one name. */
  inner: [a: number, b: number, c: number, p: number][]
  factor: number
}

/** A class in this home: its names with probabilities that sum up to 1. */
export interface Filled {
  readonly names: ReadonlyMap<string, number>
  /** What its sentences count, 0 to 1: less than 1 for what the home has nothing of. */
  readonly factor: number
}

/** Expected counts below this are kept with one word of history less. */
const LEAST = 0.5

/**
 * Puts names into sentences.
 * @param classes what stands for each class; a class that is missing takes its sentences with it
 * @param factors what sentences with a word count, where not 1
 */
export function expand(
  said: Said,
  classes: ReadonlyMap<string, Filled>,
  factors: ReadonlyMap<string, number>,
): Counts {
  const words: string[] = []
  const index = new Map<string, number>()
  const id = (word: string) => {
    let i = index.get(word)
    if (i === undefined) {
      i = words.length
      words.push(word)
      index.set(word, i)
    }
    return i
  }
  id('<s>')
  const places = said.vocabulary.map((word): Place | undefined => {
    if (word === '*') return undefined
    if (!word.startsWith('<') || word === '<s>' || word === '</s>')
      return placeOf(new Map([[word, 1]]), factors.get(word) ?? 1, id)
    const filled = classes.get(word)
    return filled ? placeOf(filled.names, filled.factor, id) : undefined
  })
  const start = said.vocabulary.indexOf('<s>')
  const any = said.vocabulary.indexOf('*')
  const out: Counts = { words, trigrams: new Map(), bigrams: new Map(), unigrams: new Map() }
  const add = (map: Map<number, number>, key: number, n: number) => map.set(key, (map.get(key) ?? 0) + n)
  const three = (a: number, b: number, c: number, n: number) => {
    if (n >= LEAST) add(out.trigrams, pack(a, b, c), n)
    else two(b, c, n)
  }
  const two = (b: number, c: number, n: number) => {
    if (n >= LEAST / 10) add(out.bigrams, pack(0, b, c), n)
    else add(out.unigrams, c, n)
  }
  const pairs = new Map<number, number>()
  const alone = new Map<number, number>()
  const t = said.trigrams
  for (let i = 0; i < t.length; i += 4) {
    const [x1, x2, x3] = [t[i]!, t[i + 1]!, t[i + 2]!]
    const c = places[x3]
    const b = x2 === any ? undefined : places[x2]
    const a = x1 === any ? undefined : places[x1]
    if (!c || (!b && x2 !== any) || (!a && x1 !== any)) continue
    const n = t[i + 3]! * (a?.factor ?? 1) * (b?.factor ?? 1) * c.factor
    add(alone, x3, n)
    if (!b) {
      for (const [w, p] of c.first) add(out.unigrams, w, n * p)
      continue
    }
    add(pairs, x2 * BASE + x3, n)
    for (const [w2, p2] of b.single)
      for (const [w3, p3] of c.first)
        if (!a || (x1 === start && x2 === start)) two(w2, w3, n * p2 * p3)
        else for (const [w1, p1] of a.last) three(w1, w2, w3, n * p1 * p2 * p3)
  }
  for (const [pair, n] of pairs) {
    const x3 = pair % BASE
    const b = places[(pair - x3) / BASE]!
    const c = places[x3]!
    for (const [w1, w2, p] of b.lastTwo) for (const [w3, p3] of c.first) three(w1, w2, w3, n * p * p3)
    for (const [w1, p1] of b.last) for (const [w2, w3, p] of c.firstTwo) three(w1, w2, w3, n * p1 * p)
  }
  for (const [x3, n] of alone) for (const [a, b, c, p] of places[x3]!.inner) three(a, b, c, n * p)
  return out
}

function placeOf(names: ReadonlyMap<string, number>, factor: number, id: (word: string) => number): Place {
  const first = new Map<number, number>()
  const last = new Map<number, number>()
  const place: Place = { first: [], last: [], single: [], firstTwo: [], lastTwo: [], inner: [], factor }
  const firstTwo = new Map<string, [number, number, number]>()
  const lastTwo = new Map<string, [number, number, number]>()
  const join = (map: Map<string, [number, number, number]>, a: number, b: number, p: number) => {
    const known = map.get(`${a} ${b}`)
    map.set(`${a} ${b}`, [a, b, (known?.[2] ?? 0) + p])
  }
  for (const [name, p] of names) {
    const ids = name.split(' ').map(id)
    const n = ids.length
    first.set(ids[0]!, (first.get(ids[0]!) ?? 0) + p)
    last.set(ids[n - 1]!, (last.get(ids[n - 1]!) ?? 0) + p)
    if (n === 1) place.single.push([ids[0]!, p])
    else {
      join(firstTwo, ids[0]!, ids[1]!, p)
      join(lastTwo, ids[n - 2]!, ids[n - 1]!, p)
    }
    for (let i = 2; i < n; i++) place.inner.push([ids[i - 2]!, ids[i - 1]!, ids[i]!, p])
  }
  place.first = [...first]
  place.last = [...last]
  place.firstTwo = [...firstTwo.values()]
  place.lastTwo = [...lastTwo.values()]
  return place
}
