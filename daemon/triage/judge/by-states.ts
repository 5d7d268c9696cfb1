/** The verdict where nothing wrong is said by name: a bare fault, words that sound of trouble, or a normal line. Pure. */
import type { Finding } from '../books/finding.js'
import { isAlarm, type Verdict } from '../verdict.js'
import { CATEGORY_OF_FAULT, CAUSES } from './defaults.js'
import { evidenceOf } from './evidence.js'
import type { State } from './lexicon.js'
import type { LimitCheck } from './limits.js'
import { componentFor } from './mentions.js'
import type { Polarity } from './polarity.js'
import { quantityNear } from './quantity.js'
import { advice, LEVELS, SURE } from './sure.js'
import { notDone, stoppedIn, wrongIn } from './trouble.js'
import type { Word } from './words.js'

const CODE = /^(f|e|er|err|al|flt)\d{1,4}$/

/** A guard that does not do what it is there for, or somebody is caught. */
const isUndone = (words: readonly Word[], at: number): boolean =>
  notDone(words) !== undefined || wrongIn(words).includes(at)

/** Place of words that sound of trouble, or of something that was stopped; undefined when there are none, or all is well. */
function soundsOfTrouble(
  words: readonly Word[],
  polarity: Polarity,
  limits: readonly LimitCheck[],
): number | undefined {
  if (polarity.returned || polarity.has('tested')) return undefined
  const undone = notDone(words)
  if (undone !== undefined && !polarity.takenBack(undone, undone + 3)) return undone
  if (polarity.has('calm')) return undefined
  // `leak detector 3 ml/h (limit 20)`
  if (limits.length > 0 && limits.every(l => !l.violated)) return undefined
  const wrong = wrongIn(words).find(at => !polarity.takenBack(at, at + 1))
  if (wrong !== undefined) return wrong
  // a display shows its code and no more
  if (words.length <= 2 && CODE.test(words[0]?.text ?? '') && !/^\d/.test(words[1]?.text ?? '')) return 0
  const stopped = stoppedIn(words)
  return stopped !== undefined && !polarity.takenBack(stopped, stopped + 1) ? stopped : undefined
}

/** Nothing wrong is said by name: a bare "fault", or a normal line. */
export function byStates(
  line: string,
  words: readonly Word[],
  source: string,
  polarity: Polarity,
  limits: readonly LimitCheck[],
  findings: readonly Finding[],
): Verdict {
  const called = findings.find(f => f.book === LEVELS && f.severity !== undefined && isAlarm(f.severity))
  const fault =
    (findings.some(f => f.book === LEVELS && f.severity === 'normal') ? undefined : polarity.liveFault()) ??
    polarity.warns() ??
    (called && !polarity.returned && !polarity.has('calm') ? 0 : undefined) ??
    (findings.some(f => f.severity === 'normal') ? undefined : soundsOfTrouble(words, polarity, limits))
  if (fault !== undefined) {
    const any = componentFor(words, source, {
      category: 'process_deviation',
      from: fault,
      to: fault + 1,
      polarity,
    })
    const category = quantityNear(words, fault) ?? CATEGORY_OF_FAULT[any] ?? 'process_deviation'
    const component = componentFor(words, source, { category, from: fault, to: fault + 1, polarity })
    return {
      severity:
        polarity.severe || stoppedIn(words) !== undefined || (category === 'safety' && isUndone(words, fault))
          ? 'critical'
          : 'warning',
      category,
      component,
      needsHuman: true,
      reason: 'a fault that it does not name further',
      evidence: evidenceOf(line, words, Math.max(0, fault - 2), fault + 2),
      ...advice(...(CAUSES[category] ?? CAUSES.process_deviation!)),
      confidence: SURE.anyFault,
      stage: 'rule',
    }
  }
  const named = findings.find(f => f.severity === 'normal')
  const state: State | undefined = polarity.returned
    ? 'returned'
    : polarity.has('calm')
      ? 'calm'
      : polarity.has('bookkeeping')
        ? 'bookkeeping'
        : undefined
  const at = state ? polarity.placeOf(state) : undefined
  const component = componentFor(words, source, {
    category: 'normal',
    from: at ?? 0,
    to: (at ?? 0) + 1,
    polarity,
  })
  const evidence = named
    ? named.quote
    : at === undefined
      ? ''
      : evidenceOf(line, words, Math.max(0, at - 2), at + 2)
  return {
    severity: 'normal',
    category: 'normal',
    component,
    needsHuman: false,
    reason:
      named?.means ??
      (state === 'returned'
        ? 'back to normal'
        : state
          ? 'says that all is well, or only what is done'
          : limits.length > 0
            ? 'within its limits'
            : words.length > 0
              ? 'values or words without a sign of trouble'
              : 'nothing to read'),
    evidence,
    confidence:
      state === 'returned'
        ? SURE.returned
        : state === 'calm' || named
          ? SURE.calm
          : state
            ? SURE.bookkeeping
            : limits.length > 0
              ? SURE.calm
              : words.some(w => w.text >= '0' && w.text < ':')
                ? SURE.measurement
                : SURE.nothing,
    stage: 'rule',
  }
}
