/** Values that say something only together: a pump that runs without flow, phases that differ, a value that never moves. Pure. */

import { counted, isCountWord, mayCount } from './counted.js'
import type { Expectation } from './expect.js'
import { isLastingWord, lasting, mayLast } from './lasting.js'
import { againstPeers, isPeerWord, peersAt } from './peers.js'
import { isTagWord, mayBeRedundant, redundant } from './redundant.js'
import { isWantedWord, mayMiss, notReached, numberAfter } from './wanted.js'
import { isNumber, once, type Word } from './words.js'

const RUNS = /^(run|running|runs|on|laeuft|marche|marcha)$/
const FLOWS = /^(flow|durchfluss|debit|caudal|portata|airflow|q|flowrate)$/
const SPEEDS = /^(speed|rpm|n|drehzahl|vitesse|velocidad)$/
const numberOf = (word: Word) => Number(word.text.replace(',', '.'))

export const relations = once((words: readonly Word[]): readonly Expectation[] =>
  [
    runsWithout(words),
    phases(words),
    frozen(words),
    againstNominal(words),
    used(words),
    notReached(words),
    ...lasting(words),
    ...counted(words),
    againstPeers(words),
    dirtyOil(words),
    moreThanAll(words),
    notFollowed(words),
    redundant(words),
  ].flatMap(e => e ?? []),
)

/**
 * Whether numbers of a line of these words, whatever they are, may stand in some relation. What runs without flow is told
 * by a bare 0, which is a word of its own in the shape of a line.
 */
export function mayRelate(words: readonly Word[]): boolean {
  if (mayLast(words) || mayCount(words)) return true
  const numbers = words.filter(w => isNumber(w.text)).length
  if (numbers < 2) return false
  return (
    PHASES.some(names => phaseAt(words, names).every(i => i >= 0)) ||
    words.some((_, i) => nominalAt(words, i) >= 0) ||
    hoursIn(words).length > 1 ||
    mayMiss(words) ||
    peersAt(words) !== undefined ||
    [COMMAND, FEEDBACK].every(p => numberAfter(words, p) >= 0) ||
    words.some((_, i) => ofAll(words, i) !== undefined) ||
    triplesIn(words).length > 1 ||
    mayBeRedundant(words) ||
    words.some((_, i) => decimalsFrom(words, i) >= FROZEN)
  )
}

/** Whether a word can put numbers in relation. */
export const isRelationWord = (word: string): boolean =>
  [RUNS, FLOWS, SPEEDS, NOMINAL, COUNTED, COMMAND, FEEDBACK].some(p => p.test(word)) ||
  PHASES.some(names => names.includes(word)) ||
  isTagWord(word) ||
  isWantedWord(word) ||
  isLastingWord(word) ||
  isCountWord(word) ||
  isPeerWord(word)

const COUNTED =
  /^(h|hours|stunden|vs|of|von|sur|de|service|maintenance|wartung|interval|limit|life|due|next|replace|order|change|wechseln|tauschen|remplacer|cambiar)$/

/** `pump=P4 run=1 flow=0.0`. */
function runsWithout(words: readonly Word[]): Expectation | undefined {
  const runs = words.some(
    (w, i) =>
      RUNS.test(w.text) &&
      (/[=:]/.test(w.before) || w.text !== 'on') &&
      !(words[i + 1]?.text === '0' && /[=:]/.test(words[i + 1]!.before)),
  )
  if (!runs) return undefined
  for (const [at, word] of words.entries()) {
    if (!isNumber(word.text) || numberOf(word) !== 0) continue
    const near = [words[at - 1]?.text ?? '', words[at - 2]?.text ?? '']
    const name = near.find(w => FLOWS.test(w) || SPEEDS.test(w)) ?? ''
    const isFlow = FLOWS.test(name)
    if (!isFlow && !SPEEDS.test(name)) continue
    return {
      category: isFlow ? 'level_flow' : 'process_deviation',
      severity: 'critical',
      reason: `it runs, and its ${name} is 0`,
      cause: isFlow ? 'Blocked, closed or without liquid.' : 'Stuck, torn, or its feedback is lost.',
      action: 'Stop it and look what holds it.',
      from: at - 1,
      to: at + 1,
    }
  }
  return undefined
}

const PHASES: readonly string[][] = [
  ['l1', 'l2', 'l3'],
  ['iu', 'iv', 'iw'],
  ['ia', 'ib', 'ic'],
  ['i1', 'i2', 'i3'],
  ['u1', 'u2', 'u3'],
  ['v1', 'v2', 'v3'],
  ['ul1', 'ul2', 'ul3'],
  ['il1', 'il2', 'il3'],
  ['va', 'vb', 'vc'],
  ['r', 's', 't'],
]
/** @source IEC 60034-26: a few per cent of unbalance heat a motor; half of it missing is a lost phase */
const UNEQUAL = 0.6
/** @source EN 50160: supply voltage within ten per cent */
const UNEQUAL_VOLTS = 0.88

/** Places of three names that have a number each; -1 for one that has none. */
const phaseAt = (words: readonly Word[], names: readonly string[]): number[] =>
  names.map(name => words.findIndex((w, i) => w.text === name && isNumber(words[i + 1]?.text ?? '')))

function phases(words: readonly Word[]): Expectation | undefined {
  for (const names of PHASES) {
    const found = phaseAt(words, names)
    if (found.some(i => i < 0)) continue
    const values = found.map(i => numberOf(words[i + 1]!))
    const [least, most] = [Math.min(...values), Math.max(...values)]
    const volts = words[found[0]! + 2]?.text === 'v'
    if (!(most > 0) || least / most > (volts ? UNEQUAL_VOLTS : UNEQUAL)) continue
    return {
      category: 'electrical',
      severity: 'critical',
      reason: `phases differ: ${values.join(', ')}`,
      cause: 'A phase is missing: fuse, contactor, cable or mains.',
      action: 'Switch off, check fuses and the three voltages.',
      from: Math.min(...found),
      to: Math.max(...found) + 2,
    }
  }
  return undefined
}

/** Values with decimals that stand next to one another from here on. */
function decimalsFrom(words: readonly Word[], at: number): number {
  let end = at
  while (/^\d+[.,]\d/.test(words[end]?.text ?? '')) end++
  return end - at
}
/** So many times the same value is no measurement. */
const FROZEN = 5

/** The same value with decimals over and over. */
function frozen(words: readonly Word[]): Expectation | undefined {
  for (let at = 0; at + FROZEN <= words.length; at++) {
    const { text } = words[at]!
    if (!/^\d+[.,]\d*[1-9]\d*$|^\d+[.,]\d{2,}$/.test(text)) continue
    let end = at + 1
    while (words[end]?.text === text) end++
    if (end - at < FROZEN) continue
    return {
      category: 'sensor_fault',
      severity: 'warning',
      component: 'sensor',
      reason: `the same value ${end - at} times: ${text}`,
      cause: 'The sensor is stuck, its line is plugged, or it is not read any more.',
      action: 'Compare with a second measurement.',
      from: at,
      to: end,
    }
  }
  return undefined
}

const NOMINAL =
  /^(nominal|nominale|nominell|rated|nenn\w*|baseline|base|ref|reference|normal|usual|typical|typisch)$/
/** So far from what is nominal is no tolerance. */
const FAR = 0.3
/** @source EN 50160: supply voltage within ten per cent; batteries leave a little more */
const FAR_VOLTS = 0.15

/** Place of the number that a word calls nominal: after it, or before it as in `vs 100 nominal`; -1 when there is none. */
function nominalAt(words: readonly Word[], at: number): number {
  if (at < 1 || !NOMINAL.test(words[at]!.text)) return -1
  if (isNumber(words[at + 1]?.text ?? '')) return at + 1
  return isNumber(words[at - 1]?.text ?? '') && words[at - 2]?.text === 'vs' ? at - 1 : -1
}

/** `consumo 14,7 A (nominal 9,8 A)`, `71 bar vs 100 nominal`. */
function againstNominal(words: readonly Word[]): Expectation | undefined {
  const at = words.findIndex(w => NOMINAL.test(w.text))
  const nominal = nominalAt(words, at)
  if (nominal < 0) return undefined
  const before = nominal < at
  for (let i = nominal - 1; i >= 0 && i >= nominal - 6; i--) {
    if (i === nominal || !isNumber(words[i]!.text)) continue
    const [is, should] = [numberOf(words[i]!), numberOf(words[nominal]!)]
    const unit = words[i + 1]?.text
    const same = unit !== undefined && unit === words[nominal + 1]?.text
    const volts = /^(v|vdc|vac|kv)$/.test(unit ?? '')
    if (!(should > 0) || Math.abs(is - should) / should < (volts ? FAR_VOLTS : FAR) || (!same && !before))
      return undefined
    const kind = /^(a|ma|kw|w|v|vdc|vac|kv)$/.test(unit ?? '')
      ? 'electrical'
      : /^(bar|psi|kpa|mbar)$/.test(unit ?? '')
        ? 'pressure'
        : undefined
    // less load than rated is good, and so is more pressure than at least
    if (!kind || (kind === 'electrical' && !volts && is < should) || (kind === 'pressure' && is > should))
      return undefined
    return {
      category: kind,
      severity: 'warning',
      reason: `${is} where ${should} is nominal`,
      cause: 'Load, supply or wear.',
      action: 'Find out what has changed.',
      from: i,
      to: Math.max(i, nominal) + 1,
    }
  }
  return undefined
}

/** Places of numbers of hours. */
const hoursIn = (words: readonly Word[]): number[] =>
  words.flatMap((w, i) =>
    isNumber(w.text) &&
    (words[i + 1]?.text === 'h' ||
      words[i - 1]?.text === 'h' ||
      /^(hours|stunden)$/.test(words[i + 1]?.text ?? ''))
      ? [i]
      : [],
  )

/** `8712 h of 9000 h`, `run_h 47980, next_service_h 48000`. */
function used(words: readonly Word[]): Expectation | undefined {
  const hours = hoursIn(words)
  if (
    hours.length < 2 ||
    !words.some(w =>
      /^(service|maintenance|wartung|of|von|sur|su|de|interval|limit|life|due|next)$/.test(w.text),
    )
  )
    return undefined
  const whole = (i: number) =>
    (/^\d{1,2}$/.test(words[i - 1]?.text ?? '') && /^\d{3}$/.test(words[i]!.text)
      ? numberOf(words[i - 1]!) * 1000
      : 0) + numberOf(words[i]!)
  const [a, b] = [whole(hours[0]!), whole(hours[1]!)]
  if (!(b > 100) || a / b < 0.95) return undefined
  return {
    category: 'wear_maintenance',
    severity: a > b ? 'warning' : 'advisory',
    reason: `${a} of ${b} hours are used`,
    cause: 'The interval is nearly over.',
    action: 'Plan the service.',
    from: hours[0]!,
    to: hours[1]! + 1,
  }
}

/** `23/21/18`. */
const triplesIn = (words: readonly Word[]): { at: number; codes: number[] }[] =>
  words.flatMap((w, i) =>
    isNumber(w.text) &&
    words[i + 1]?.before === '/' &&
    words[i + 2]?.before === '/' &&
    isNumber(words[i + 1]!.text) &&
    isNumber(words[i + 2]!.text)
      ? [{ at: i, codes: [w, words[i + 1]!, words[i + 2]!].map(numberOf) }]
      : [],
  )

/** `ISO 4406 23/21/18 (limit 19/17/14)`: cleanliness codes, the second the limit. @source ISO 4406 */
function dirtyOil(words: readonly Word[]): Expectation | undefined {
  const [is, limit] = triplesIn(words)
  if (!is || !limit || !is.codes.some((code, i) => code > limit.codes[i]!)) return undefined
  return {
    category: 'wear_maintenance',
    severity: 'warning',
    reason: `oil of cleanliness ${is.codes.join('/')} where ${limit.codes.join('/')} is wanted`,
    cause: 'Particles in the oil: wear, dirt from outside, a full filter.',
    action: 'Filter or change the oil, find where the dirt comes from.',
    from: is.at,
    to: limit.at + 3,
  }
}

/** Place of the number that stands before `of 200`. */
const ofAll = (words: readonly Word[], of: number): number | undefined =>
  // an address is no count: `lease of 10.0.0.9`
  /^(of|von|sur)$/.test(words[of]!.text) && /^\d+([.,]\d+)?$/.test(words[of + 1]?.text ?? '')
    ? [of - 1, of - 2].find(i => isNumber(words[i]?.text ?? ''))
    : undefined

/** `210 injections of 200`: a count past its interval. */
function moreThanAll(words: readonly Word[]): Expectation | undefined {
  for (const at of words.keys()) {
    const from = ofAll(words, at)
    if (from === undefined) continue
    const [is, all] = [numberOf(words[from]!), numberOf(words[at + 1]!)]
    const planned = words.some(w =>
      /^(replace|order|change|due|wechseln|tauschen|remplacer|cambiar)$/.test(w.text),
    )
    if (!(all >= 10) || is === all || is < all * (planned ? 0.95 : 1) || is > all * 10) continue
    return {
      category: 'wear_maintenance',
      severity: 'advisory',
      reason: `${is} of ${all} are used up`,
      cause: 'The interval is over.',
      action: 'Plan the change.',
      from,
      to: at + 2,
    }
  }
  return undefined
}

const COMMAND = /^(cmd|command|sollstellung|out|demand)$/
const FEEDBACK = /^(fb|fbk|feedback|pos|position|rueckmeldung|act)$/

/** `cmd_pct 80, fb_pct 12`: it does not go where it is told. */
function notFollowed(words: readonly Word[]): Expectation | undefined {
  const [told, is] = [numberAfter(words, COMMAND), numberAfter(words, FEEDBACK)]
  if (told < 0 || is < 0) return undefined
  const [a, b] = [numberOf(words[told]!), numberOf(words[is]!)]
  if (Math.abs(a - b) < 15 || a > 100 || b > 100) return undefined
  return {
    category: 'process_deviation',
    severity: 'warning',
    reason: `told ${a}, at ${b}`,
    cause: 'It sticks, its drive has no force, or its feedback is wrong.',
    action: 'Move it by hand, check supply, positioner and feedback.',
    from: Math.min(told, is) - 1,
    to: Math.max(told, is) + 1,
  }
}
