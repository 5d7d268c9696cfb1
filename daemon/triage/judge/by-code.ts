/** The verdict where a code of a book is certain: numbers and words may make it worse, and name what it is of. Pure. */
import type { Finding } from '../books/finding.js'
import { type Severity, type Verdict, worse } from '../verdict.js'
import type { Ground } from './grounds.js'
import { componentFor } from './mentions.js'
import type { Polarity } from './polarity.js'
import { advice, SURE } from './sure.js'
import type { Word } from './words.js'

export function byCode(
  finding: Finding,
  grounds: readonly Ground[],
  words: readonly Word[],
  source: string,
  polarity: Polarity,
): Verdict {
  const worst = grounds
    .filter(
      g =>
        g.finding?.certain || g.limit || ((g.condition || g.expectation) && g.category === finding.category),
    )
    .reduce<Severity>((s, g) => worse(s, g.severity), finding.severity ?? 'normal')
  const lost =
    worst === 'warning' &&
    polarity.severe &&
    finding.severity === 'warning' &&
    !finding.book.startsWith('j1939')
  const severity = finding.severity === 'normal' ? 'normal' : lost ? 'critical' : worst
  // a code for any alarm (NMEA ALR, a diagnostic interrupt) leaves it to the words to say which
  const vague = finding.category === undefined || finding.category === 'process_deviation'
  const named = vague ? grounds.find(g => g.condition) : undefined
  const category =
    severity === 'normal'
      ? 'normal'
      : (named?.category ?? finding.category ?? grounds[0]?.category ?? 'process_deviation')
  const component =
    (named || (finding.component === 'sensor' && namesValve(words)) ? undefined : finding.component) ??
    componentFor(words, source, {
      category,
      from: named?.from ?? 0,
      to: named?.to ?? words.length,
      polarity,
      ...(named?.condition?.always ? { always: named.condition.always } : {}),
      ...(named?.condition?.usually ? { usually: named.condition.usually } : {}),
    })
  return {
    severity,
    category,
    component,
    needsHuman: severity === 'normal' ? false : severity === 'advisory' ? (finding.needsHuman ?? true) : true,
    reason: finding.means,
    evidence: finding.quote,
    ...(severity === 'normal' ? {} : advice(finding.cause, finding.action)),
    confidence: SURE.code,
    stage: 'rule',
  }
}

/** NE 107 speaks of positioners as of transmitters. */
const namesValve = (words: readonly Word[]): boolean =>
  words
    .slice(0, 3)
    .some(w => /^(fcv|tcv|pcv|lcv|xv|hv|mov|valve|positioner|actuator|ventil|stellventil)\d*$/.test(w.text))
