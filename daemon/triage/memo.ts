/**
 * Verdicts that are remembered: by template and by what decides in it (signature.ts), never by template alone. Whether
 * numbers decide is tried out once for each template: its first line is judged again with other numbers.
 */
import { signatureOf } from './signature.js'
import type { Verdict } from './verdict.js'

export interface MemoOptions {
  /** Most templates; the one not seen for longest goes. Default 20,000. */
  mostTemplates: number
  /** Most verdicts of one template; beyond them the oldest half goes. Default 256. */
  mostVerdicts: number
  /** Most verdicts of all templates together. Default 100,000. */
  mostInAll: number
}

interface Remembered {
  numbers: boolean
  verdicts: Map<string, Verdict>
}

export class VerdictMemo {
  readonly #o: MemoOptions
  readonly #templates = new Map<string, Remembered>()
  #verdicts = 0

  constructor(options: Partial<MemoOptions> = {}) {
    this.#o = { mostTemplates: 20_000, mostVerdicts: 256, mostInAll: 100_000, ...options }
  }

  get size(): number {
    return this.#templates.size
  }

  /** The verdict of a line of this template, as it was given before. */
  find(templateId: string, line: string, start: number): Verdict | undefined {
    const known = this.#templates.get(templateId)
    if (!known) return undefined
    const signature = keyOf(line, start, known.numbers)
    return signature === undefined ? undefined : known.verdicts.get(signature)
  }

  /**
   * @param numbersDecide asked once for each template
   */
  keep(
    templateId: string,
    line: string,
    start: number,
    verdict: Verdict,
    numbersDecide: () => boolean,
  ): void {
    let known = this.#templates.get(templateId)
    if (!known) {
      known = { numbers: numbersDecide(), verdicts: new Map() }
      this.#templates.set(templateId, known)
      if (this.#templates.size > this.#o.mostTemplates) this.forget(this.#templates.keys().next().value!)
    } else if (!known.numbers && numbersDecide()) {
      // words new to this template brought numbers with them that decide
      known.numbers = true
      this.#verdicts -= known.verdicts.size
      known.verdicts.clear()
    }
    const signature = keyOf(line, start, known.numbers)
    if (signature === undefined) return
    if (!known.verdicts.has(signature)) this.#verdicts++
    known.verdicts.set(signature, verdict)
    if (known.verdicts.size > this.#o.mostVerdicts) {
      let gone = this.#o.mostVerdicts / 2
      for (const key of known.verdicts.keys()) {
        if (gone-- <= 0) break
        known.verdicts.delete(key)
        this.#verdicts--
      }
    }
    while (this.#verdicts > this.#o.mostInAll) this.forget(this.#templates.keys().next().value!)
  }

  /** Everything, when the model or the books are others; or what is known of one template, when a person has spoken. */
  forget(templateId?: string): void {
    if (templateId === undefined) {
      this.#templates.clear()
      this.#verdicts = 0
      return
    }
    this.#verdicts -= this.#templates.get(templateId)?.verdicts.size ?? 0
    this.#templates.delete(templateId)
  }
}

/** Words of the header decide too (a level), its numbers do not (a time). */
function keyOf(line: string, start: number, withNumbers: boolean): string | undefined {
  if (start === 0) return signatureOf(line, withNumbers)
  const head = signatureOf(line.slice(0, start), false)
  const message = signatureOf(line.slice(start), withNumbers)
  return head === undefined || message === undefined ? undefined : `${head}\n${message}`
}
