/**
 * The classifier's word beside that of plain code, which it has heard. Codes are certain and bait stays bait; everything
 * else goes by what is likeliest. Pure.
 */

import { CAUSES } from '../judge/defaults.js'
import { evidenceOf, reasonOf } from '../judge/evidence.js'
import { unexpected } from '../judge/expect.js'
import { type Hostile, hostileText } from '../judge/hostile.js'
import { SURE } from '../judge/sure.js'
import { isNumber, type Word, wordsOf } from '../judge/words.js'
import {
  CATEGORIES,
  type Category,
  COMPONENTS,
  isAlarm,
  SEVERITIES,
  type Severity,
  type Verdict,
} from '../verdict.js'
import type { Classes, Classifier } from './classifier.js'
import { lineFeatures, plainFeatures, wordFeatures } from './features.js'

/** Plain code this sure goes by a code of a standard. @source judge/judge.ts */
const CERTAIN = 0.95
/** Plain code this sure has held a value against its limit: nothing calms it. @source judge/judge.ts */
const MEASURED = 0.88
/** So sure it must be to call trouble what plain code takes for nothing, and to calm what plain code calls trouble.
 * @source held against lines of authors that training had not seen, 2026-11: docs/benchmarks.md */
const RAISE_FROM = 0.75
const CALM_FROM = 0.7
/** The same for what plain code calls grave: a call too many costs less than one too few. @source lines judged by what other
 * authors taught, 2026-11: of 2,569 grave lines 15 more stay alarms, for six of 10,602 lines fewer that are exactly right */
const CALM_GRAVE_FROM = { critical: 0.8, emergency: 0.9 } as const
/** So few words are no ground to call for somebody: of 223 short lines of other authors that it would have raised 94 were
 * trouble, of 704 longer ones 558. @source lines judged by what other authors taught, 2026-11 */
const MOST_TERSE = 6
/** So sure to call trouble by another name. */
const NAME_FROM = 0.4
/** Words that are quoted. */
const QUOTED = 6

export interface LineToWeigh {
  line: string
  source: string
  /** Of the line (signature.ts). */
  shape?: number
  /** What in it tries to steer its reader, where that was looked for already; null is nothing. */
  hostile?: Hostile | null
}

/** @returns the verdict of plain code, or another; `slm` is its stage then */
export function weigh(
  classifier: Classifier,
  { line, source, shape, hostile }: LineToWeigh,
  plain: Verdict,
): Verdict {
  if (plain.stage !== 'rule' || plain.confidence >= CERTAIN || plain.category === 'security') return plain
  // words that are meant for a reader like this one do not count
  if (hostile === undefined ? hostileText(line) : hostile) return plain
  const words = wordsOf(line)
  const classes = classifier.classify(lineFeatures(words, source), plainFeatures(words, source, plain, shape))
  const likely = likeliest(classes)
  const { category } = likely
  const severity =
    isAlarm(likely.severity) && isGraded(plain, words, source) ? plain.severity : likely.severity
  const sure = Math.sqrt(classes.severity[severity] * classes.category[category])
  if (!mayDiffer(plain, severity, category, classes, sure)) return plain
  if (isAlarm(plain.severity) && !isAlarm(severity) && endsAsAlarm(words)) return plain
  const isTerse = words.filter(w => !isNumber(w.text)).length <= MOST_TERSE
  if (isTerse && severity !== 'normal' && plain.severity === 'normal') return plain
  const component = severity === 'normal' ? plain.component : best(classes.component, COMPONENTS)
  const needsHuman = severity === 'advisory' ? classes.human >= 0.5 : severity !== 'normal'
  // of the same kind it rests on the same words
  const same = category === plain.category
  const evidence = same ? plain.evidence : quote(classifier, line, words, severity, category)
  const { cause: _cause, action: _action, ...rest } = plain
  return {
    ...rest,
    severity,
    category,
    component,
    needsHuman,
    reason: same ? plain.reason : reasonOf(`reads like ${category.replaceAll('_', ' ')}`, evidence),
    evidence,
    ...adviceOf(same ? plain : {}, category, needsHuman),
    ...(same && severity === plain.severity
      ? { confidence: Math.max(plain.confidence, sure) }
      : { confidence: sure, stage: 'slm' as const }),
  }
}

/** Whether it is sure enough to say something else. What people hear of takes most. */
function mayDiffer(
  plain: Verdict,
  severity: Severity,
  category: Category,
  { severity: of }: Classes,
  sure: number,
): boolean {
  const alarm = of.warning + of.critical + of.emergency
  if (isAlarm(severity) && !isAlarm(plain.severity)) return alarm >= RAISE_FROM
  if (!isAlarm(severity) && isAlarm(plain.severity))
    return 1 - alarm >= calmFrom(plain.severity) && plain.confidence < MEASURED
  if (severity === 'advisory' && plain.severity === 'normal') return 1 - of.normal >= RAISE_FROM
  if (severity === 'normal' && plain.severity === 'advisory') return of.normal >= CALM_FROM
  return category === plain.category || sure >= NAME_FROM
}

const calmFrom = (severity: Severity): number =>
  severity === 'critical' || severity === 'emergency' ? CALM_GRAVE_FROM[severity] : CALM_FROM

/** Whether plain code has graded a value by the bands of a standard: the classifier cannot tell 8 from 14 mm/s. */
const isGraded = ({ severity, confidence }: Verdict, words: readonly Word[], source: string): boolean =>
  isAlarm(severity) && confidence === SURE.expectation && unexpected(words, source).length > 0

/**
 * How records end that say their state last: `FIC-12 ... LOW ALM` in the alarm journal of a control system, `... 1 critical` in
 * the log of a computer. Plain code has found nothing that takes it back.
 */
function endsAsAlarm(words: readonly Word[]): boolean {
  const [limit, state] = words.slice(-2)
  return (
    limit !== undefined &&
    state !== undefined &&
    (/^(critical|crit|fatal|emergency|emerg|kritisch|critique|critico)$/.test(state.text) ||
      (/^(hh?|hi|hihi|high|ll?|lo|lolo|low)$/.test(limit.text) &&
        /^(alm|alrm|alarm|alarme|alarma)$/.test(state.text)))
  )
}

/** `normal` goes with `normal`, and nothing else does. */
function likeliest({ severity, category }: Classes): { severity: Severity; category: Category } {
  if (severity.normal + category.normal >= 1) return { severity: 'normal', category: 'normal' }
  const isBad = (name: string) => name !== 'normal'
  return {
    severity: best(severity, SEVERITIES.filter(isBad)),
    category: best(category, CATEGORIES.filter(isBad)),
  }
}

const best = <Name extends string>(of: Record<Name, number>, names: readonly Name[]): Name =>
  names.reduce((a, b) => (of[b] > of[a] ? b : a))

function adviceOf(
  { cause, action }: Pick<Verdict, 'cause' | 'action'>,
  category: Category,
  needsHuman: boolean,
): Pick<Verdict, 'cause' | 'action'> {
  if (!needsHuman) return {}
  const [usual, usually] = CAUSES[category] ?? CAUSES.process_deviation!
  return { cause: cause ?? usual, action: action ?? usually }
}

/** The words that speak most for this kind of trouble. */
function quote(
  classifier: Classifier,
  line: string,
  words: readonly Word[],
  severity: Severity,
  category: Category,
): string {
  if (severity === 'normal') return ''
  const features = wordFeatures(words)
  const output = SEVERITIES.length + CATEGORIES.indexOf(category)
  const normal = SEVERITIES.length + CATEGORIES.indexOf('normal')
  const speaks = features.map(
    ({ buckets }) => classifier.speaks(buckets, output) - classifier.speaks(buckets, normal),
  )
  const width = Math.min(QUOTED, features.length)
  let at = 0
  let most = Number.NEGATIVE_INFINITY
  for (let from = 0; from + width <= features.length; from++) {
    const sum = speaks.slice(from, from + width).reduce((a, b) => a + b, 0)
    if (sum > most) [most, at] = [sum, from]
  }
  return evidenceOf(line, words, at, at + width)
}
