/**
 * The decode loop: greedy, bound by a grammar. The likeliest token is checked against the grammar in TypeScript, which is
 * far cheaper than masking the whole vocabulary at every step; only when it does not fit are the probabilities of all
 * tokens looked at. Text that the grammar forces is appended without sampling. Knows no native package: see `TokenModel`.
 */
import { systemClock } from '../base/clock.js'
import type { CompletionRequest, CompletionToken, Written } from './engine.js'
import { errors } from './errors.js'
import { Matcher } from './grammar.js'
import { fromBytes, tornBytes } from './utf8.js'

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
  /** What one token writes, as a byte string (see utf8.ts); empty for tokens that write nothing. */
  bytesOf(token: number): string
  isEnd(token: number): boolean
  /** Makes the state hold exactly these tokens before the next `choose`. @returns how many were still there */
  keep(tokens: readonly number[]): Promise<number>
  /** Evaluates tokens and gives the likeliest next one. */
  choose(tokens: readonly number[]): Promise<Choice>
  /** All next tokens, the likeliest first, instead of what `choose` gave last. */
  reconsider(): Promise<Iterable<Choice>>
}

/**
 * Completes one request.
 * @param start token ids before the prefix (the model's own beginning mark)
 * @throws prompt_unreadable, prompt_too_long, no_way_on, completion_cancelled
 */
export async function complete(
  model: TokenModel,
  start: readonly number[],
  request: CompletionRequest,
  signal: AbortSignal,
): Promise<Written> {
  const began = systemClock.monotonic()
  const prompt = [...start, ...model.tokenize(request.prefix), ...model.tokenize(request.prompt)]
  if (prompt.length === 0) throw errors.prompt_unreadable({})
  if (prompt.length + 1 >= model.contextTokens)
    throw errors.prompt_too_long({ tokens: prompt.length, most: model.contextTokens - 2 })
  const room = Math.min(request.maxTokens, model.contextTokens - prompt.length - 1)
  const cached = await model.keep(prompt)
  const matcher = new Matcher(request.grammar)
  const tokens: CompletionToken[] = []
  /** Since the last mark, to keep forced text in the spelling that the model was trained on. */
  let span: { ids: number[]; bytes: string } = { ids: [], bytes: '' }
  /** Bytes of a character whose rest is still to come. */
  let torn = ''
  let next: number[] = prompt.slice(cached)
  let stop: Written['stop'] = 'length'

  const write = (id: number, bytes: string, probability: number, forced: boolean, rejected = 0) => {
    const all = torn + bytes
    const whole = all.length - tornBytes(all)
    torn = all.slice(whole)
    tokens.push({ text: fromBytes(all.slice(0, whole)), probability, rejected, forced })
    span = bytes.endsWith('>')
      ? { ids: [], bytes: '' }
      : { ids: [...span.ids, id], bytes: span.bytes + bytes }
  }
  /** Appends what must come. @returns the ids to evaluate */
  const force = (): number[] => {
    const bytes = matcher.forced()
    if (!bytes) return []
    const whole = model.tokenize(fromBytes(span.bytes + bytes))
    const ids = whole.slice(span.ids.length)
    if (!span.ids.every((id, i) => whole[i] === id) || tokens.length + ids.length > room) return []
    // a tokenizer that does not give back what it took must not put words into the answer
    if (ids.map(id => model.bytesOf(id)).join('') !== bytes) return []
    matcher.advance(bytes)
    for (const id of ids) write(id, model.bytesOf(id), 1, true)
    return ids
  }
  /** Takes a choice into the answer if the grammar allows it. `rejected`: probability of those that it did not allow. */
  const take = ({ token, probability }: Choice, rejected: number): 'no' | 'end' | 'more' => {
    if (model.isEnd(token)) {
      if (!matcher.canEnd()) return 'no'
      tokens.push({ text: '', probability, rejected, forced: false })
      return 'end'
    }
    const bytes = model.bytesOf(token)
    if (bytes === '' || !matcher.advance(bytes)) return 'no'
    write(token, bytes, probability, false, rejected)
    return 'more'
  }

  try {
    next.push(...force())
    while (!matcher.isOver() && tokens.length < room) {
      signal.throwIfAborted()
      let choice = await model.choose(next)
      let taken = take(choice, 0)
      if (taken === 'no') {
        let rejected = 0
        for (choice of await model.reconsider()) {
          taken = take(choice, rejected)
          if (taken !== 'no') break
          rejected = Math.min(1, rejected + choice.probability)
        }
      }
      if (taken === 'no') throw errors.no_way_on({ after: tokens.map(t => t.text).join('') })
      if (taken === 'end') {
        stop = 'complete'
        break
      }
      next = [choice.token, ...force()]
    }
    if (matcher.isOver()) stop = 'complete'
  } catch (error) {
    if (signal.aborted) throw errors.completion_cancelled({}, error)
    throw error
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
      inferMs: systemClock.monotonic() - began,
    },
  }
}
