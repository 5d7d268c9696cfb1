/** The model that reads lines: which file it is, and its process, started by the first line that needs it. */
import { existsSync } from 'node:fs'
import type { Clock } from './base/clock.js'
import type { Part } from './base/part.js'
import type { Config } from './config/schema.js'
import { factoryModelOf } from './factory.js'
import { ActiveEngine, type ModelFiles } from './inference/active.js'
import type { Engine } from './inference/engine.js'
import { type EngineEvent, SupervisedEngine, type SupervisorOptions } from './inference/supervisor.js'
import { FactoryLineStage, type LineStage } from './triage/slm/stage.js'
import type { Verdict } from './triage/verdict.js'

/** The line model that ships. */
export const factoryLineModel = (): string => factoryModelOf('line').files.model

/**
 * @returns undefined when the owner wants none; the one that ships with the hash that was signed
 * @throws factory_damaged
 */
export function lineModelFile(config: Config): ModelFiles | undefined {
  const { model, modelFile, modelSha256 } = config.triage
  if (model === 'off') return undefined
  if (modelFile !== undefined) return { path: modelFile, ...(modelSha256 ? { sha256: modelSha256 } : {}) }
  const { files, sha256 } = factoryModelOf('line')
  return existsSync(files.model) ? { path: files.model, sha256 } : undefined
}

export interface LineModelOptions {
  file: ModelFiles
  clock: Clock
  /** 0 measures. */
  threads: number
  sequences?: number
  onEvent?: (event: EngineEvent) => void
  /** Another model reads lines from now on. */
  onSwapped?: () => void
  /** Told of each reading. */
  onRead?: (event: { what: 'answered'; ms: number } | { what: 'error' }) => void
}

/** After a start that failed it is tried again so much later, milliseconds. */
const AGAIN_MS = 60_000

/** A board that never sees an unclear line never pays for the second model. */
export class LineModel implements LineStage, Part {
  readonly name = 'line model'
  readonly #o: LineModelOptions
  #engine: ActiveEngine
  #stage: FactoryLineStage
  #started: Promise<void> | undefined
  #failedAt = Number.NEGATIVE_INFINITY

  constructor(options: LineModelOptions) {
    this.#o = options
    this.#engine = this.#active(options.file)
    this.#stage = new FactoryLineStage(this.#told(this.#engine))
  }

  #active(first: ModelFiles): ActiveEngine {
    return new ActiveEngine({
      make: files => this.supervised(files),
      first,
      clock: this.#o.clock,
      onSwapped: () => this.#o.onSwapped?.(),
    })
  }

  get engine(): ActiveEngine {
    return this.#engine
  }

  /** An engine for a model that reads lines; not started yet. */
  supervised(
    files: ModelFiles,
    onEvent = this.#o.onEvent,
    more: Pick<SupervisorOptions, 'background'> = {},
  ): SupervisedEngine {
    const { clock, threads, sequences = 1 } = this.#o
    return new SupervisedEngine({
      model: files,
      clock,
      threads,
      sequences,
      ...(onEvent ? { onEvent } : {}),
      ...more,
    })
  }

  /** Nothing yet: see `run`. */
  async start(): Promise<void> {}

  async run(input: { line: string; source: string }, signal?: AbortSignal): Promise<Verdict | undefined> {
    const now = this.#o.clock.monotonic()
    if (!this.#started) {
      if (now - this.#failedAt < AGAIN_MS) return undefined
      this.begin().catch(() => {})
    }
    await this.#started
    return this.#stage.run(input, signal)
  }

  /** The engine, with each answer told: how long the model took, without the wait for its turn. */
  #told(engine: ActiveEngine): Engine {
    const { onRead } = this.#o
    return {
      get info() {
        return engine.info
      },
      complete: async (request, signal) => {
        try {
          const completion = await engine.complete(request, signal)
          onRead?.({ what: 'answered', ms: completion.figures.inferMs })
          return completion
        } catch (error) {
          if (!signal?.aborted) onRead?.({ what: 'error' })
          throw error
        }
      },
    }
  }

  /** Starts its process, if that has not been done. @throws what loading throws */
  begin(): Promise<void> {
    this.#started ??= this.#engine.start(new AbortController().signal)
    this.#started.catch(() => {
      this.#failedAt = this.#o.clock.monotonic()
      this.#started = undefined
    })
    return this.#started
  }

  /** Another model reads lines from the next one on; loaded now only where one is loaded. @throws as ActiveEngine.swap */
  async swap(to: ModelFiles, signal: AbortSignal, how: Parameters<ActiveEngine['swap']>[2]): Promise<void> {
    await this.#started?.catch(() => {})
    if (this.#started) return this.#engine.swap(to, signal, how)
    await how.loaded?.stop()
    this.#engine = this.#active(to)
    this.#stage = new FactoryLineStage(this.#told(this.#engine))
    this.#o.onSwapped?.()
  }

  async stop(): Promise<void> {
    await this.#started?.catch(() => {})
    if (this.#started) await this.#engine.stop()
    this.#started = undefined
  }
}
