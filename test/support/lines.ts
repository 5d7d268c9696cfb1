import type { ArrivedLine, LineSink, SourceTrouble } from '../../daemon/bus/lines/line.js'

/** A sink that remembers. */
export class HeardLines implements LineSink {
  readonly lines: ArrivedLine[] = []
  readonly troubles: SourceTrouble[] = []
  line(line: ArrivedLine): void {
    this.lines.push(line)
  }
  trouble(trouble: SourceTrouble): void {
    this.troubles.push(trouble)
  }

  /** The lines of one source, or of all. */
  texts(source?: string): string[] {
    return this.lines.filter(l => source === undefined || l.source === source).map(l => l.line)
  }

  /** `flooding`, `settled flooding`. */
  kinds(source?: string): string[] {
    return this.troubles
      .filter(l => source === undefined || l.source === source)
      .map(({ kind, ends }) => (ends ? `${kind} ${ends}` : kind))
  }

  /** @throws after `withinMs` */
  async until(what: string, passes: (heard: HeardLines) => boolean, withinMs = 10_000): Promise<void> {
    const late = Date.now() + withinMs
    while (!passes(this)) {
      if (Date.now() > late)
        throw new Error(
          `not within ${withinMs} ms: ${what}; ${this.lines.length} lines, ${JSON.stringify(this.troubles)}`,
        )
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
}
