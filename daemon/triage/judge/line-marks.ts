/**
 * Whether a phrase can be in a line, told by a few bits: each word of a line sets one by its first two letters, each number
 * another, and a phrase names two sets of which the line must have some. Most phrases that a word may begin are ruled out so,
 * without being walked. Pure.
 */
import type { PhraseNode } from './phrase-node.js'
import { isNumber, type Word } from './words.js'

/** Bits of two parts of a phrase behind its first word; of each at least one must be set. */
export type Needs = readonly [number, number]

const ANY = -1
const NUMBER = 1 << 31

/** Of the letters at the beginning; 0 stands for none. */
const bitOf = (first: number, second: number): number =>
  1 << ((Math.imul(first * 37 + second, 0x9e3779b1) >>> 8) % 31)
const markOf = (word: string): number =>
  isNumber(word) ? NUMBER : bitOf(word.charCodeAt(0), word.length > 1 ? word.charCodeAt(1) : 0)

/** Every word has it, too, and so has the end of a line: what may be anything is found at both. */
const ALWAYS = 1

/** What the words of a line set. */
export interface LineMarks {
  /** Each by itself; one more for the end of the line. */
  readonly own: Int32Array
  /** All behind each. */
  readonly behind: Int32Array
}

export function marksOf(words: readonly Word[]): LineMarks {
  const own = new Int32Array(words.length + 1)
  const behind = new Int32Array(words.length)
  own[words.length] = ALWAYS
  let marks = ALWAYS
  for (let at = words.length - 1; at >= 0; at--) {
    own[at] = markOf(words[at]!.text) | ALWAYS
    behind[at] = marks
    marks |= own[at]!
  }
  return { own, behind }
}

/** The two parts that fewest marks fulfil. */
export function needsOf(nodes: readonly PhraseNode[]): Needs {
  // what is found first is a word of the first part that cannot be missing, or of one before it
  const needs = nodes
    .slice(nodes.findIndex(isThere) + 1)
    .map(needOf)
    .filter(bits => bits !== ANY)
    .sort((a, b) => count(a) - count(b))
  return [needs[0] ?? ANY, needs[1] ?? ANY]
}

const isThere = (node: PhraseNode): boolean =>
  node.kind === 'word' ||
  node.kind === 'number' ||
  (node.kind === 'any' && !node.maybe && node.of.every(branch => branch.some(isThere)))

const count = (bits: number): number => {
  let n = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) n++
  return n
}

/** The marks of which a line has one when this part is read in it; -1 are all. */
export function needOf(node: PhraseNode): number {
  switch (node.kind) {
    case 'gap':
      return ANY
    case 'number':
      return NUMBER
    case 'any':
      return node.maybe ? ANY : node.of.reduce((bits, branch) => bits | needOfBranch(branch), 0)
    default: {
      const { text, from, to } = node
      if (isNumber(text)) return from ? ANY : NUMBER
      if (from || (to && text.length < 2)) return ANY
      return markOf(text)
    }
  }
}

/** Of the part with fewest; a branch without any sure part may be read anywhere. */
const needOfBranch = (branch: readonly PhraseNode[]): number =>
  branch.map(needOf).reduce((a, b) => (count(b) < count(a) ? b : a), ANY)
