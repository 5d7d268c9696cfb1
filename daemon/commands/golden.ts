/**
 * Golden commands: sentences whose right reading is known. They go the way of every sentence (the one spelling, the
 * grammar, the factory stage); what is compared is the decoded command, not its letters.
 */
import { z } from '../base/schema.js'
import type { Engine } from '../inference/engine.js'
import { type Golden, readGolden } from '../inference/golden.js'
import { Matcher } from '../inference/grammar.js'
import { toBytes } from '../inference/utf8.js'
import { compactGrammar, decode, encode } from './compact.js'
import { errors } from './errors.js'
import { normalise } from './normalise.js'
import { FactoryStage } from './stages/factory.js'

export const GoldenCommand = z.strictObject({
  text: z.string().min(1).max(400).describe('As somebody says or types it.'),
  answer: z
    .string()
    .min(1)
    .max(400)
    .describe('The short form, as the model writes it: `<lock><k_lock><dev> gate`.'),
})

/** One sentence in the one spelling, and the reading that is right. */
export interface GoldenSentence {
  normalised: string
  answer: string
}

/** @throws golden_unreadable; golden_row_broken, with the line */
export async function loadGolden(path: string): Promise<GoldenCommands> {
  return new GoldenCommands(
    await readGolden(path, GoldenCommand, ({ text, answer }) => sentenceOf(text, answer)),
  )
}

/** @throws golden_answer_impossible when no model could give this answer to these words */
export function sentenceOf(text: string, answer: string): GoldenSentence {
  const normalised = normalise(text)
  const impossible = (problem: string) => errors.golden_answer_impossible({ text, answer, problem })
  if (!normalised) throw impossible('there are no words to read')
  const command = decode(answer)
  if (!command) throw impossible('it is not of the short form')
  const form = encode(command)
  const matcher = new Matcher(compactGrammar(normalised))
  if (!matcher.advance(toBytes(form)) || !matcher.canEnd())
    throw impossible(`the grammar of "${normalised}" does not allow it`)
  return { normalised, answer: form }
}

export class GoldenCommands implements Golden {
  readonly sentences: readonly GoldenSentence[]

  constructor(sentences: readonly GoldenSentence[]) {
    this.sentences = sentences
  }

  get size(): number {
    return this.sentences.length
  }

  async ask(engine: Engine, index: number, signal: AbortSignal): Promise<boolean> {
    const { normalised, answer } = this.sentences[index]!
    return (await this.read(engine, normalised, signal)) === answer
  }

  /** What a model reads, in the short form. */
  async read(engine: Engine, normalised: string, signal: AbortSignal): Promise<string> {
    const { value } = await new FactoryStage(engine).run({ normalised, dialogue: false }, signal)
    return encode(value.command)
  }
}
