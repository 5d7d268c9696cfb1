/** One line of text from outside, as every source hands it on. */
export interface ArrivedLine {
  /** Who said it: `serial:ttyUSB0`, `syslog:router`, `tail:app.log`. */
  source: string
  /** Without its line end. Control characters but tab, and bytes that are no text, stand as `\xNN`. */
  line: string
  /** Arrival, milliseconds since the epoch. */
  at: number
  /** It was longer than the limit; what came behind is dropped. */
  truncated?: true
}

/** What can be wrong with a source as a whole: each is said once when it begins. */
export type TroubleKind = 'lost' | 'silent' | 'flooding' | 'damaged'

/**
 * A source that is itself an incident. `lost` is over with `back`; `silent`, `flooding` and `damaged` are over with
 * `settled`, and `ends` says which of them.
 */
export interface SourceTrouble {
  source: string
  kind: TroubleKind | 'back' | 'settled'
  /** A sentence for people, with the figures. */
  detail: string
  remedy: string
  ends?: Exclude<TroubleKind, 'lost'>
}

/** Takes what sources bring. Must not throw, and must be quick: it is called once a line. */
export interface LineSink {
  line(line: ArrivedLine): void
  trouble(trouble: SourceTrouble): void
}
