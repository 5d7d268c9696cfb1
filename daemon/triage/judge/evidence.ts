/** What a verdict rests on, as it stands in the line. Pure. */
import type { Word } from './words.js'

const REASON_CHARS = 200
const QUOTE_CHARS = 90

/** The line from one word to another, the end excluded. */
export function evidenceOf(line: string, words: readonly Word[], from: number, to: number): string {
  const first = words[Math.max(0, from)]
  const last = words[Math.min(words.length, to) - 1]
  return first && last ? line.slice(first.start, Math.max(last.end, first.end)) : ''
}

/** One sentence of at most 200 characters that quotes its evidence. */
export function reasonOf(what: string, evidence: string): string {
  const quote = evidence.length > QUOTE_CHARS ? `${evidence.slice(0, QUOTE_CHARS)}…` : evidence
  const text = quote ? `${what}: “${quote}”` : what
  return text.length > REASON_CHARS ? `${text.slice(0, REASON_CHARS - 1)}…` : text
}
