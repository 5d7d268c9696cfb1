/** What parent and inference child say to each other. Checked on both sides: by schema in the parent, by hand in the child
 * (see `isToChild` there), which does without the schema library to keep its memory small. */
import { z } from '../base/schema.js'
import type { CompletionRequest, ModelInfo, Written } from './engine.js'

/** How the child loads a model. */
export interface LoadOptions {
  path: string
  /** Of a LoRA adapter that stands on the model. */
  adapter?: string
  /** Requests that run side by side. */
  sequences: number
  /** Tokens that one request may take, prompt and answer. */
  contextTokens: number
  /** A number, or 0 to measure as `trial` says. */
  threads: number
  trial: TrialOptions
  gpu: Gpu
}

/** Where weights and arithmetic go: `off` is the CPU. */
export type Gpu = 'off' | 'cuda' | 'vulkan'

/** How thread counts are timed. */
export interface TrialOptions {
  /** Growing. */
  counts: readonly number[]
  promptTokens: number
  outputTokens: number
  /** For all counts together. A count is timed at least once. */
  budgetMs: number
  /** Every count, even when more threads were slower already. */
  exhaustive: boolean
  /** thrift: the fewest threads that are nearly as fast as the fastest. */
  energy: 'speed' | 'thrift'
}

/** One measured thread count. */
export interface ThreadTrial {
  threads: number
  /** Reading the prompt in one batch, tokens a second. */
  prefillTps: number
  /** Writing, tokens a second. */
  decodeTps: number
  /** Prompt and answer together, milliseconds. */
  ms: number
}

export type ToChild =
  | { type: 'load'; options: LoadOptions }
  | { type: 'complete'; id: number; request: CompletionRequest }
  | { type: 'cancel'; id: number }
  | { type: 'ping'; id: number }
  /** Another context for what comes next; what runs is finished first. */
  | { type: 'adjust'; threads: number; sequences: number }
  | { type: 'stop' }

export type ToParent =
  | { type: 'loaded'; info: ModelInfo; trials: ThreadTrial[]; loadMs: number }
  | { type: 'load_failed'; problem: string }
  | { type: 'completed'; id: number; completion: Written }
  | { type: 'failed'; id: number; code: string; details: Record<string, unknown> }
  | { type: 'adjusted'; threads: number; sequences: number }
  /** `steps`: evaluations so far; they stand still when native code hangs. */
  | { type: 'pong'; id: number; rssBytes: number; steps: number }

const Count = z.number().int().nonnegative()
const Share = z.number().min(0).max(1)
const Token = z.object({ text: z.string(), probability: Share, rejected: Share, forced: z.boolean() })
/** Messages of the child, as the parent lets them in. */
export const ToParentSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('loaded'),
    info: z.object({
      name: z.string(),
      version: z.string(),
      sizeBytes: Count,
      parameters: Count,
      contextTokens: Count,
      threads: Count,
      sequences: Count,
    }),
    trials: z.array(
      z.object({ threads: Count, prefillTps: z.number(), decodeTps: z.number(), ms: z.number() }),
    ),
    loadMs: z.number(),
  }),
  z.object({ type: z.literal('load_failed'), problem: z.string() }),
  z.object({
    type: z.literal('completed'),
    id: Count,
    completion: z.object({
      text: z.string(),
      tokens: z.array(Token),
      stop: z.enum(['complete', 'length']),
      figures: z.object({
        promptTokens: Count,
        cachedTokens: Count,
        outputTokens: Count,
        forcedTokens: Count,
        queueMs: z.number(),
        inferMs: z.number(),
      }),
    }),
  }),
  z.object({
    type: z.literal('failed'),
    id: Count,
    code: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
  z.object({ type: z.literal('adjusted'), threads: Count, sequences: Count }),
  z.object({ type: z.literal('pong'), id: Count, rssBytes: Count, steps: Count }),
])
