/** A value against its like: `0.02A, median of others 8.41A`, `100 %, neighbours 38..64 %`. Pure. */
import type { Expectation } from './expect.js'
import { isLabel, unitOf, valueAt } from './limit-words.js'
import { quantityOf } from './quantity.js'
import { isNumber, type Word } from './words.js'

const OTHERS =
  /^(others?|peers?|neighbou?rs?|siblings?|rest|median|fleet|anderen?|uebrigen?|nachbarn?|autres|voisins|otros|otras|vecinos|altri|altre|vicini|andere|buren|mediana|mediane)$/

export const isPeerWord = (word: string): boolean => OTHERS.test(word) || /^(of|the|der|avg|mean)$/.test(word)

/** Places of the value, the first of its like, and the last. */
export function peersAt(words: readonly Word[]): { is: number; like: number; to: number } | undefined {
  const named = words.findIndex(w => OTHERS.test(w.text))
  if (named < 1) return undefined
  const like = [1, 2, 3, 4].map(on => named + on).find(i => isNumber(words[i]?.text ?? ''))
  if (like === undefined) return undefined
  const isRange = isNumber(words[like + 1]?.text ?? '') && /^(-|–|\.{2,3}|…)$/.test(words[like + 1]!.before)
  const to = isRange ? like + 1 : like
  const unit = unitOf(words, to) || unitOf(words, like)
  for (let i = named - 1; i >= 0; i--)
    if (isNumber(words[i]!.text) && !isLabel(words, i) && (unitOf(words, i) === unit || unit === ''))
      return { is: i, like, to }
  return undefined
}

/** So many times more, or less, than its like is no tolerance. */
const TIMES = 1.5
/** Voltages of cells and strings lie close together. */
const TIMES_VOLTS = 1.12

export function againstPeers(words: readonly Word[]): Expectation | undefined {
  const found = peersAt(words)
  if (!found) return undefined
  const value = valueAt(words, found.is)
  const [low, high] = [valueAt(words, found.like), Math.abs(valueAt(words, found.to))]
  const times = /^(v|mv|vdc)$/.test(unitOf(words, found.is)) ? TIMES_VOLTS : TIMES
  if (!(low > 0) || (value <= high * times && value >= low / times)) return undefined
  return {
    category: quantityOf(words, { at: found.is, from: found.is, to: found.to }),
    severity: 'warning',
    reason: `${value} where others have ${words[found.like]!.text}`,
    cause: 'One of several is not like the others: it, its supply or its sensor.',
    action: 'Compare it with its neighbours at the place.',
    from: Math.max(0, found.is - 1),
    to: found.is + 1,
  }
}
