/** The verdict of several reasons: which is meant most, how bad it is, what it is of. Pure. */
import { type Category, type Severity, type Verdict, worse } from '../verdict.js'
import { CAUSES } from './defaults.js'
import { evidenceOf } from './evidence.js'
import type { Ground } from './grounds.js'
import type { LimitCheck } from './limits.js'
import { componentFor } from './mentions.js'
import type { Polarity } from './polarity.js'
import { advice, SURE } from './sure.js'
import { stoppedIn } from './trouble.js'
import type { Word } from './words.js'

export const RANK: Record<Category, number> = {
  security: 13,
  safety: 12,
  leak: 11,
  sensor_fault: 10,
  vibration: 9,
  temperature: 8,
  pressure: 7,
  level_flow: 6,
  electrical: 5,
  communication: 4,
  configuration: 3,
  wear_maintenance: 2,
  process_deviation: 1,
  normal: 0,
}
const SEVERITY_RANK: Record<Severity, number> = {
  normal: 0,
  advisory: 1,
  warning: 2,
  critical: 3,
  emergency: 4,
}

export function byGrounds(
  grounds: readonly Ground[],
  line: string,
  words: readonly Word[],
  source: string,
  polarity: Polarity,
): Verdict {
  // what is said at most length is meant most; of two as long the one higher in the list of categories
  const weight = (g: Ground) =>
    SEVERITY_RANK[g.severity] * 2 +
    (g.limit ? 1 : 0) +
    (g.finding ? 4 : 0) +
    Math.min(4, g.to - g.from) * 0.8 +
    RANK[g.category] * 0.22
  const main = grounds.reduce((a, b) => (weight(b) > weight(a) ? b : a))
  let severity = grounds
    .filter(g => g === main || g.limit || g.category === main.category)
    .reduce<Severity>((s, g) => worse(s, g.severity), main.severity)
  const plan = main.severity === 'advisory'
  if (polarity.has('emergency') && RANK[main.category] >= 11) severity = 'emergency'
  else if (polarity.severe && severity === 'warning') severity = 'critical'
  else if (
    polarity.severe &&
    plan &&
    main.category !== 'wear_maintenance' &&
    main.category !== 'configuration'
  )
    severity = 'critical'
  else if (polarity.mild && severity === 'critical' && !polarity.severe && RANK[main.category] < 11)
    severity = 'warning'
  // what was stopped because of it is a function lost
  if (severity === 'warning' && main.limit && stoppedIn(words) !== undefined) severity = 'critical'
  // a line that names the first of its limits knows better than a general word how bad it is
  if (
    severity === 'emergency' &&
    !polarity.severe &&
    !polarity.has('emergency') &&
    grounds.some(g => g.limit && !g.limit.severe) &&
    !grounds.some(g => g.limit?.severe)
  )
    severity = 'critical'
  // a code for any trouble leaves it to the limit to say of what
  const limited =
    main.finding && main.category === 'process_deviation' ? grounds.find(g => g.limit) : undefined
  const category = limited?.category ?? main.category
  const component =
    main.finding?.component ??
    componentFor(words, source, {
      category,
      from: main.from,
      to: main.to,
      polarity,
      ...(main.condition?.always ? { always: main.condition.always } : {}),
      ...(main.condition?.usually ? { usually: main.condition.usually } : {}),
      ...(main.expectation?.component ? { usually: main.expectation.component } : {}),
    })
  const categories = new Set(grounds.map(g => g.category))
  const sure = main.limit ? SURE.limit : main.expectation ? SURE.expectation : SURE.condition
  return {
    severity,
    category,
    component,
    needsHuman: severity === 'advisory' ? main.needsHuman : true,
    reason: whatOf(main),
    evidence: evidenceOf(line, words, main.from, main.to),
    ...advice(
      main.condition?.cause ??
        main.advice?.cause ??
        main.finding?.cause ??
        main.expectation?.cause ??
        CAUSES[category]?.[0],
      main.condition?.action ??
        main.advice?.action ??
        main.finding?.action ??
        main.expectation?.action ??
        CAUSES[category]?.[1],
    ),
    confidence: categories.size > 2 ? SURE.several : sure,
    stage: 'rule',
  }
}

const sideOf = (limit: LimitCheck): string =>
  !limit.violated ? 'close to' : limit.direction === 'high' ? 'above' : 'below'
const whatOf = (g: Ground): string =>
  g.condition
    ? g.condition.id.replaceAll('_', ' ')
    : g.limit
      ? `value ${g.limit.value} ${sideOf(g.limit)} its limit ${g.limit.limit}`
      : (g.finding?.means ?? g.expectation?.reason ?? '')
