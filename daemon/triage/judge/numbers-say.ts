/**
 * What the numbers of a line come to for its verdict, so that memory can hold it under that instead of under each number:
 * as expected or not, within the limits that the line names, in no relation that is wrong. Told by the functions that the
 * judge itself asks, for lines of one shape (signature.ts): their words are the same wherever it matters. Pure.
 */
import type { Runs, Shape } from '../signature.js'
import { type Expected, expectedIn, outcomeOf } from './expect.js'
import { nearlyUsed } from './grounds.js'
import { checkLimits, mayNameLimit } from './limits.js'
import { mayRelate, relations } from './relations.js'
import { putRightOf } from './sayings.js'
import { TERSE } from './sure.js'
import { foldedWords, isNamedNought, nameEnd, readBooleans, type Word, wordsOf } from './words.js'

/**
 * Lines of one shape that say the same get one verdict; '' is as expected. Undefined: the numbers count as they stand.
 * @param start where the message begins
 * @param runs of the line, as signature.ts gives them
 */
export type NumbersSay = (line: string, start: number, runs: Runs) => string | undefined

/** Every message is its own. */
export const asTheyStand: NumbersSay = () => undefined

/** @returns undefined when no number of a line of this shape can decide */
export function numbersSayOf(line: string, runs: Runs, source: string, shape: Shape): NumbersSay | undefined {
  const key = shape.bait ? undefined : shape.key
  const views = viewsOf(line, key)
  const expected = views.flatMap(words => expectedIn(words, source).map(e => placed(e, words, runs)))
  if (expected.includes(undefined)) return asTheyStand
  const one: NumbersSay = (other, _start, runs) => oneByOne(other, runs, expected as Placed[])
  const limits = views.some(mayNameLimit)
  const related = views.some(mayRelate)
  if (limits || related)
    return (other, start, runs) => {
      const said = together(viewsOf(other, key), limits, related)
      return said === undefined ? undefined : said + one(other, start, runs)
    }
  return expected.length === 0 ? undefined : one
}

/** The words as they stand, and those with bent ones put right: where the first tell nothing, the second are judged. */
function viewsOf(line: string, key: number | undefined): readonly (readonly Word[])[] {
  const words = readBooleans(wordsOf(line))
  const right = words.length > TERSE ? undefined : putRightOf(words, key)
  return right ? [words, right] : [words]
}

type Placed = Expected & {
  /** Where the run that it is begins in the list of runs. */
  nth: number
}
function placed(expected: Expected, words: readonly Word[], runs: Runs): Placed | undefined {
  const { start, end } = words[expected.at]!
  const nth = runs.indexOf(start, 'begin')
  return nth >= 0 && runs.places[nth + 1] === end ? { ...expected, nth } : undefined
}

function oneByOne(line: string, runs: Runs, expected: readonly Placed[]): string {
  let said = ''
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i]!
    const [from, to] = [runs.places[e.nth]!, runs.places[e.nth + 1]!]
    // it is a name's, and no value
    if (
      to - from === 1 &&
      line.charCodeAt(from) === 48 &&
      isNamedNought(line, from, nameEndAt(line, from - 1))
    )
      continue
    const outcome = outcomeOf(e, line.slice(from, to))
    if (outcome !== 0) said += `${i}:${outcome} `
  }
  return said
}

/** The same place where a name ends there, else -1. */
function nameEndAt(line: string, end: number): number {
  const run = /\p{L}[\p{L}\d]*$/u.exec(line.slice(Math.max(0, end - LONGEST_NAME), Math.max(0, end)))
  const word = run && foldedWords(run[0]).at(-1)
  return word ? nameEnd(word, end) : -1
}
const LONGEST_NAME = 40

/**
 * Undefined where something is wrong: the reason of such a verdict names the numbers.
 * @param limits whether a line of this shape may name one
 * @param related whether its numbers may stand in some relation
 */
function together(
  views: readonly (readonly Word[])[],
  limits: boolean,
  related: boolean,
): string | undefined {
  let said = ''
  for (const words of views) {
    if (related && relations(words).length > 0) return undefined
    if (!limits) continue
    for (const l of checkLimits(words)) {
      if (l.violated || nearlyUsed(l, words)) return undefined
      said += `${l.at} ${l.limitAt} ${l.from} ${l.to} ${l.direction} ${l.severe} `
    }
    said += '|'
  }
  return said
}
