import type { Completion, CompletionRequest } from './engine.js'
import type { ModelFiles } from './model-files.js'
import type { SupervisedEngine } from './supervisor.js'

/** What is needed of an engine in its own process; tests give others. */
export type OwnedEngine = Pick<
  SupervisedEngine,
  | 'info'
  | 'trials'
  | 'losses'
  | 'childRssBytes'
  | 'pid'
  | 'start'
  | 'stop'
  | 'complete'
  | 'adjust'
  | 'comeForward'
>

/** An engine, the files it was made for, and how much it has begun and not finished. */
export class Tenant {
  readonly engine: OwnedEngine
  readonly files: ModelFiles
  /** It answers nothing new. */
  isLeaving = false
  #begun = 0
  #idle: (() => void)[] = []

  constructor(engine: OwnedEngine, files: ModelFiles) {
    this.engine = engine
    this.files = files
  }

  async complete(request: CompletionRequest, signal?: AbortSignal): Promise<Completion> {
    this.#begun++
    try {
      return await this.engine.complete(request, signal)
    } finally {
      this.#begun--
      if (this.#begun === 0) for (const go of this.#idle.splice(0)) go()
    }
  }

  /** Resolves when all that was begun is finished. */
  idle(): Promise<void> {
    return this.#begun === 0 ? Promise.resolve() : new Promise(go => this.#idle.push(go))
  }
}
