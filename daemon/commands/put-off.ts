/** "... in ten minutes", "at half past six ...": the time of a sentence that is a name and a time. Pure. */
import type { Params } from './parsed-command.js'
import { parseClock, parseDuration, withFigures } from './values.js'

const LENGTH = /^(?:in|after) (.+)$/
const CLOCK = /^at (.+)$/
const LENGTH_WORD =
  /^(?:[\d.]+|hours?|minutes?|mins?|seconds?|secs?|and|an?|half|quarters?|of|couple|few|the)$/
const CLOCK_WORD =
  /^(?:[\d.:]+|am|pm|o'clock|noon|midnight|half|quarter|past|to|in|the|this|morning|afternoon|evening|tonight|at|night)$/

/**
 * A sentence without the time that ends or begins it.
 * @returns undefined when there is none; times as the parameters of an action (`delay_minutes`, `at`)
 */
export function withoutTime(normalised: string): { rest: string; when: Params } | undefined {
  const tokens = normalised.split(' ')
  for (let at = 1; at < tokens.length; at++) {
    const [head, tail] = [tokens.slice(0, at).join(' '), tokens.slice(at).join(' ')]
    const last = timeOf(tail)
    if (last) return { rest: head, when: last }
  }
  for (let at = tokens.length - 1; at > 1; at--) {
    const first = timeOf(tokens.slice(0, at).join(' '))
    if (first) return { rest: tokens.slice(at).join(' '), when: first }
  }
  return undefined
}

/** A phrase that is a time and nothing else. */
function timeOf(phrase: string): Params | undefined {
  const only = (words: string, allowed: RegExp) =>
    withFigures(words.split(' ')).every(word => allowed.test(word))
  const length = phrase.match(LENGTH)?.[1]
  const duration = length !== undefined && only(length, LENGTH_WORD) ? parseDuration(length) : undefined
  if (duration) return Object.fromEntries(Object.entries(duration).map(([unit, n]) => [`delay_${unit}`, n]))
  const clock = phrase.match(CLOCK)?.[1]
  const time = clock !== undefined && only(clock, CLOCK_WORD) ? parseClock(clock) : undefined
  return time === undefined ? undefined : { at: time }
}

/** Whether an action has a time of its own. */
export const hasTime = (params: Params): boolean =>
  Object.keys(params).some(key => key === 'at' || key.startsWith('delay_'))
