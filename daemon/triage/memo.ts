/**
 * Verdicts that are remembered: by template and by the shape of the line (signature.ts), never by template alone. Where
 * the values of numbers count, or a line may be bait, the whole message counts. Whether numbers count is found out once
 * for each shape.
 */
import { evidenceOf, reasonOf } from './judge/evidence.js'
import { withoutTimes, wordsOf } from './judge/words.js'
import { shapeOf } from './signature.js'
import type { Verdict } from './verdict.js'

export interface MemoOptions {
  /** Most templates; the one not seen for longest goes. Default 20,000. */
  mostTemplates: number
  /** Most verdicts of one template; beyond them the oldest half goes. Default 1,024. */
  mostVerdicts: number
  /** Most verdicts of all templates together. Default 100,000. */
  mostInAll: number
}

interface Kept {
  verdict: Verdict
  /** Words of the line that its evidence is made of, the end excluded: those of another line of this shape are quoted. */
  from: number
  to: number
  /** Without a quote. */
  bare: Verdict
}
/** `by message`: this shape has a verdict for each message of its own. */
type Remembered = Kept | 'by message'

export class VerdictMemo {
  readonly #o: MemoOptions
  readonly #templates = new Map<string, Map<number | string, Remembered>>()
  #verdicts = 0

  constructor(options: Partial<MemoOptions> = {}) {
    this.#o = { mostTemplates: 20_000, mostVerdicts: 1_024, mostInAll: 100_000, ...options }
  }

  get size(): number {
    return this.#templates.size
  }

  /** The verdict of a line of this template, as it was given before. */
  find(templateId: string, line: string, start: number): Verdict | undefined {
    const known = this.#templates.get(templateId)
    const key = known && keyOf(line, start)
    if (key === undefined) return undefined
    const found = known!.get(key)
    if (found !== 'by message') return found && quoting(line, found)
    const own = known!.get(byMessage(key, line, start))
    return own === 'by message' ? undefined : own?.verdict
  }

  /**
   * @param numbersCount asked once for each shape
   */
  keep(templateId: string, line: string, start: number, verdict: Verdict, numbersCount: () => boolean): void {
    const key = keyOf(line, start)
    if (key === undefined) return
    let known = this.#templates.get(templateId)
    if (!known) {
      known = new Map()
      this.#templates.set(templateId, known)
      if (this.#templates.size > this.#o.mostTemplates) this.forget(this.#templates.keys().next().value!)
    }
    const before = known.size
    const kept = placed(line, verdict)
    if (typeof key === 'string') known.set(key, kept)
    else if (known.get(key) === 'by message' || numbersCount()) {
      known.set(key, 'by message')
      known.set(byMessage(key, line, start), kept)
    } else known.set(key, kept)
    if (known.size > this.#o.mostVerdicts) {
      let gone = this.#o.mostVerdicts / 2
      for (const old of known.keys()) {
        if (gone-- <= 0) break
        known.delete(old)
      }
    }
    this.#verdicts += known.size - before
    while (this.#verdicts > this.#o.mostInAll) this.forget(this.#templates.keys().next().value!)
  }

  /** Everything, when the model or the books are others; or what is known of one template, when a person has spoken. */
  forget(templateId?: string): void {
    if (templateId === undefined) {
      this.#templates.clear()
      this.#verdicts = 0
      return
    }
    this.#verdicts -= this.#templates.get(templateId)?.size ?? 0
    this.#templates.delete(templateId)
  }
}

function placed(line: string, verdict: Verdict): Kept {
  const at = verdict.evidence ? line.indexOf(verdict.evidence) : -1
  const bare = { ...verdict, evidence: '', reason: verdict.reason.split(': “')[0]! }
  if (at < 0) return { verdict, from: 0, to: 0, bare }
  const words = wordsOf(line)
  const from = words.findIndex(w => w.end > at)
  const end = at + verdict.evidence.length
  return { verdict, from, to: words.filter(w => w.start < end).length, bare }
}

/** The verdict with the words of this line: it is another pump that leaks. */
function quoting(line: string, { verdict, from, to, bare }: Kept): Verdict {
  if (to === 0 || line.includes(verdict.evidence)) return verdict
  // normal lines are many, and nobody asks what made them normal
  if (verdict.severity === 'normal') return bare
  const evidence = evidenceOf(line, wordsOf(line), from, to)
  return { ...verdict, evidence, reason: reasonOf(bare.reason, evidence) }
}

/** Of the shape of the whole line, header and all; of bait it is the line. Undefined: judged each time. */
function keyOf(line: string, start: number): number | string | undefined {
  const shape = shapeOf(line, start)
  if (!shape) return undefined
  return shape.bait ? `bait ${line}` : shape.key
}

/** Times of a header count nowhere. */
const byMessage = (key: number | string, line: string, start: number) =>
  start === 0
    ? `${key} ${line}`
    : `${key} ${withoutTimes(line.slice(0, start)).replace(/\[\d+\]/, '')}${line.slice(start)}`
