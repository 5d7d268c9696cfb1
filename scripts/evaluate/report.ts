/** Figures as a page of text, for somebody who has not read the code. Pure. */
import type { Figures, Share } from './figures.js'

/** What was evaluated. */
export interface Subject {
  model: string
  version: string
  calibrated: boolean
  minConfidence: number
  gold: string
}

const percent = (x: number | null, digits = 1) => (x === null ? '-' : `${(100 * x).toFixed(digits)} %`)

/** Columns of equal width: the first to the left, the others to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map(r => r[i]!.length)))
  return [head, ...rows]
    .map(r => r.map((cell, i) => (i ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('   '))
    .join('\n')
}

const shareRow = (s: Share) => [
  s.name,
  String(s.rows),
  percent(s.exact),
  percent(s.actedWrongly),
  percent(s.falselyRefused),
  percent(s.refused),
]

/** One answer in a line: actions with their targets and parameters. */
function brief(answer: unknown, refusal?: string): string {
  if (!Array.isArray(answer) || answer.length === 0) return refusal ? `refused (${refusal})` : 'nothing'
  return (answer as { action: string; targets?: unknown[]; params?: object }[])
    .map(
      a =>
        `${a.action} ${JSON.stringify(a.targets ?? [])}${Object.keys(a.params ?? {}).length ? ` ${JSON.stringify(a.params)}` : ''}`,
    )
    .join(', ')
}

/** The whole page. */
export function report(f: Figures, subject: Subject): string {
  const parts = [
    `Model ${subject.model} ${subject.version}, confidence ${subject.calibrated ? 'calibrated' : 'not calibrated'}; ${f.all.rows} sentences of ${subject.gold}; commands below confidence ${subject.minConfidence} are refused.`,
    `ACCURACY (exact: the same things happen to the same devices; wrong and false refusal are of sentences with something to do, refused of sentences where nothing may be done)\n${table(
      ['', 'sentences', 'exact', 'wrong', 'false refusal', 'refused'],
      [f.all, ...f.slices, ...f.sources].map(shareRow),
    )}`,
    `CONFIDENCE (without the threshold): expected calibration error ${percent(f.reliability.error)}\n${table(
      ['confidence', 'answers', 'mean', 'right'],
      f.reliability.bins.map(b => [
        `${b.from.toFixed(1)} to ${b.to.toFixed(1)}`,
        String(b.count),
        percent(b.confidence),
        percent(b.accuracy),
      ]),
    )}`,
    `THRESHOLD (of answers that would be acted on)\n${table(
      ['at least', 'acted on', 'of these wrong'],
      f.trade.map(t => [t.threshold.toFixed(2), percent(t.coverage), percent(t.risk)]),
    )}`,
    `TIME AND TOKENS\nlatency p50 ${f.latencyMs.p50.toFixed(2)} ms, p95 ${f.latencyMs.p95.toFixed(2)} ms; tokens read ${f.tokens.read}, written ${f.tokens.written} (medians)`,
    `TIMED COMMANDS DONE AT ONCE (must be none): ${f.doneAtOnce.length ? f.doneAtOnce.join(', ') : 'none'}`,
  ]
  if (f.confusions.length)
    parts.push(
      `MOST FREQUENT MISTAKES\n${f.confusions.map(c => `${String(c.count).padStart(4)}  ${c.expected}  ->  ${c.got}`).join('\n')}`,
    )
  if (f.worst.length)
    parts.push(
      `WORST ANSWERS (wrong, the surest first)\n${f.worst
        .map(
          w =>
            `${w.confidence.toFixed(2)}  ${w.id}  ${JSON.stringify(w.utterance)}\n      expected  ${brief(w.expected)}\n      got       ${brief(w.got, w.refusal)}`,
        )
        .join('\n')}`,
    )
  return `${parts.join('\n\n')}\n`
}
