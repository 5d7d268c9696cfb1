/**
 * What a speech engine and its child process say to each other, whichever engine it is: the child loads once and
 * answers one question after the other. The questions and answers are the engine's own; both sides check them.
 */
import { describe, FieldmouseError } from '../../base/errors.js'
import { parse, z } from '../../base/schema.js'
import { showSourceLines } from '../../base/source-lines.js'

const Id = z.number().int().nonnegative()

/** To the child. Sound goes as `Int16Array`: the channel must be opened with `serialization: 'advanced'`. */
export const ToChild = z.discriminatedUnion('type', [
  z.object({ type: z.literal('load'), options: z.unknown() }),
  z.object({ type: z.literal('ask'), id: Id, question: z.unknown() }),
  z.object({ type: z.literal('stop') }),
])
export type ToChild = z.output<typeof ToChild>

/** To the parent. `failed` is an answer about the question; the child goes on. */
export const ToParent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('loaded') }),
  z.object({ type: z.literal('load_failed'), problem: z.string() }),
  z.object({ type: z.literal('answer'), id: Id, answer: z.unknown() }),
  z.object({
    type: z.literal('failed'),
    id: Id,
    code: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
])
export type ToParent = z.output<typeof ToParent>

/** What a child does. */
export interface ChildWork<Load, Question, Answer> {
  load: z.ZodType<Load>
  question: z.ZodType<Question>
  open(options: Load): Promise<(question: Question) => Promise<Answer>>
}

/** Serves the parent until it says stop or is gone. Called once, at the end of a child's main file. */
export function serveParent<Load, Question, Answer>(work: ChildWork<Load, Question, Answer>): void {
  showSourceLines()
  const say = (message: ToParent) => {
    if (process.connected) process.send?.(message)
  }
  let answer: ((question: Question) => Promise<Answer>) | undefined
  const hear = async (raw: unknown) => {
    const message = parse(ToChild, raw, 'message to a speech engine')
    if (message.type === 'stop') process.exit(0)
    else if (message.type === 'load')
      try {
        answer = await work.open(parse(work.load, message.options, 'options of a speech engine'))
        say({ type: 'loaded' })
      } catch (error) {
        say({ type: 'load_failed', problem: describe(error) })
      }
    else
      try {
        if (!answer) throw new Error('nothing is loaded')
        const question = parse(work.question, message.question, 'question to a speech engine')
        say({ type: 'answer', id: message.id, answer: await answer(question) })
      } catch (error) {
        const known = error instanceof FieldmouseError
        say({
          type: 'failed',
          id: message.id,
          code: known ? error.code : 'internal',
          details: known ? error.details : { problem: describe(error) },
        })
      }
  }
  let last = Promise.resolve()
  process.on('message', raw => {
    // in their order; what is thrown past this is a broken parent: the process ends and is started anew
    last = last.then(() => hear(raw))
  })
  // without a parent there is nobody to answer
  process.on('disconnect', () => process.exit(0))
}
