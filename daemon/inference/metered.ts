import type { Completion, CompletionRequest, Engine, ModelInfo } from './engine.js'

/** Measures what is used until it is told to end; undefined when nobody can tell. */
export type BeginEnergy = () => { end(): Promise<number | undefined> }

/** An engine that says with each answer how much energy it took. */
export class MeteredEngine implements Engine {
  readonly #engine: Engine
  readonly #begin: BeginEnergy

  constructor(engine: Engine, begin: BeginEnergy) {
    this.#engine = engine
    this.#begin = begin
  }

  get info(): ModelInfo | undefined {
    return this.#engine.info
  }

  async complete(request: CompletionRequest, signal?: AbortSignal): Promise<Completion> {
    const ticket = this.#begin()
    try {
      const completion = await this.#engine.complete(request, signal)
      const energyMj = await ticket.end()
      if (energyMj === undefined) return completion
      return { ...completion, figures: { ...completion.figures, energyMj } }
    } catch (error) {
      await ticket.end()
      throw error
    }
  }
}
