/**
 * The decode loop: greedy, bound by a grammar. The likeliest token is checked against the grammar in TypeScript, which is
 * far cheaper than masking the whole vocabulary at every step; only when it does not fit are the probabilities of all
 * tokens looked at. Text that the grammar forces is appended without sampling. Knows no native package: see `TokenModel`.
 */
import type { Completion, CompletionRequest, CompletionToken } from './engine.js'
import { errors } from './errors.js'
import { Matcher } from './grammar.js'

/** One token with its probability, as a model chose it. */
export interface Choice {
  token: number
  probability: number
}

/** What the loop needs of a model; child.ts makes one from a node-llama-cpp sequence. */
export interface TokenModel {
  /** Most tokens that prompt and answer may take together. */
  readonly contextTokens: number
  tokenize(text: string): number[]
  /** Text of one token; characters that it holds only a part of come as U+FFFD. */
  textOf(token: number): string
  isEnd(token: number): boolean
  /** Makes the state hold exactly these tokens before the next `choose`. @returns how many were still there */
  keep(tokens: readonly number[]): Promise<number>
  /** Evaluates tokens and gives the likeliest next one. */
  choose(tokens: readonly number[]): Promise<Choice>
  /** All next tokens, the likeliest first, instead of what `choose` gave last. */
  reconsider(): Promise<Iterable<Choice>>
  /** Ends the run of `choose` calls. */
  finish(): Promise<void>
}

const mostForced = 256

/**
 * Completes one request.
 * @param start token ids before the prefix (the model's own beginning mark)
 * @throws prompt_too_long, no_way_on, completion_cancelled
 */
export async function complete(
  model: TokenModel,
  start: readonly number[],
  request: CompletionRequest,
  signal: AbortSignal,
): Promise<Completion> {
  const began = performance.now()
  const prompt = [...start, ...model.tokenize(request.prefix), ...model.tokenize(request.prompt)]
  if (prompt.length + 1 >= model.contextTokens)
    throw errors.prompt_too_long({ tokens: prompt.length, most: model.contextTokens - 2 })
  const room = Math.min(request.maxTokens, model.contextTokens - prompt.length - 1)
  const cached = await model.keep(prompt)
  const matcher = new Matcher(request.grammar)
  const tokens: CompletionToken[] = []
  /** Token ids since the last mark, to keep forced text in the spelling that the model was trained on. */
  let span: { ids: number[]; text: string } = { ids: [], text: '' }
  let next: number[] = prompt.slice(cached)
  let stop: Completion['stop'] = 'length'

  const write = (id: number, text: string, probability: number, forced: boolean) => {
    tokens.push({ text, probability, forced })
    span = text.endsWith('>') ? { ids: [], text: '' } : { ids: [...span.ids, id], text: span.text + text }
  }
  /** Appends what must come. @returns the ids to evaluate */
  const force = (must: boolean): number[] => {
    const text = matcher.forced().slice(0, mostForced)
    if (!text) return []
    const whole = model.tokenize(span.text + text)
    const canonical = span.ids.every((id, i) => whole[i] === id)
    if (!canonical && !must) return []
    const ids = canonical ? whole.slice(span.ids.length) : model.tokenize(text)
    if (tokens.length + ids.length > room) return []
    matcher.advance(text)
    for (const id of ids) write(id, model.textOf(id), 1, true)
    return ids
  }

  try {
    next.push(...force(false))
    while (!matcher.isOver() && tokens.length < room) {
      signal.throwIfAborted()
      let choice: Choice | undefined = await model.choose(next)
      const allowed = (c: Choice) =>
        model.isEnd(c.token)
          ? matcher.canEnd()
          : model.textOf(c.token) !== '' && matcher.fits(model.textOf(c.token))
      if (!allowed(choice)) {
        choice = undefined
        for (const other of await model.reconsider())
          if (allowed(other)) {
            choice = other
            break
          }
        if (!choice) {
          // a character that no single token holds can only be forced
          next = force(true)
          if (next.length === 0) throw errors.no_way_on({ after: tokens.map(t => t.text).join('') })
          continue
        }
      }
      if (model.isEnd(choice.token)) {
        tokens.push({ text: '', probability: choice.probability, forced: false })
        stop = 'complete'
        break
      }
      const text = model.textOf(choice.token)
      matcher.advance(text)
      write(choice.token, text, choice.probability, false)
      next = [choice.token, ...force(false)]
    }
    if (matcher.isOver()) stop = 'complete'
  } catch (error) {
    if (signal.aborted) throw errors.completion_cancelled({}, error)
    throw error
  } finally {
    await model.finish()
  }
  return {
    text: tokens.map(t => t.text).join(''),
    tokens,
    stop,
    figures: {
      promptTokens: prompt.length,
      cachedTokens: cached,
      outputTokens: tokens.length,
      forcedTokens: tokens.filter(t => t.forced).length,
      queueMs: 0,
      inferMs: performance.now() - began,
    },
  }
}
