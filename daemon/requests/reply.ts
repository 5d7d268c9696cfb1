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
}
