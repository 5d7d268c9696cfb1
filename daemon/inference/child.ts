/** The process that holds native code. The only importer of `node-llama-cpp` (open-llama.ts for it); speaks protocol.ts over IPC. */
import type {
  ControlledEvaluateInputItem,
  LlamaContext,
  LlamaContextSequence,
  LlamaModel,
  Token,
} from 'node-llama-cpp'
import { systemClock } from '../base/clock.js'
import { describe, FieldmouseError } from '../base/errors.js'
import { showSourceLines } from '../base/source-lines.js'
import { type Choice, complete, type TokenModel } from './decode.js'
import type { CompletionRequest } from './engine.js'
import { openLlama } from './open-llama.js'
import type { LoadOptions, ToChild, ToParent } from './protocol.js'
import { type TokenTable, tokenBytes } from './token-bytes.js'
import { chooseThreads, timeThreads } from './trials.js'

showSourceLines()

const say = (message: ToParent) => {
  if (process.connected) process.send?.(message)
}

/** A node-llama-cpp sequence as the decode loop wants it. */
class SequenceModel implements TokenModel {
  readonly contextTokens: number
  readonly #model: LlamaModel
  readonly #sequence: LlamaContextSequence
  readonly bytesOf: (token: number) => string

  constructor(model: LlamaModel, sequence: LlamaContextSequence, bytesOf: (token: number) => string) {
    this.#model = model
    this.#sequence = sequence
    this.bytesOf = bytesOf
    this.contextTokens = sequence.contextSize
  }

  tokenize(text: string): number[] {
    return text ? this.#model.tokenize(text, true) : []
  }

  isEnd(token: number): boolean {
    return this.#model.isEogToken(token as Token)
  }

  /** How many of these tokens, from the first on, are in the kept state. */
  shares(tokens: readonly number[]): number {
    const have = this.#sequence.contextTokens
    let common = 0
    while (common < have.length && common < tokens.length && have[common] === tokens[common]) common++
    return common
  }

  async keep(tokens: readonly number[]): Promise<number> {
    const have = this.#sequence.nextTokenIndex
    // the last prompt token is always evaluated: its logits are wanted
    const common = Math.min(this.shares(tokens), tokens.length - 1)
    if (have > common) await this.#sequence.eraseContextTokenRanges([{ start: common, end: have }])
    return common
  }

  async choose(tokens: readonly number[]): Promise<Choice> {
    steps++
    const next = await this.#evaluate(tokens as Token[], { token: true, totalLogitWeight: true })
    if (typeof next?.token !== 'number' || !next.totalLogitWeight) throw new Error('the model gave no token')
    // The weight is the sum of exp(logit - highest logit), and the highest is what was chosen. Asking for `confidence`
    // gives the same number but sorts the vocabulary for it: 0.6 ms a token instead of 0.4.
    return { token: next.token, probability: Math.min(1, 1 / next.totalLogitWeight) }
  }

  async reconsider(): Promise<Iterable<Choice>> {
    const at = this.#sequence.nextTokenIndex
    const last = this.#sequence.contextTokens.slice(-1)
    await this.#sequence.eraseContextTokenRanges([{ start: at - 1, end: at }])
    const next = await this.#evaluate(last, { probabilities: true })
    // node-llama-cpp gives them sorted
    return [...(next?.probabilities ?? [])].map(([token, probability]) => ({ token, probability }))
  }

  /** Evaluates tokens and says of the last one what is wanted. */
  async #evaluate(tokens: readonly Token[], generateNext: { [what: string]: true }) {
    const input: ControlledEvaluateInputItem[] = [...tokens]
    input.push([input.pop() as Token, { generateNext }])
    return (await this.#sequence.controlledEvaluate(input)).at(-1)?.next
  }
}

let model: LlamaModel | undefined
let context: LlamaContext | undefined
const free: SequenceModel[] = []
const waiting: ((sequence: SequenceModel) => void)[] = []
const running = new Map<number, AbortController>()
/** The same, as promises that never reject. */
const serving = new Set<Promise<void>>()
let loadedWith: LoadOptions | undefined
let start: number[] = []
/** Evaluations so far, over all requests: what the parent sees move while the child is at work. */
let steps = 0

let bytesOf: (token: number) => string = () => ''
async function open(options: LoadOptions, threads: number, sequences: number): Promise<LlamaContext> {
  return model!.createContext({
    contextSize: Math.min(options.contextTokens, model!.trainContextSize),
    sequences,
    threads,
    batchSize: Math.min(options.contextTokens, 256),
    ...(options.adapter === undefined ? {} : { lora: options.adapter }),
  })
}

async function load(options: LoadOptions): Promise<void> {
  const began = systemClock.monotonic()
  const llama = await openLlama(options.gpu, (level, message) => {
    // a small model is run with as many tokens as it was trained for: llama.cpp's advice on that is no news
    if (!/n_ctx_seq/.test(message)) process.stderr.write(`llama.cpp ${level}: ${message}\n`)
  })
  model = await llama.loadModel({
    modelPath: options.path,
    gpuLayers: options.gpu === 'off' ? 0 : 'max',
  })
  const loaded = model
  bytesOf = tokenBytes((model.fileInfo.metadata.tokenizer as unknown as { ggml: TokenTable }).ggml, token =>
    loaded.detokenize([token as Token], true),
  )
  start = model.tokens.shouldPrependBosToken && model.tokens.bos !== null ? [model.tokens.bos] : []
  const trials =
    options.threads > 0
      ? []
      : await timeThreads(
          async threads => {
            const trial = await open(options, threads, 1)
            return {
              model: new SequenceModel(loaded, trial.getSequence(), bytesOf),
              dispose: () => trial.dispose(),
            }
          },
          start,
          vocabularyOf(model),
          options.trial,
        )
  const threads = options.threads || chooseThreads(trials, options.trial.energy)
  loadedWith = options
  await fill(threads, options.sequences)
  const context = contextOf()
  const general = model.fileInfo.metadata.general as { name?: string; version?: string }
  say({
    type: 'loaded',
    info: {
      name: general.name ?? 'unnamed',
      version: general.version ?? '',
      sizeBytes: model.size,
      parameters: Math.round(model.fileInfo.tensorCount ? parameterCount(model) : 0),
      contextTokens: context.contextSize,
      threads,
      sequences: options.sequences,
    },
    trials,
    loadMs: systemClock.monotonic() - began,
  })
}

/** Opens the context that requests share, in place of the one before it. */
async function fill(threads: number, sequences: number): Promise<void> {
  const before = context
  context = undefined
  free.length = 0
  await before?.dispose()
  context = await open(loadedWith!, threads, sequences)
  for (let i = 0; i < sequences; i++) free.push(new SequenceModel(model!, context.getSequence(), bytesOf))
}

const contextOf = (): LlamaContext => {
  if (!context) throw new Error('there is no context')
  return context
}

/** What runs is finished; what waits goes on with the new context. */
async function adjust(threads: number, sequences: number): Promise<void> {
  while (serving.size > 0) await Promise.all(serving)
  await fill(threads, sequences)
  say({ type: 'adjusted', threads, sequences })
}

const vocabularyOf = (m: LlamaModel) =>
  (m.fileInfo.metadata.tokenizer as unknown as { ggml: TokenTable }).ggml.tokens.length

const parameterCount = (m: LlamaModel) =>
  (m.fileInfo.fullTensorInfo ?? []).reduce(
    (n, t) => n + t.dimensions.reduce<number>((a, d) => a * Number(d), 1),
    0,
  )

/** The free sequence that holds most of this prefix. */
function take(prefix: string): SequenceModel | undefined {
  if (free.length < 2) return free.pop()
  const tokens = [...start, ...(prefix ? model!.tokenize(prefix, true) : [])]
  let best = free.length - 1
  let most = -1
  for (let i = free.length - 1; i >= 0 && most < tokens.length; i--) {
    const shared = free[i]!.shares(tokens)
    if (shared > most) [best, most] = [i, shared]
  }
  return free.splice(best, 1)[0]
}

async function serve(id: number, request: CompletionRequest): Promise<void> {
  const cancel = new AbortController()
  running.set(id, cancel)
  const queued = systemClock.monotonic()
  const sequence = take(request.prefix) ?? (await new Promise<SequenceModel>(go => waiting.push(go)))
  const queueMs = systemClock.monotonic() - queued
  try {
    const completion = await complete(sequence, start, request, cancel.signal)
    completion.figures.queueMs = queueMs
    say({ type: 'completed', id, completion })
  } catch (error) {
    if (error instanceof FieldmouseError)
      say({ type: 'failed', id, code: error.code, details: error.details })
    else say({ type: 'failed', id, code: 'internal', details: { problem: describe(error) } })
  } finally {
    running.delete(id)
    const next = waiting.shift()
    if (next) next(sequence)
    else free.push(sequence)
  }
}

/** Whether a message has the shape that its type promises. The grammar is walked, not trusted: a bad one fails its request. */
function isToChild(raw: unknown): raw is ToChild {
  const m = raw as {
    type?: unknown
    id?: unknown
    request?: Record<string, unknown>
    options?: Record<string, unknown>
  }
  const all = (of: Record<string, unknown> | undefined, type: string, ...keys: string[]) =>
    of !== undefined && keys.every(key => typeof of[key] === type)
  switch (m?.type) {
    case 'stop':
      return true
    case 'ping':
    case 'cancel':
      return Number.isInteger(m.id)
    case 'adjust':
      return all(raw as Record<string, unknown>, 'number', 'threads', 'sequences')
    case 'load':
      return (
        all(m.options, 'string', 'path', 'gpu') &&
        ['string', 'undefined'].includes(typeof m.options?.adapter) &&
        all(m.options, 'number', 'sequences', 'contextTokens', 'threads') &&
        all(m.options, 'object', 'trial')
      )
    case 'complete':
      return (
        Number.isInteger(m.id) &&
        all(m.request, 'string', 'prefix', 'prompt') &&
        all(m.request, 'number', 'maxTokens') &&
        all(m.request, 'object', 'grammar')
      )
    default:
      return false
  }
}

process.on('message', (message: unknown) => {
  if (!isToChild(message))
    throw new Error(
      `the inference process does not know this message: ${JSON.stringify(message).slice(0, 200)}`,
    )
  switch (message.type) {
    case 'load':
      load(message.options).catch(error => {
        const { gpu } = message.options
        const hint = gpu === 'off' ? '' : `: is node-llama-cpp built for ${gpu} here? docs/boards.md says how`
        say({ type: 'load_failed', problem: `${describe(error)}${hint}` })
      })
      break
    case 'complete': {
      const served = serve(message.id, message.request).finally(() => serving.delete(served))
      serving.add(served)
      break
    }
    case 'adjust':
      adjust(message.threads, message.sequences).catch(error => {
        // without a context nothing can be answered: a new process is better than a useless one
        process.stderr.write(`no context of ${message.sequences} sequences: ${describe(error)}\n`)
        process.exit(1)
      })
      break
    case 'cancel':
      running.get(message.id)?.abort()
      break
    case 'ping':
      say({ type: 'pong', id: message.id, rssBytes: process.memoryUsage.rss(), steps })
      break
    case 'stop':
      process.disconnect()
      break
  }
})
// without a parent there is nobody to answer; native threads must not keep the process alive
process.on('disconnect', () => process.exit(0))
