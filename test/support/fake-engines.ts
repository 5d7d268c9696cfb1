/** Engines whose every wait ends when a test says so: interleavings become values that a property can draw. */
import type { Completion, CompletionRequest, ModelInfo } from '../../daemon/inference/engine.js'
import { errors } from '../../daemon/inference/errors.js'
import type { ModelFiles } from '../../daemon/inference/model-files.js'
import type { OwnedEngine } from '../../daemon/inference/tenant.js'

export const infoOf = (name: string): ModelInfo => ({
  name,
  version: '',
  sizeBytes: 1,
  parameters: 1,
  contextTokens: 256,
  threads: 1,
  sequences: 4,
})

/** All engines of one story, and what they wait for. */
export class FakeEngines {
  readonly made: FakeEngine[] = []
  /** What broke a rule that no order of events may break. */
  readonly broken: string[] = []
  /** Most that had a process at one time. */
  most = 0
  #waiting: (() => void)[] = []

  readonly make = (files: ModelFiles): FakeEngine => {
    const engine = new FakeEngine(this, files)
    this.made.push(engine)
    return engine
  }

  wait(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** Lets one wait end. @returns whether there was one */
  async step(pick: number): Promise<boolean> {
    await settled()
    const [go] = this.#waiting.splice(pick % Math.max(1, this.#waiting.length), 1)
    go?.()
    await settled()
    return go !== undefined
  }

  count(): void {
    const running = this.made.filter(e => e.state === 'loading' || e.state === 'loaded').length
    this.most = Math.max(this.most, running)
  }
}

/** Whatever could go on without a further event has done so. */
const settled = () => new Promise<void>(resolve => setImmediate(resolve))

/** A file whose name begins with `bad` does not load. */
export class FakeEngine implements OwnedEngine {
  state: 'made' | 'loading' | 'loaded' | 'ended' = 'made'
  info: ModelInfo | undefined
  readonly trials = []
  readonly losses = 0
  readonly childRssBytes = 0
  readonly pid = undefined
  readonly files: ModelFiles
  limits: unknown
  readonly #world: FakeEngines
  #mayComeForward = true
  readonly #asked = new Set<(error: unknown) => void>()

  constructor(world: FakeEngines, files: ModelFiles) {
    this.#world = world
    this.files = files
  }

  async start(signal: AbortSignal): Promise<void> {
    this.state = 'loading'
    this.#world.count()
    try {
      await Promise.race([this.#world.wait(), aborted(signal)])
      signal.throwIfAborted()
      if (this.state !== 'loading') throw new Error('it was stopped')
      if (this.files.path.startsWith('bad')) throw new Error('its process ended while loading')
      this.info = infoOf(this.files.path)
      this.state = 'loaded'
    } catch (error) {
      this.state = 'ended'
      throw error
    }
  }

  async stop(): Promise<void> {
    if (this.state === 'ended') return
    for (const fail of [...this.#asked]) fail(errors.engine_stopped({}))
    // its process takes its time to end
    if (this.state !== 'made') await this.#world.wait()
    this.state = 'ended'
  }

  async complete(_request: CompletionRequest, signal?: AbortSignal): Promise<Completion> {
    if (this.state !== 'loaded') this.#world.broken.push(`${this.files.path} was asked while ${this.state}`)
    let fail: (error: unknown) => void = () => {}
    const failed = new Promise<never>((_, reject) => {
      fail = reject
    })
    this.#asked.add(fail)
    signal?.addEventListener('abort', () => fail(errors.completion_cancelled({})))
    try {
      await Promise.race([this.#world.wait(), failed])
    } finally {
      this.#asked.delete(fail)
    }
    if (this.state !== 'loaded') this.#world.broken.push(`${this.files.path} answered while ${this.state}`)
    return {
      text: this.files.path,
      tokens: [],
      stop: 'complete',
      figures: {
        promptTokens: 1,
        cachedTokens: 0,
        outputTokens: 1,
        forcedTokens: 0,
        queueMs: 0,
        inferMs: 1,
      },
      model: this.info!,
    }
  }

  /** As if its start were over. */
  loadedAlready(mayComeForward: boolean): this {
    this.info = infoOf(this.files.path)
    this.state = 'loaded'
    this.#mayComeForward = mayComeForward
    return this
  }

  async comeForward(limits?: unknown): Promise<boolean> {
    if (this.state !== 'loaded' || !this.#mayComeForward) return false
    this.limits = limits
    // until it has its room, or ended meanwhile
    await this.#world.wait()
    return this.#isLoaded
  }

  get #isLoaded(): boolean {
    return this.state === 'loaded'
  }

  adjust(limits: unknown): void {
    this.limits = limits
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
