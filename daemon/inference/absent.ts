import type { Part } from '../base/part.js'
import type { Completion, Engine, ModelInfo } from './engine.js'
import { errors } from './errors.js'

/**
 * The engine of a board that no model fits. The daemon runs all the same: what needs no model is answered, the rest is
 * refused with the reason. A daemon that ends would only be started again, and again.
 */
export class AbsentEngine implements Engine, Part {
  readonly name = 'inference'
  readonly info: ModelInfo | undefined
  readonly #why: string

  /** @param why one sentence for whoever asks */
  constructor(why: string) {
    this.#why = why
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  complete(): Promise<Completion> {
    return Promise.reject(errors.engine_unavailable({ waitedMs: 0, why: this.#why }))
  }
}
