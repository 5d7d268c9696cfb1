/**
 * What people say of a template: "this is normal here", "this is serious". It holds at once, is listed, can be undone,
 * and leaves as training rows. It belongs to the template and to what it was judged as: a `fault` of the same template
 * is not made normal by a word about its `warning`.
 */
import { z } from '../base/schema.js'
import { CATEGORIES, COMPONENTS, SEVERITIES, type Severity, type Verdict } from './verdict.js'

export type Word = 'normal' | 'serious'

export interface Said {
  templateId: string
  /** Severity and category that it was said about. */
  about: Pick<Verdict, 'severity' | 'category'>
  word: Word
  /** The line it was said about. */
  line: string
  source: string
  component: Verdict['component']
  who: string
  /** ISO 8601. */
  at: string
}

export interface FeedbackState {
  version: 1
  said: Said[]
}

export const FeedbackStateSchema = z.object({
  version: z.literal(1),
  said: z.array(
    z.object({
      templateId: z.string(),
      about: z.object({ severity: z.enum(SEVERITIES), category: z.enum(CATEGORIES) }),
      word: z.enum(['normal', 'serious']),
      line: z.string(),
      source: z.string(),
      component: z.enum(COMPONENTS),
      who: z.string(),
      at: z.string(),
    }),
  ),
})

/** A row to train on: the line, where it came from, and what it is. */
export interface FeedbackRow {
  line: string
  source: string
  expected: { severity: Severity; category: string; component: string; needs_human: boolean }
  said_by: string
  at: string
}

/** More are refused: the oldest must be undone first. */
const MOST_SAID = 10_000

export class Feedback {
  readonly #said = new Map<string, Said>()
  readonly #changed: (templateId: string) => void

  constructor(state: FeedbackState | undefined, changed: (templateId: string) => void) {
    this.#changed = changed
    for (const said of state?.said ?? []) this.#said.set(keyOf(said.templateId, said.about), said)
  }

  /** @returns whether there was room for it */
  say(said: Said): boolean {
    const key = keyOf(said.templateId, said.about)
    if (this.#said.size >= MOST_SAID && !this.#said.has(key)) return false
    this.#said.set(key, said)
    this.#changed(said.templateId)
    return true
  }

  /** @returns what was undone */
  undo(templateId: string): Said[] {
    const gone = [...this.#said.values()].filter(s => s.templateId === templateId)
    for (const said of gone) this.#said.delete(keyOf(said.templateId, said.about))
    if (gone.length > 0) this.#changed(templateId)
    return gone
  }

  /** Ids of the templates that somebody has spoken of. */
  ids(): Set<string> {
    return new Set([...this.#said.values()].map(s => s.templateId))
  }

  /** The templates of a source have other ids now: what was said stays with its line. */
  move(source: string, idOf: (line: string) => string): void {
    for (const [key, said] of [...this.#said]) {
      if (said.source !== source) continue
      const templateId = idOf(said.line)
      if (templateId === said.templateId) continue
      this.#said.delete(key)
      this.#said.set(keyOf(templateId, said.about), { ...said, templateId })
      this.#changed(templateId)
    }
  }

  list(): Said[] {
    return [...this.#said.values()]
  }

  /** The verdict that a person's word makes of this one; undefined when nobody spoke. */
  of(templateId: string, verdict: Verdict): Verdict | undefined {
    if (this.#said.size === 0) return undefined
    const said = this.#said.get(keyOf(templateId, verdict))
    if (!said) return undefined
    const reason =
      `${said.who} said on ${said.at.slice(0, 10)}: ${said.word === 'normal' ? 'normal here' : 'serious'}; ${verdict.reason}`.slice(
        0,
        200,
      )
    if (said.word === 'normal') {
      const { cause: _cause, action: _action, ...rest } = verdict
      return {
        ...rest,
        severity: 'normal',
        category: 'normal',
        needsHuman: false,
        reason,
        confidence: 1,
        stage: 'operator',
      }
    }
    return {
      ...verdict,
      severity: SERIOUS[verdict.severity],
      category: verdict.category === 'normal' ? 'process_deviation' : verdict.category,
      needsHuman: true,
      reason,
      cause: verdict.cause ?? 'Known to people here.',
      action: verdict.action ?? 'Ask who marked it as serious.',
      confidence: 1,
      stage: 'operator',
    }
  }

  /** Training rows, in the form of evaluation sets. */
  rows(): FeedbackRow[] {
    return this.list().map(({ line, source, about, word, component, who, at }) => {
      const severity = word === 'normal' ? 'normal' : SERIOUS[about.severity]
      const category =
        word === 'normal' ? 'normal' : about.category === 'normal' ? 'process_deviation' : about.category
      return {
        line,
        source,
        expected: { severity, category, component, needs_human: word === 'serious' },
        said_by: who,
        at,
      }
    })
  }

  state(): FeedbackState {
    return { version: 1, said: this.list() }
  }
}

const keyOf = (templateId: string, about: Pick<Verdict, 'severity' | 'category'>) =>
  `${templateId} ${about.severity} ${about.category}`

/** Serious is critical, or what is worse. */
const SERIOUS: Record<Severity, Severity> = {
  normal: 'critical',
  advisory: 'critical',
  warning: 'critical',
  critical: 'critical',
  emergency: 'emergency',
}
