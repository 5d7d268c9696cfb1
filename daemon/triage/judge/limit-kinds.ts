/** Whether a number is a limit, and of which kind: by a sign, a word before it, a word behind it. Pure. */
import { sideOf, somethingHappened } from './limit-side.js'
import {
  BETWEEN,
  COMPARES,
  EITHER,
  ENDS_LIMIT,
  HIGH,
  hasUnit,
  INTERVAL,
  isLimitLetter,
  LOW,
  NAMED_HIGH,
  NAMED_LOW,
  numberOf,
  REQUIRED,
  SET_POINT,
  SEVERE,
  UNIT,
  valueAt,
} from './limit-words.js'
import { isNumber, type Word } from './words.js'

export interface Kind {
  direction?: 'high' | 'low'
  severe: boolean
  /** What the base name is, of `Vmin`. */
  base?: string
  /** Named min or max: it may be the least or most of what was measured. */
  statistic?: boolean
  /** The line itself says by a sign that the value lies beyond. */
  claimed?: boolean
  /** `press low 1.4 bar` may be a value that is low: it needs a value of its own kind before it. */
  weak?: boolean
}

/** Whether the number at this place is a limit, or could be one with other values, and of which kind. */
export function limitKind(all: readonly Word[], at: number, values?: 'whatever its value'): Kind | undefined {
  const word = all[at]!
  if (/^\/|\/$/.test(word.before) || word.after.startsWith('/')) return undefined
  // a range is looked at elsewhere; `80 -> 85` is a change
  if (isRangeEnd(all, at) || isChange(all, at)) return undefined
  return (
    bySign(all, at) ??
    bySetPressure(all, at) ??
    (isUsedShare(all, at) ? undefined : (byNameBefore(all, at, values) ?? byNameBehind(all, at)))
  )
}

const RANGE_MARK = /^(-|–|\.{2,3}|…|~)$/
export const isRangeEnd = (all: readonly Word[], at: number): boolean =>
  (RANGE_MARK.test(all[at]!.after) &&
    isNumber(all[at + 1]?.text ?? '') &&
    all[at + 1]!.start <= all[at]!.end + 5) ||
  (RANGE_MARK.test(all[at]!.before) &&
    isNumber(all[at - 1]?.text ?? '') &&
    !/\s/.test(all[at]!.before) &&
    (all[at]!.before !== '-' || all[at - 1]!.end + 1 === all[at]!.start))

/** One of two numbers of which one became the other. */
export const isChange = (all: readonly Word[], at: number): boolean =>
  ARROW.test(all[at]!.before) || ARROW.test(all[at]!.after)

const ARROW = /-+>|→|<-+>/
const DENIES_BREACH =
  /^(ok|good|passed|pass|released|ready|normal|fine|within|kept|io|gut|bon|correcto|goed)$/

/** `9.6 bar > 9.0 H`, `must be >= 0.15`, `(limit <0.30)`. */
function bySign(all: readonly Word[], at: number): Kind | undefined {
  const mark = all[at]!.before
  if (ARROW.test(mark)) return undefined
  const sign = /[<>≥≤]/.exec(mark)?.[0]
  if (!sign) return undefined
  const above = sign === '>' || sign === '≥'
  const name = all[at - 1]
  const severe = [-1, 1, 2].some(on => SEVERE.has(all[at + on]?.text ?? ''))
  if (name && (REQUIRED.test(name.text) || (/^(be|sein|etre|ser|essere|zijn)$/.test(name.text) && at > 1)))
    return { direction: above ? 'low' : 'high', severe }
  const before = nearestNumber(all, at)
  if (before === undefined || !onlyUnits(all, before, at)) {
    // `(limit <0.30)`: the sign tells the good side
    if (name && (EITHER.has(name.text) || ENDS_LIMIT.test(name.text)))
      return { direction: above ? 'low' : 'high', severe }
    return undefined
  }
  const holds = above ? valueAt(all, before) >= valueAt(all, at) : valueAt(all, before) <= valueAt(all, at)
  const named = [all[at + 1]?.text, all[at + 2]?.text, all[at - 1]?.text]
  const high = named.some(t => HIGH.has(t ?? '') && !COMPARES.has(t ?? ''))
  const low = named.some(t => LOW.has(t ?? '') && !COMPARES.has(t ?? ''))
  const guessed = sideOf(all, before, at)
  const told = high ? 'high' : low ? 'low' : undefined
  const believed =
    told === undefined &&
    (!guessed.sure || somethingHappened(all)) &&
    !all.some(w => DENIES_BREACH.test(w.text))
  // what a device compares aloud is why it speaks
  if (holds && believed) return { direction: above ? 'high' : 'low', severe, claimed: true }
  const direction = told ?? guessed.side
  // a sign that tells the good side: `2.1 < 4.5`
  if (holds) return { direction, severe, claimed: (direction === 'high') === above }
  return { direction, severe }
}

/** `alarm 9.0`, `HH=80`, `Vmin=2.80`, `over 6.0`. */
function byNameBefore(all: readonly Word[], at: number, values?: 'whatever its value'): Kind | undefined {
  const word = all[at]!
  // `HP cutout 26.9 bar (set 26.0)`: the limit comes in brackets
  if (all.slice(at + 1, at + 3).some(w => /[(]$/.test(w.before) && SET_POINT.test(w.text))) return undefined
  for (let back = 1; back <= 3 && at - back >= 0; back++) {
    const { text: whole, before } = all[at - back]!
    if (isNumber(whole)) break
    // `alarm1`, `lim2`
    const text = whole.length > 3 ? whole.replace(/\d{1,3}$/, '') : whole
    // `bpfo=high rpm=1480`: a value is no name of a limit
    if (back > 1 && /[=:]/.test(before) && /[=:]/.test(word.before)) break
    // only words of quantities may stand between a limit's name and its number
    const between = all[at - back + 1]!.text
    if (back > 1 && !BETWEEN.test(between) && !UNIT.test(between)) break
    if (/[;|]/.test(word.before)) break
    // `above set 60 C`: on its way
    if (back > 1 && SET_POINT.test(between) && !EITHER.has(text)) break
    const severe = SEVERE.has(text)
    const letter = text.length === 1
    // `due_h=50` is hours, `10:00 MIN` minutes
    if (
      letter &&
      (before.includes('_') || (before === '' && isNumber(all[at - back - 1]?.text ?? ''))) &&
      !isLimitLetter(all, at - back)
    )
      continue
    if (text === 'min' && before === '' && isNumber(all[at - back - 1]?.text ?? '')) continue
    if (COMPARES.has(text)) {
      const value = nearestNumber(all, at - back)
      if (value === undefined || !onlyUnits(all, value, at - back)) continue
      return { direction: HIGH.has(text) ? 'high' : 'low', severe, weak: true }
    }
    const short = text.length <= 2 && text !== 'hh' && text !== 'll'
    if (
      (HIGH.has(text) || LOW.has(text)) &&
      (!short || (back === 1 && (/[=:(]/.test(word.before + before) || isLimitLetter(all, at - 1))))
    )
      return {
        direction: HIGH.has(text) ? 'high' : 'low',
        severe,
        statistic: /^(min|max|mini|maxi|minimum|maximum)$/.test(text),
        weak:
          /^(low|high|hi|lo|haut|bas)$/.test(text) &&
          back === 1 &&
          word.before === '' &&
          /^$|^[,;]/.test(before) &&
          !EITHER.has(all[at - 2]?.text ?? ''),
      }
    if (EITHER.has(text) || INTERVAL.has(text) || ENDS_LIMIT.test(text)) {
      if (INTERVAL.has(text) && (back === 1 || !/^(at|a|bei|ab|above|over)$/.test(between))) continue
      // `alarm 1 (0.5 ppm)`: what stands in brackets is the limit
      if (NUMBERED.test(text) && /^[(]$/.test(word.after) && isNumber(all[at + 1]?.text ?? ''))
        return undefined
      if (
        NUMBERED.test(text) &&
        back === 1 &&
        !/[.,]/.test(word.text) &&
        !/[=:]/.test(word.before) &&
        !hasUnit(all, at) &&
        (whole !== text || !/[(]/.test(before)) &&
        !likeValue(all, at, values !== undefined)
      )
        return undefined
      // `alarm 1 (0.5 ppm)`: the number of the alarm stands between
      const around = all[at - back - 1]?.text ?? ''
      // `below alert 4.5` says that it is kept
      if (/^(below|under|unter|above|ueber)$/.test(around)) return { direction: 'high', severe }
      if (HIGH.has(around) || NAMED_HIGH.test(text) || text === 'tolerance')
        return { direction: 'high', severe }
      if (LOW.has(around) || (NAMED_LOW.test(text) && ENDS_LIMIT.test(text)))
        return { direction: 'low', severe }
      return { severe }
    }
    const suffix = back === 1 ? /^([a-z]{1,8})(min|max)$/.exec(text) : null
    if (suffix)
      return { direction: suffix[2] === 'max' ? 'high' : 'low', severe, base: suffix[1]!, statistic: true }
  }
  return byNumberedName(all, at, values !== undefined)
}

/** `alarm 1 (0.5 ppm)`, `stage 2: 40 ppm`: the number of the limit stands between its name and what it is. */
function byNumberedName(all: readonly Word[], at: number, perhaps: boolean): Kind | undefined {
  const [number, name] = [all[at - 1], all[at - 2]]
  if (
    !number ||
    !name ||
    !(perhaps ? isNumber(number.text) : /^[1-4]$/.test(number.text)) ||
    !/^[(=:]$/.test(all[at]!.before)
  )
    return undefined
  if (/[=:(,]/.test(number.before)) return undefined
  return NUMBERED_NAME.test(name.text) ? { severe: SEVERE.has(name.text) } : undefined
}
const NUMBERED_NAME =
  /^(alarm\w*|alm|al|warn\w*|limit|stage|stufe|level|etage|etapa|livello|soglia|seuil|umbral|trip|grenzwert|schwelle|threshold|a|niveau)$/

const BEHIND =
  /^(max|maximum|min|minimum|limit|lim|limite|grenzwert|threshold|seuil|umbral|soglia|grens|maxi|mini|swl|rated)$/

/** `24 A max`, `(9.0 bar alarm)`. */
function byNameBehind(all: readonly Word[], at: number): Kind | undefined {
  let next = at + 1
  if (hasUnit(all, at) && !/^\s*[%‰]/.test(all[at]!.after) && UNIT.test(all[next]?.text ?? '')) next++
  if (/^\/$/.test(all[next]?.before ?? '')) next++
  const name = all[next]
  if (!name || !/^%?$/.test(name.before)) return undefined
  const bracketed = /[([]/.test(all[at]!.before)
  if (!(BEHIND.test(name.text) || (bracketed && EITHER.has(name.text)))) return undefined
  if (/^[=:]/.test(name.after) || isNumber(all[next + 1]?.text ?? '')) return undefined
  // `9,4 °C seuil haut 5 °C`: the name of the next
  if (name.after === '' && isNumber(all[next + 2]?.text ?? '')) return undefined
  if (name.text === 'rated') return undefined
  return {
    ...(HIGH.has(name.text)
      ? { direction: 'high' as const }
      : LOW.has(name.text)
        ? { direction: 'low' as const }
        : {}),
    severe: SEVERE.has(name.text),
    statistic: true,
    weak: true,
  }
}

/** Words of both forms, for whoever must know which words matter. */
export const SET_VALVE =
  /^(pressure|set|setting|ansprechdruck|einstelldruck|tarage|tarature|taratura|psv|prv|sv|srv|tsv|sicherheitsventil|safety|relief|valve|cutout|cut|out|pressostat|pressostate|druckwaechter|limiter|begrenzer|stb|thermostat|hp|lp)$/

/** `safety valve set 10.0 bar`: at its set pressure a safety valve opens. @source ISO 4126-1 §3, set pressure */
function bySetPressure(all: readonly Word[], at: number): Kind | undefined {
  const back = /^(at|to|pressure)$/.test(all[at - 1]?.text ?? '') ? 2 : 1
  if (
    !/^(set|setting|ansprechdruck|einstelldruck|tarage|tarature|taratura)$/.test(all[at - back]?.text ?? '')
  )
    return undefined
  const [kind, valve] = [all[at - back - 2]?.text ?? '', all[at - back - 1]?.text ?? '']
  if (
    /^(psv|prv|sv|srv|tsv|sicherheitsventil)$/.test(valve) ||
    (/^(safety|relief)$/.test(kind) && valve === 'valve')
  )
    return { direction: 'high', severe: true }
  // `HP cutout 29.1 bar (set 28.0)`
  const value = nearestNumber(all, at)
  if (value === undefined || !/[(]/.test(all[at - back]!.before)) return undefined
  const who = all.slice(Math.max(0, value - 4), value).map(w => w.text)
  if (!who.some(w => /^(cutout|pressostate?|druckwaechter|limiter|begrenzer|stb|trip|relief|psv)$/.test(w)))
    return undefined
  return { direction: who.some(w => w === 'lp' || LOW.has(w)) ? 'low' : 'high', severe: true }
}

/** 38 of `tool life 38 % used`: a share of a life that ends at a hundred. */
export const isUsedShare = (all: readonly Word[], at: number): boolean =>
  /^\s*%$/.test(all[at]!.after) &&
  USED.test(all[at + 1]?.text ?? '') &&
  all.slice(Math.max(0, at - 4), at).some(w => LIFE.test(w.text))
export const USED = /^(used|consumed|spent|verbraucht|use|utilise|consumido|usato)$/
export const LIFE = /^(life|lifetime|wear|standzeit|lebensdauer|verschleiss|usure|vida|vita)$/

/** `121 C, alarm 110, trip 135`: of the size of a value with a unit before it, so no number of an alarm. */
function likeValue(all: readonly Word[], at: number, perhaps: boolean): boolean {
  const limit = numberOf(all[at]!.text)
  for (let i = at - 1; i >= 0 && i >= at - 8; i--) {
    if (!isNumber(all[i]!.text) || !hasUnit(all, i)) continue
    if (perhaps) return true
    const ratio = numberOf(all[i]!.text) / limit
    return ratio > 0.4 && ratio < 2.5
  }
  return false
}

/** Between a value and the sign of its limit stands a unit at most, or the limit's name. */
const onlyUnits = (all: readonly Word[], from: number, to: number): boolean =>
  all
    .slice(from + 1, to)
    .every(
      w =>
        (UNIT.test(w.text) ||
          HIGH.has(w.text) ||
          LOW.has(w.text) ||
          EITHER.has(w.text) ||
          w.text === 'rms') &&
        !/[;|]/.test(w.before),
    )

function nearestNumber(all: readonly Word[], at: number): number | undefined {
  for (let i = at - 1; i >= 0 && i >= at - 6; i--) if (isNumber(all[i]!.text)) return i
  return undefined
}

/** May be the number of an alarm: `alarm 311`. */
const NUMBERED =
  /^(alarm\w*|alm|al|alert|warn|warning|wrn|trip|disparo|interlock|action|reject|vorwarnung|voralarm)$/
