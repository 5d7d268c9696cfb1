/**
 * Verdicts that are remembered: by template and by the shape of the line (signature.ts), never by template alone. Where
 * numbers may decide, what they come to counts too (judge/numbers-say.ts), or else the whole message. Which numbers may is
 * found out once for each shape.
 */
import { evidenceOf, reasonOf } from './judge/evidence.js'
import type { NumbersSay } from './judge/numbers-say.js'
import { withoutTimes } from './judge/unread.js'
import { wordsOf } from './judge/words.js'
import { Runs, type Shape, shapeOf } from './signature.js'
import type { Verdict } from './verdict.js'

export interface MemoOptions {
  /** Most templates; the one not seen for longest goes. Default 20,000. */
  mostTemplates: number
  /** Most verdicts of one template; beyond them the oldest half goes. Default 4,096. */
  mostVerdicts: number
  /** Most verdicts of all templates together. Default 100,000. */
  mostInAll: number
}

/** Where the evidence stands in a line: by words, the end excluded, and by runs (signature.ts), where it is a run's begin and end. */
interface Quote {
  from: number
  to: number
  runs?: { from: number; to: number }
}
interface Kept {
  key: Key
  verdict: Verdict
  quote: Quote
  /** Without a quote. */
  bare: Verdict
}
/** This shape has several verdicts, by what its numbers say. */
interface Counted {
  key: Key
  say: NumbersSay
  /** When they say nothing out of the ordinary. */
  calm?: Kept
}
type Remembered = Kept | Counted
type Key = number | string
/** Whole numbers of 32 bits are found several times faster than longer ones. What is found says whose it is. */
const placeOf = (key: Key): Key => (typeof key === 'number' ? key | 0 : key)

export class VerdictMemo {
  readonly #o: MemoOptions
  /** Verdicts by the place of their key. */
  readonly #templates = new Map<string, Map<Key, Remembered>>()
  #verdicts = 0
  readonly #runs = new Runs()

  constructor(options: Partial<MemoOptions> = {}) {
    this.#o = { mostTemplates: 20_000, mostVerdicts: 4_096, mostInAll: 100_000, ...options }
  }

  get size(): number {
    return this.#templates.size
  }

  /** The verdict of a line of this template, as it was given before. */
  find(templateId: string, line: string, start: number): Verdict | undefined {
    const known = this.#templates.get(templateId)
    if (!known) return undefined
    const runs = this.#runs
    const shape = shapeOf(line, start, runs)
    if (!shape) return undefined
    const key = keyOf(line, shape)
    let found = known.get(placeOf(key))
    if (found?.key !== key) return undefined
    if ('say' in found) {
      const said = found.say(line, start, runs)
      found = said === '' ? found.calm : known.get(keyWith(key, said, line, start))
    }
    return found && 'verdict' in found ? quoting(line, runs, found) : undefined
  }

  /**
   * @param numbersSay asked once for each shape, with where the runs of the line stand; it gives undefined when they decide
   * nothing
   */
  keep(
    templateId: string,
    line: string,
    start: number,
    verdict: Verdict,
    numbersSay: (shape: Shape, runs: Runs) => NumbersSay | undefined,
  ): void {
    const runs = this.#runs
    const shape = shapeOf(line, start, runs)
    if (!shape) return
    const key = keyOf(line, shape)
    let known = this.#templates.get(templateId)
    if (!known) {
      known = new Map()
      this.#templates.set(templateId, known)
      if (this.#templates.size > this.#o.mostTemplates) this.forget(this.#templates.keys().next().value!)
    }
    const before = known.size
    const kept = placed(key, line, runs, verdict)
    const there = known.get(placeOf(key))
    const told = there?.key === key && 'say' in there ? there : undefined
    const say = told ? told.say : numbersSay(shape, runs)
    if (say) {
      const counted: Counted = told ?? { key, say }
      known.set(placeOf(key), counted)
      const said = say(line, start, runs)
      if (said === '') counted.calm = kept
      else known.set(keyWith(key, said, line, start), kept)
    } else known.set(placeOf(key), kept)
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

function placed(key: Key, line: string, runs: Runs, verdict: Verdict): Kept {
  const at = verdict.evidence ? line.indexOf(verdict.evidence) : -1
  const bare = { ...verdict, evidence: '', reason: verdict.reason.split(': “')[0]! }
  return {
    key,
    verdict,
    bare,
    quote: at < 0 ? { from: 0, to: 0 } : quoteOf(line, runs, at, verdict.evidence),
  }
}

function quoteOf(line: string, runs: Runs, at: number, evidence: string): Quote {
  const words = wordsOf(line)
  const from = words.findIndex(w => w.end > at)
  const to = words.filter(w => w.start < at + evidence.length).length
  const begin = runs.indexOf(words[from]?.start, 'begin')
  const end = runs.indexOf(words[to - 1]?.end, 'end')
  return begin < 0 || end < begin ? { from, to } : { from, to, runs: { from: begin, to: end } }
}

/** The verdict with the words of this line: it is another pump that leaks. */
function quoting(line: string, runs: Runs, { verdict, quote, bare }: Kept): Verdict {
  if (verdict.evidence === '' || line.includes(verdict.evidence)) return verdict
  // normal lines are many, and nobody asks what made them normal; a quote without a word is a time
  if (verdict.severity === 'normal' || quote.to <= quote.from) return bare
  const evidence = quote.runs
    ? line.slice(runs.places[quote.runs.from], runs.places[quote.runs.to])
    : evidenceOf(line, wordsOf(line, quote.to), quote.from, quote.to)
  return { ...verdict, evidence, reason: reasonOf(bare.reason, evidence) }
}

/** Of the shape of the whole line, header and all; of what may be bait it is every word, and text in disguise as it is. */
function keyOf(line: string, { key, bait }: Shape): Key {
  if (!bait) return key
  return DISGUISED.test(line) ? `bait ${line}` : `bait ${key} ${line.replace(/\d/g, '9')}`
}
const DISGUISED = /[A-Za-z0-9+/]{32,}/

/** With what the numbers say, or else the message; times of a header count nowhere. */
function keyWith(key: Key, said: string | undefined, line: string, start: number): Key {
  if (said !== undefined) return `${key}=${said}`
  if (start === 0) return `${key} ${line}`
  return `${key} ${withoutTimes(line.slice(0, start)).replace(/\[\d+\]/, '')}${line.slice(start)}`
}
