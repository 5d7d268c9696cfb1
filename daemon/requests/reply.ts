import { type WireCode, wireError } from './codes.js'

/** The reply on the wire. Field names are the wire's. */
export interface Reply {
  id: string
  ok: boolean
  result?: unknown
  error?: { code: string; message: string; remedy: string; retry_after_ms?: number }
  /** Which stage of the cascade answered: memo, rule, factory, larger, cloud; `none` when none did. */
  stage: string
  /** 0 to 1. */
  confidence: number
  /** Name of the model that answered, or null. */
  model: string | null
  timing: {
    queue_ms: number
    infer_ms: number
    total_ms: number
    prompt_tokens: number
    output_tokens: number
  }
  energy_mj?: number
}

/** What a handler returns; requests/ adds id, queue time and total. */
export interface Outcome {
  ok: boolean
  result?: unknown
  error?: { code: string; message: string; remedy: string; retry_after_ms?: number }
  stage: string
  confidence: number
  model: string | null
  inferMs: number
  promptTokens: number
  outputTokens: number
  /** Millijoules, where the board can tell. */
  energyMj?: number
}

const tenths = (ms: number) => Math.round(ms * 10) / 10

/** A handler's outcome as the reply to one request. */
export function replyOf(id: string, outcome: Outcome, queueMs: number, totalMs: number): Reply {
  return {
    id,
    ok: outcome.ok,
    ...(outcome.result === undefined ? {} : { result: outcome.result }),
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
    stage: outcome.stage,
    confidence: outcome.confidence,
    model: outcome.model,
    timing: {
      queue_ms: tenths(queueMs),
      infer_ms: tenths(outcome.inferMs),
      total_ms: tenths(totalMs),
      prompt_tokens: outcome.promptTokens,
      output_tokens: outcome.outputTokens,
    },
    ...(outcome.energyMj === undefined ? {} : { energy_mj: outcome.energyMj }),
  }
}

/** An outcome that no stage took part in: a refusal from the list. */
export function refusal(code: WireCode, more: Parameters<typeof wireError>[1] = {}): Outcome {
  return {
    ok: false,
    error: wireError(code, more),
    stage: 'none',
    confidence: 0,
    model: null,
    inferMs: 0,
    promptTokens: 0,
    outputTokens: 0,
  }
}

/** A refusal as a reply, for what never became a request. */
export function refusalReply(id: string, code: WireCode, more: Parameters<typeof wireError>[1] = {}): Reply {
  return replyOf(id, refusal(code, more), 0, 0)
}
