/** Lines of many sources, each with the header and the templates that it has shown so far. A source cannot harm another. */
import { type HeaderShape, learnHeader, messageStart, NO_HEADER } from './header.js'
import { type MinerState, type Template, TemplateMiner } from './template.js'

export interface LinesOptions {
  /** Most sources that are remembered; the one silent for longest goes. Default 1,000. */
  mostSources: number
  /** Most templates of one source. Default 5,000. */
  mostTemplates: number
  /** Most templates of all sources together; beyond them those with most forget. Default 50,000: 60 MB at most. */
  mostInAll: number
  /** A header is learnt from so many lines. Default 200. */
  headerLines: number
  /** Ids of templates that are never forgotten: a person has spoken of them. Default none. */
  kept(): ReadonlySet<string>
  /** The header of a source was learnt anew, and with it every id: `idOf` says what the id of a line is now. */
  relearnt(source: string, idOf: (line: string) => string): void
}

/** What outlives a restart. */
export interface LinesState {
  version: 1
  sources: { name: string; header: HeaderShape; seen: number; miner: MinerState }[]
}

interface Source {
  header: HeaderShape
  /** Lines so far, up to `headerLines`. */
  seen: number
  /** The first lines, as long as the header is being learnt. */
  first: string[]
  miner: TemplateMiner
}

/** The header is looked for again at so many lines: early ones must not wait for the two hundredth. */
const LOOK_AT = [10, 20, 50, 100]

/** All sources are counted with every so many lines. */
const LOOK_AT_ALL = 1_024

export class LineTemplates {
  readonly #o: LinesOptions
  readonly #sources = new Map<string, Source>()
  #learnt = 0

  constructor(options: Partial<LinesOptions> = {}) {
    this.#o = {
      mostSources: 1_000,
      mostTemplates: 5_000,
      mostInAll: 50_000,
      headerLines: 200,
      kept: () => new Set(),
      relearnt: () => {},
      ...options,
    }
  }

  /** Templates of all sources. */
  get size(): number {
    return [...this.#sources.values()].reduce((sum, s) => sum + s.miner.size, 0)
  }

  /** Teaches the header of a source from lines that are at hand, so that the first of them is read like the last. */
  teach(name: string, lines: readonly string[]): void {
    const source = this.#source(name)
    if (source.seen > 0) return
    source.header = learnHeader(lines.slice(0, this.#o.headerLines))
    source.seen = Math.min(lines.length, this.#o.headerLines)
    source.first = source.seen < this.#o.headerLines ? [...lines] : []
  }

  /** The template of a line, learnt if it is new; the message begins at `start`. */
  learn(name: string, line: string): { template: Template; start: number } {
    const source = this.#source(name)
    if (source.seen < this.#o.headerLines) this.#look(name, source, line)
    const start = messageStart(line, source.header)
    if (++this.#learnt % LOOK_AT_ALL === 0) this.#bound()
    return { template: source.miner.learn(line, name, start), start }
  }

  /** Whether a line is of a template that was seen before. Learns nothing. */
  knows(name: string, line: string): boolean {
    const source = this.#sources.get(name)
    return source?.miner.find(line, messageStart(line, source.header)) !== undefined
  }

  /** Plain values, for a file. */
  state(): LinesState {
    const sources = [...this.#sources].map(([name, { header, seen, miner }]) => ({
      name,
      header,
      seen,
      miner: miner.state(),
    }))
    return { version: 1, sources }
  }

  /** @param state as `state()` gave it */
  static restore(state: LinesState, options: Partial<LinesOptions> = {}): LineTemplates {
    const lines = new LineTemplates(options)
    const { mostTemplates, kept } = lines.#o
    for (const { name, header, seen, miner } of state.sources.slice(-lines.#o.mostSources))
      lines.#sources.set(name, {
        header,
        seen,
        first: [],
        miner: TemplateMiner.restore(miner, { mostTemplates, kept }),
      })
    return lines
  }

  #source(name: string): Source {
    let source = this.#sources.get(name)
    if (source) {
      // only where there are many is it worth to know which was silent for longest
      if (this.#sources.size > this.#o.mostSources / 2) {
        this.#sources.delete(name)
        this.#sources.set(name, source)
      }
      return source
    }
    const { mostTemplates, mostSources, kept } = this.#o
    source = { header: NO_HEADER, seen: 0, first: [], miner: new TemplateMiner({ mostTemplates, kept }) }
    this.#sources.set(name, source)
    if (this.#sources.size > mostSources) this.#sources.delete(this.#sources.keys().next().value!)
    return source
  }

  #bound(): void {
    for (let size = this.size, before = 0; size > this.#o.mostInAll && size !== before; ) {
      const { miner } = [...this.#sources.values()].reduce((a, b) => (b.miner.size > a.miner.size ? b : a))
      miner.shed()
      before = size
      size = this.size
    }
  }

  #look(name: string, source: Source, line: string): void {
    const { headerLines, mostTemplates, kept, relearnt } = this.#o
    source.first.push(line)
    source.seen++
    if (!LOOK_AT.includes(source.seen) && source.seen !== headerLines) return
    const header = learnHeader(source.first)
    if (JSON.stringify(header) !== JSON.stringify(source.header)) {
      // what was cut elsewhere was another message: its words would pass for values of this one
      source.header = header
      source.miner = new TemplateMiner({ mostTemplates, kept })
      for (const text of source.first.slice(0, -1)) source.miner.learn(text, name, messageStart(text, header))
      relearnt(name, said => source.miner.learn(said, name, messageStart(said, header)).id)
    }
    if (source.seen >= headerLines) source.first = []
  }
}
