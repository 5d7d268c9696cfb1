/** Values against a band: `window 1.4-2.0`, `6.1 mm (5-8)`, `setp 225 C tol 15`, `12.0 V ±0.5`. Pure. */

import { BASELINE, isLabel, nameOf, SET_POINT, unitOf, valueAt } from './limit-words.js'
import type { LimitCheck } from './limits.js'
import { isNumber, type Word } from './words.js'

/** What a range of what is allowed is called. */
export const BAND_NAME =
  /^(window|range|band|hold|limits|between|bereich|plage|rango|campo|tolerance|spec|fenster|bande|banda|intervalo|intervallo|allowed|permitted|zulaessig|sollbereich|grenzen|fourchette|toleranz|norm|normal|normalbereich|within|must|should|soll|fascia|intervalle|expected|required|outside|inside|ausserhalb|innerhalb|fuera|fuori|hors|buiten|dentro|nominal|desired|erwartet|attendu|esperado|atteso|verwacht|marge|bandbreite|bereik|target)$/
export const TOLERANCE =
  /^(tol|tolerance|toleranz|tolerancia|tolleranza|tolerantie|hysteresis|deadband|tolband)$/
const TO = /^(to|bis|and|und|a|et|y|e|en|tot|til)$/
const MEASURING = /^(range|plage|rango|campo|bereik)$/
const REACH = 7

interface Band {
  /** `range`: from and to; `about`: a middle and how far from it. */
  kind: 'range' | 'about'
  /** Places of its two numbers. */
  numbers: readonly [number, number]
  /** Where it begins: its name, or its first number. */
  from: number
  /** Stands in brackets right behind its value. */
  bracketed: boolean
}

/** Bands of a line, whatever its numbers. */
export function bandsIn(all: readonly Word[]): Band[] {
  const found: Band[] = []
  for (const [at, word] of all.entries()) {
    if (!isNumber(word.text)) continue
    const band = rangeAt(all, at) ?? toleranceAt(all, at)
    if (band) found.push(band)
  }
  return found
}

function rangeAt(all: readonly Word[], at: number): Band | undefined {
  const unit = unitOf(all, at) !== '' && !/^\s*%/.test(all[at]!.after) ? 1 : 0
  const next = [at + 1, at + 1 + unit].find(
    i => isNumber(all[i]?.text ?? '') && SEPARATES.test(all[i]!.before),
  )
  const worded = [at + 1, at + 1 + unit].find(
    i => TO.test(all[i]?.text ?? '') && isNumber(all[i + 1]?.text ?? ''),
  )
  const to = next ?? (worded === undefined ? undefined : worded + 1)
  if (to === undefined) return undefined
  const named = [at - 1, at - 2].find(i => BAND_NAME.test(all[i]?.text ?? ''))
  const isName = named !== undefined && !isNumber(all[at - 1]?.text ?? '')
  if (
    next !== undefined &&
    /^,$/.test(all[to]!.before) &&
    ((named !== at - 1 && !/\[$/.test(all[at]!.before)) || to !== at + 1)
  )
    return undefined
  if (isName) return { kind: 'range', numbers: [at, to], from: named, bracketed: false }
  if (next === undefined || !/[([]$/.test(all[at]!.before.replace(/[-−]$/, ''))) return undefined
  if (!/^%?[)\]]/.test(lastOf(all, to).after)) return undefined
  return { kind: 'range', numbers: [at, to], from: at, bracketed: true }
}
const SEPARATES = /^%?(-|–|−|\.{2,3}|…|~|,)-?$/

/** The last word of a number: its unit, when it has one. */
const lastOf = (all: readonly Word[], at: number): Word =>
  unitOf(all, at) !== '' && !/^\s*%/.test(all[at]!.after) ? (all[at + 1] ?? all[at]!) : all[at]!

const PLUS_MINUS = /(±|\+\s?\/\s?[-−]|\+[-−])$/

function toleranceAt(all: readonly Word[], at: number): Band | undefined {
  const named = TOLERANCE.test(all[at - 1]?.text ?? '')
  if (!named && !PLUS_MINUS.test(all[at]!.before)) return undefined
  for (let i = at - 1; i >= 0 && i >= at - REACH; i--) {
    if (!isNumber(all[i]!.text)) continue
    // `actual 171 C setp 225 C tol -15`; `12.0 V ±0.5`
    const isSet = nameOf(all, i).some(w => SET_POINT.test(w) || BASELINE.test(w) || BAND_NAME.test(w))
    if (isSet || !named) return { kind: 'about', numbers: [i, at], from: i - 1, bracketed: false }
    return undefined
  }
  return undefined
}

/** The value of a band against it; undefined when none stands by it. */
export function checkBand(all: readonly Word[], band: Band): LimitCheck | undefined {
  const at = valueIn(all, band)
  if (at === undefined) return undefined
  const [a, b] = [valueAt(all, band.numbers[0]), Math.abs(valueAt(all, band.numbers[1]))]
  const mark = all[band.numbers[1]]!.before
  const isNegative = /^[-−]$/.test(mark) ? TO.test(all[band.numbers[1] - 1]!.text) : /^.+[-−]$/.test(mark)
  const second = isNegative ? -b : b
  const [low, high] = band.kind === 'about' ? [a - b, a + b] : a < second ? [a, second] : [-second, a]
  if (!(low < high)) return undefined
  const value = valueAt(all, at)
  // what a sensor can measure says nothing of what is good
  if (value >= low && value <= high && MEASURING.test(all[band.from]!.text)) return undefined
  const side = value > high ? 'high' : 'low'
  return {
    violated: value < low || value > high,
    direction: side,
    severe: false,
    value,
    limit: side === 'high' ? high : low,
    at,
    limitAt: band.numbers[side === 'high' && band.kind === 'range' ? 1 : 0],
    from: Math.max(0, at - 2),
    to: Math.min(all.length, Math.max(at, band.numbers[1]) + 2),
  }
}

function valueIn(all: readonly Word[], { numbers, from, bracketed }: Band): number | undefined {
  const unit = unitOf(all, numbers[1]) || unitOf(all, numbers[0])
  for (let i = from - 1; i >= 0 && i >= from - (bracketed ? 3 : REACH); i--) {
    if (!isNumber(all[i]!.text) || isLabel(all, i)) continue
    if (all[i]!.before === '/' || /^\//.test(all[i]!.after)) return undefined
    const own = unitOf(all, i)
    // of something else, in which the band is not
    if (own !== '' && unit !== '' && own !== unit) continue
    if (bracketed && own === '' && !/[.,]/.test(all[i]!.text)) return undefined
    return i
  }
  return undefined
}
