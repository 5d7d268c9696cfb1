/**
 * A small text grammar for training sentences. In a pattern:
 *   (a|b|)      one of several, or nothing
 *   {name}      a rule: another pattern, or a function
 *   [slot:text] words that the model must copy into that slot
 */
import type { SpanSlot } from '../../../daemon/commands/compact.js'

export type Random = () => number
export type Rules = Record<string, readonly string[] | ((random: Random) => string)>

export const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!
export const chance = (random: Random, p: number): boolean => random() < p
export const int = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1))

/** Expands rules and alternatives, innermost first; slot marks stay. */
export function expand(pattern: string, rules: Rules, random: Random): string {
  let text = pattern
  for (let guard = 0; guard < 200; guard++) {
    const rule = text.match(/\{([a-z_0-9]+)\}/i)
    const choice = text.match(/\(([^()]*)\)/)
    if (choice && (!rule || choice.index! < rule.index! || text.slice(0, rule.index).includes('('))) {
      text =
        text.slice(0, choice.index) +
        pick(random, choice[1]!.split('|')) +
        text.slice(choice.index! + choice[0].length)
    } else if (rule) {
      const options = rules[rule[1]!]
      if (!options) throw new Error(`unknown rule {${rule[1]}} in "${pattern}"`)
      const value = typeof options === 'function' ? options(random) : pick(random, options)
      text = text.slice(0, rule.index) + value + text.slice(rule.index! + rule[0].length)
    } else return text.replace(/\s+/g, ' ').trim()
  }
  throw new Error(`pattern does not end: ${pattern}`)
}

/** Words and the slots they fill. */
export interface Marked {
  words: string
  slots: Partial<Record<SpanSlot, string>>
}

/** Takes the slot marks off an expanded text. */
export function unmark(text: string): Marked {
  const slots: Partial<Record<SpanSlot, string>> = {}
  const words = text.replace(/\[([a-z]+):([^\]]*)\]/g, (_, slot: SpanSlot, value: string) => {
    slots[slot] = value.trim()
    return value
  })
  return { words: words.replace(/\s+/g, ' ').trim(), slots }
}
