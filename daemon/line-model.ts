/** The model that reads lines: which file it is, and its process, started by the first line that needs it. */
import { existsSync } from 'node:fs'
import type { Clock } from './base/clock.js'
import type { Part } from './base/part.js'
import type { Config } from './config/schema.js'
import { factoryModelOf } from './factory.js'
import { type EngineEvent, SupervisedEngine } from './inference/supervisor.js'
import { FactoryLineStage, type LineStage } from './triage/slm/stage.js'
import type { Verdict } from './triage/verdict.js'

/** The line model that ships. */
export const factoryLineModel = (): string => factoryModelOf('line').files.model

/**
 * @returns undefined when the owner wants none; the one that ships with the hash that was signed
 * @throws factory_damaged
 */
export function lineModelFile(config: Config): { path: string; sha256?: string } | undefined {
  const { model, modelFile, modelSha256 } = config.triage
  if (model === 'off') return undefined
  if (modelFile !== undefined) return { path: modelFile, ...(modelSha256 ? { sha256: modelSha256 } : {}) }
  const { files, sha256 } = factoryModelOf('line')
  return existsSync(files.model) ? { path: files.model, sha256 } : undefined
}

export interface LineModelOptions {
  file: { path: string; sha256?: string }
  clock: Clock
  /** 0 measures. */
  threads: number
  sequences?: number
  onEvent?: (event: EngineEvent) => void
}

/** After a start that failed it is tried again so much later, milliseconds. */
const AGAIN_MS = 60_000

/** A board that never sees an unclear line never pays for the second model. */
export class LineModel implements LineStage, Part {
  readonly name = 'line model'
  readonly #o: LineModelOptions
  readonly #engine: SupervisedEngine
  readonly #stage: FactoryLineStage
  #started: Promise<void> | undefined
  #failedAt = Number.NEGATIVE_INFINITY

  constructor(options: LineModelOptions) {
    this.#o = options
    this.#engine = new SupervisedEngine({
      model: options.file,
      clock: options.clock,
      threads: options.threads,
      sequences: options.sequences ?? 1,
      ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    })
    this.#stage = new FactoryLineStage(this.#engine)
  }

  get engine(): SupervisedEngine {
    return this.#engine
  }

  /** Nothing yet: see `run`. */
  async start(): Promise<void> {}

  async run(input: { line: string; source: string }, signal?: AbortSignal): Promise<Verdict | undefined> {
    const now = this.#o.clock.monotonic()
    if (!this.#started) {
      if (now - this.#failedAt < AGAIN_MS) return undefined
      this.#started = this.#engine.start(new AbortController().signal)
      this.#started.catch(() => {
        this.#failedAt = this.#o.clock.monotonic()
        this.#started = undefined
      })
    }
    await this.#started
    return this.#stage.run(input, signal)
  }

  async stop(): Promise<void> {
    await this.#started?.catch(() => {})
    if (this.#started) await this.#engine.stop()
    this.#started = undefined
  }
}
