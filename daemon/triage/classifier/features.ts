/**
 * What the classifier sees of a line: its words, pairs of them and parts of them, as numbers of buckets; and what plain
 * code made of it. Of words and numbers it sees what stands for them in the shape of the line (judge/masks.ts) and no more:
 * so lines of one shape are the same to it, and a verdict that is remembered by the shape is the one that each of them would
 * get. Training reads the same functions (`scripts/train/lines/classes.ts`): the two cannot drift apart. Pure.
 *
 * @source Joulin et al., Bag of Tricks for Efficient Text Classification, EACL 2017: words, bigrams and character n-grams
 *   hashed into buckets, their vectors averaged, one linear layer
 */

import { unexpected } from '../judge/expect.js'
import { STATES } from '../judge/lexicon.js'
import { checkLimits } from '../judge/limits.js'
import { isName, isZero, maskOf, NAME } from '../judge/masks.js'
import { Polarity } from '../judge/polarity.js'
import { quantityOf } from '../judge/quantity.js'
import { sayingsOf } from '../judge/sayings.js'
import { isNumber, readBooleans, type Word, wordsOf } from '../judge/words.js'
import type { Verdict } from '../verdict.js'

/** Raised when lines come to other buckets than before: weights that learnt the ones read nothing of the others. */
export const FEATURES_VERSION = 2
/** Buckets for what stands in a line. A power of two. */
export const LINE_BUCKETS = 1 << 16
/** Buckets for what plain code says. A power of two. */
export const PLAIN_BUCKETS = 1 << 11

/** More words than these say nothing new. */
const MOST_WORDS = 120
/** Letters of the parts of words. @source fastText: minn 3, maxn 6; 3 to 5 did as well on our lines */
const PARTS = [3, 4, 5]
/** Marks that mean something: comparisons, questions, shares, lists. */
const MARK = /[<>=!?%#*|~±]/g

/** What one word of a line adds: itself, the pairs that it ends, its parts. */
export interface WordFeatures {
  word: Word
  buckets: readonly number[]
}

/** @returns buckets below `LINE_BUCKETS`, of each word */
export function wordFeatures(words: readonly Word[]): WordFeatures[] {
  let before = BEGIN
  let wordBefore = BEGIN
  return words.slice(0, MOST_WORDS).map(word => {
    const buckets: number[] = []
    for (const mark of word.before.match(MARK) ?? []) {
      const { hash, own } = tokenOf(mark)
      buckets.push(...own, pair(before, hash, 1))
      before = hash
    }
    const { hash, own, isWord } = tokenOf(word.text)
    buckets.push(...own, pair(before, hash, 1))
    before = hash
    if (isWord) {
      // over numbers and marks to the next word
      buckets.push(pair(wordBefore, hash, 2))
      wordBefore = hash
    }
    return { word, buckets }
  })
}

/** @returns buckets below `LINE_BUCKETS`, each once */
export function lineFeatures(words: readonly Word[], source: string): number[] {
  const found = new Set<number>()
  for (const { buckets } of wordFeatures(words)) for (const bucket of buckets) found.add(bucket)
  for (const { text } of wordsOf(source, 12))
    if (!isNumber(text)) found.add(pair(FROM_SOURCE, hashOf(withoutDigits(text)), 3))
  return [...found]
}

interface Token {
  hash: number
  /** Buckets of itself and its parts. */
  own: readonly number[]
  isWord: boolean
}

/** Words come again: they are taken apart once. */
const tokens = new Map<string, Token>()
const MOST_TOKENS = 20_000

function tokenOf(text: string): Token {
  let token = tokens.get(text)
  if (token) return token
  // digits tell little but whether something is none
  const said = isNumber(text) ? (isZero(text) ? '0' : '1') : saidOf(text)
  const isWord = /^[a-z]/.test(said)
  const own = [bucketOf(`w${said}`, LINE_BUCKETS)]
  if (isWord && said.length >= 4) {
    const framed = `<${said}>`
    for (const n of PARTS)
      for (let at = 0; at + n <= framed.length; at++)
        own.push(bucketOf(`c${framed.slice(at, at + n)}`, LINE_BUCKETS))
  }
  token = { hash: hashOf(said), own, isWord }
  if (tokens.size >= MOST_TOKENS) tokens.clear()
  tokens.set(text, token)
  return token
}

function saidOf(word: string): string {
  const mask = maskOf(word)
  return isName(mask) || HEX.test(word) ? NAME : withoutDigits(mask)
}
/** Behind a 0: some shapes tell none of them from another. */
const HEX = /^x(?!0+$)[0-9a-f]*\d[0-9a-f]*$/

/** `pump#`, whichever it is; but what is none, as `x0000`, is another than what is some. */
const withoutDigits = (word: string): string => (/^x0+$/.test(word) ? 'x0' : word.replace(/[\d#]+/g, '#'))

/** The bucket of two that follow one another. */
function pair(first: number, second: number, kind: number): number {
  const hash = Math.imul(Math.imul(first ^ (first >>> 15), 0x2c1b3c6d) + second + kind, 0x297a2d39)
  return ((hash ^ (hash >>> 15)) >>> 0) & (LINE_BUCKETS - 1)
}

/**
 * What plain code made of a line: its verdict, and what it rests on or does not: states and conditions that were found,
 * taken back or not, limits that are kept or passed.
 * @param all words of the line
 * @param shape of the line (signature.ts): what was found in another line of it is not looked for again
 * @returns buckets below `PLAIN_BUCKETS`, each once
 */
export function plainFeatures(
  all: readonly Word[],
  source: string,
  verdict: Verdict,
  shape?: number,
): number[] {
  const { severity, category, component, needsHuman, confidence, reason } = verdict
  const sure = Math.round(confidence * 100)
  const what = reason.replace(/:.*/s, '').replace(/[\d.,-]+/g, '0')
  const signs = [
    `severity ${severity}`,
    `category ${category}`,
    `component ${component}`,
    `human ${needsHuman}`,
    `sure ${sure}`,
    `severity ${severity} ${sure}`,
    `category ${category} ${sure}`,
    `category ${category} ${component}`,
    `what ${what}`,
  ]
  const words = readBooleans(all)
  const { conditions, states, things } = sayingsOf(words, shape)
  const limits = checkLimits(words)
  const polarity = new Polarity(words, states, limits)
  for (const state of STATES) if (polarity.has(state)) signs.push(`state ${state}`)
  for (const flag of ['returned', 'severe', 'mild'] as const) if (polarity[flag]) signs.push(`is ${flag}`)
  const fault = polarity.liveFault()
  signs.push(`fault ${fault === undefined ? 'none' : 'live'}`, `warns ${polarity.warns() !== undefined}`)
  for (const { value, from, to } of conditions) {
    const taken = polarity.takenBack(from, to, value) || polarity.isPhrase(from, to) ? 'taken' : 'live'
    signs.push(
      `condition ${value.id} ${taken}`,
      `condition of ${value.category} ${taken}`,
      `condition ${taken}`,
    )
  }
  for (const limit of limits) {
    const how = `${limit.violated ? 'passed' : 'kept'} ${limit.severe ? 'severe' : ''}`
    signs.push(`limit ${how}`, `limit ${how} ${limit.direction} ${quantityOf(words, limit)}`)
  }
  if (limits.length === 0) signs.push('no limit')
  for (const { value } of things) signs.push(`thing ${value.component}`)
  for (const { category: of } of unexpected(words, source)) signs.push(`unexpected ${of}`)
  return [...new Set(signs.map(signBucket))]
}

/** Signs are few: each is hashed once. */
const signBuckets = new Map<string, number>()
function signBucket(text: string): number {
  let bucket = signBuckets.get(text)
  if (bucket === undefined) {
    bucket = bucketOf(text, PLAIN_BUCKETS)
    if (signBuckets.size >= MOST_TOKENS) signBuckets.clear()
    signBuckets.set(text, bucket)
  }
  return bucket
}

function bucketOf(text: string, buckets: number): number {
  const hash = hashOf(text)
  // the low bits of FNV-1a are its weakest
  return ((hash ^ (hash >>> 15)) >>> 0) & (buckets - 1)
}

/** FNV-1a of UTF-16 units, 32 bits. @source Fowler, Noll, Vo */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Before the first word. */
const BEGIN = hashOf('^')
const FROM_SOURCE = hashOf('source')
