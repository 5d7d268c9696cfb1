import type { Calibration } from './confidence.js'
import type { Grammar } from './grammar.js'

/** One completion. Output is always bound by a grammar: malformed output cannot happen. */
export interface CompletionRequest {
  /** The fixed start of the prompt: evaluated once, its KV cache kept for the next request with the same prefix. */
  prefix: string
  /** What differs from request to request. Marks of the model (`<...>`) in it are read as marks: callers strip them. */
  prompt: string
  grammar: Grammar
  /** Most tokens to write, forced ones included. */
  maxTokens: number
}

/** One token of the answer. */
export interface CompletionToken {
  text: string
  /** Probability of this token among those the model could choose, 0 to 1; 1 when the grammar forced it. */
  probability: number
  /** Probability of the likelier tokens that the grammar did not allow here, 0 to 1. */
  rejected: number
  forced: boolean
}

/** The answer with its figures. */
export interface Completion {
  text: string
  tokens: CompletionToken[]
  /** `complete`: the grammar is fulfilled; `length`: maxTokens ran out first, the text is a torso. */
  stop: 'complete' | 'length'
  figures: CompletionFigures
  /** What wrote it. The engine may have another model by now. */
  model: ModelInfo
}

/** A completion before anybody says whose it is. */
export type Written = Omit<Completion, 'model'>

/** What it took. Times in milliseconds. */
export interface CompletionFigures {
  promptTokens: number
  /** Of these, found in the kept KV cache. */
  cachedTokens: number
  outputTokens: number
  /** Of these, appended because the grammar left no choice. */
  forcedTokens: number
  /** Waiting for a free sequence. */
  queueMs: number
  inferMs: number
  /** What the board used meanwhile, millijoules, where it can tell. */
  energyMj?: number
}

/** What is loaded, and how it runs. */
export interface ModelInfo {
  /** Short name, from the GGUF's `general.name`. */
  name: string
  /** `general.version` of the GGUF, or empty. */
  version: string
  sizeBytes: number
  parameters: number
  contextTokens: number
  threads: number
  /** Requests that run at the same time. */
  sequences: number
  /** Weights that turn what is known of an answer into its probability; absent when the model carries none. Those of the
   * adapter where it has its own. */
  calibration?: Calibration
  /** The adapter that stands on the model. */
  adapter?: AdapterInfo
}

/** From the adapter's `general.name` and `general.version`. */
export interface AdapterInfo {
  name: string
  version: string
}

/** A model as a service. */
export interface Engine {
  /** @throws engine_died (retryable) after one retry in vain, engine_stopped, completion_cancelled when `signal` aborts */
  complete(request: CompletionRequest, signal?: AbortSignal): Promise<Completion>
  /** Undefined until the model is loaded. */
  readonly info: ModelInfo | undefined
}
