/** Answers to figures. Pure. */
import { type Bin, calibrationError, reliability, riskCoverage, type Trade } from './reliability.js'
import { sliceOf } from './rows.js'
import type { Answered } from './run.js'

/** Of some rows. Shares 0 to 1; null where there is nothing to take a share of. */
export interface Share {
  name: string
  rows: number
  exact: number
  /** Of rows with something to do: done, but not exactly right. */
  actedWrongly: number | null
  /** Of rows with something to do: refused. */
  falselyRefused: number | null
  /** Of rows where nothing may be done: refused. */
  refused: number | null
}

export interface Figures {
  all: Share
  slices: Share[]
  sources: Share[]
  confusions: { expected: string; got: string; count: number }[]
  reliability: { error: number; bins: Bin[] }
  /** Of the answers that would be acted on. */
  trade: Trade[]
  latencyMs: { p50: number; p95: number }
  /** Medians. */
  tokens: { read: number; written: number }
  doneAtOnce: string[]
  worst: Worst[]
}

/** A wrong answer. */
export interface Worst {
  id: string
  utterance: string
  confidence: number
  expected: unknown
  got: unknown
  refusal?: string
}

const MOST_CONFUSIONS = 15
const MOST_WORST = 20
const THRESHOLDS = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]

const share = (list: readonly Answered[], is: (a: Answered) => boolean): number | null =>
  list.length ? list.filter(is).length / list.length : null

function shareOf(name: string, answers: readonly Answered[]): Share {
  const wanted = answers.filter(a => !a.row.expected_none)
  return {
    name,
    rows: answers.length,
    exact: share(answers, a => a.right) ?? 0,
    actedWrongly: share(wanted, a => !a.right && a.actions.length > 0),
    falselyRefused: share(wanted, a => a.actions.length === 0),
    refused: share(
      answers.filter(a => a.row.expected_none),
      a => a.actions.length === 0,
    ),
  }
}

function groups(answers: readonly Answered[], nameOf: (a: Answered) => string | undefined): Share[] {
  const found = new Map<string, Answered[]>()
  for (const a of answers) {
    const name = nameOf(a)
    if (name) found.set(name, [...(found.get(name) ?? []), a])
  }
  return [...found].map(([name, list]) => shareOf(name, list)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The value below which a share of the values lies; 0 for none. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? 0
}

const names = (actions: readonly { action: string }[]) =>
  [...new Set(actions.map(a => a.action))].sort().join(' + ')

function confusions(answers: readonly Answered[]): Figures['confusions'] {
  const counts = new Map<string, number>()
  for (const { row, actions, refusal, right } of answers) {
    if (right) continue
    const expected = row.expected_none ? `nothing (${row.none_reason ?? 'refuse'})` : names(row.expected)
    const did = names(actions)
    const got = did === '' ? `refused: ${refusal}` : did === expected ? `${did}, otherwise` : did
    const key = JSON.stringify([expected, got])
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_CONFUSIONS)
    .map(([key, count]) => {
      const [expected, got] = JSON.parse(key) as [string, string]
      return { expected, got, count }
    })
}

/** All figures of a run. */
export function figuresOf(answers: readonly Answered[]): Figures {
  const bins = reliability(answers.map(a => ({ confidence: a.confidence, right: a.rightUnasked })))
  const read = answers.filter(a => a.promptTokens > 0)
  return {
    all: shareOf('all', answers),
    slices: groups(answers, a => sliceOf(a.row)),
    sources: groups(answers, a => a.row.source),
    confusions: confusions(answers),
    reliability: { error: calibrationError(bins), bins },
    trade: riskCoverage(
      answers.filter(a => a.acts).map(a => ({ confidence: a.confidence, right: a.rightUnasked })),
      THRESHOLDS,
    ),
    latencyMs: {
      p50: quantile(
        answers.map(a => a.ms),
        0.5,
      ),
      p95: quantile(
        answers.map(a => a.ms),
        0.95,
      ),
    },
    tokens: {
      read: quantile(
        read.map(a => a.promptTokens),
        0.5,
      ),
      written: quantile(
        read.map(a => a.outputTokens),
        0.5,
      ),
    },
    doneAtOnce: answers.filter(a => a.hasty).map(a => a.row.id),
    worst: answers
      .filter(a => !a.right)
      .sort((a, b) => b.confidence - a.confidence)
      .slice(0, MOST_WORST)
      .map(({ row, actions, refusal, confidence }) => ({
        id: row.id,
        utterance: row.utterance,
        confidence,
        expected: row.expected_none ? [] : row.expected,
        got: actions,
        ...(refusal ? { refusal } : {}),
      })),
  }
}
