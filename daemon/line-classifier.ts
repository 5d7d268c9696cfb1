/** What weighs lines: which weights, read once at the start, and replaced while lines come. */
import { createHash } from 'node:crypto'
import type { FactoryModel } from '../ota/client/slots.js'
import type { Clock } from './base/clock.js'
import { describe } from './base/errors.js'
import { packageVersion } from './base/package-root.js'
import type { Config } from './config/schema.js'
import type { Conditions } from './observability/conditions.js'
import type { Events } from './observability/events.js'
import { Classifier, readWeights, shippedWeights } from './triage/classifier/classifier.js'

/** What updates call it. */
export const CLASSIFIER = 'classifier'

type OnRead = (event: { what: 'answered'; ms: number }) => void

export interface LineClassifierOptions {
  config: Config
  clock: Clock
  events: Events
  conditions: Conditions
  /** Told of each line that is weighed. */
  onRead?: OnRead
}

export class LineClassifier {
  readonly #o: LineClassifierOptions
  /** The owner named a file: it is theirs to replace. */
  readonly isOwn: boolean
  #now: Classifier
  #taker: (classifier: Classifier) => void = () => {}

  private constructor(options: LineClassifierOptions, path: string, isOwn: boolean) {
    this.#o = options
    this.isOwn = isOwn
    this.#now = this.#read(path)
  }

  /**
   * The owner's weights; where they cannot be used, those that ship, and that is told.
   * @returns undefined where the owner wants none or none can be read: plain code judges alone, which is better than no daemon
   */
  static find(options: LineClassifierOptions): LineClassifier | undefined {
    const { classifier, classifierFile } = options.config.triage
    if (classifier === 'off') return undefined
    const isOwn = classifierFile !== undefined
    for (const path of [...(isOwn ? [classifierFile] : []), shippedWeights()])
      try {
        return new LineClassifier(options, path, isOwn)
      } catch (error) {
        missing(options, error)
      }
    return undefined
  }

  get now(): Classifier {
    return this.#now
  }

  /** Other weights weigh lines from the next one on. @throws classifier_broken, and nothing has changed */
  take(path: string): void {
    this.#now = this.#read(path)
    this.#taker(this.#now)
  }

  /** What came over the air before this start. An older or newer package may not read it: then those that ship stay, and that is told. */
  goOnWith(path: string): void {
    try {
      this.take(path)
    } catch (error) {
      missing(this.#o, error)
    }
  }

  /** Whoever weighs lines: is handed each classifier that takes over. @returns ends that */
  feed(taker: (classifier: Classifier) => void): () => void {
    this.#taker = taker
    return () => {
      this.#taker = () => {}
    }
  }

  #read(path: string): Classifier {
    const { clock, onRead } = this.#o
    return new Told(readWeights(path), path, clock, onRead ?? (() => {}))
  }
}

function missing({ conditions, events }: LineClassifierOptions, error: unknown): void {
  conditions.raise('classifier_unusable', describe(error))
  events.tell('ClassifierMissing', { problem: describe(error) })
}

/** Says how long it took, each time. */
class Told extends Classifier {
  readonly #clock: Clock
  readonly #onRead: OnRead

  constructor(bytes: Uint8Array, path: string, clock: Clock, onRead: OnRead) {
    super(bytes, path)
    this.#clock = clock
    this.#onRead = onRead
  }

  override classify(...what: Parameters<Classifier['classify']>): ReturnType<Classifier['classify']> {
    const began = this.#clock.monotonic()
    const classes = super.classify(...what)
    this.#onRead({ what: 'answered', ms: this.#clock.monotonic() - began })
    return classes
  }
}

/** The weights that ship, as an updater takes them: of the package's version, below all that a repository offers. */
export function shippedClassifier(): FactoryModel & { release: number; files: { model: string } } {
  const model = shippedWeights()
  const sha256 = createHash('sha256').update(readWeights(model)).digest('hex')
  return { version: packageVersion(), release: 0, sha256, files: { model } }
}
