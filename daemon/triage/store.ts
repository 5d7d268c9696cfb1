/** What triage has learnt, kept over restarts: templates, headers, what people said. One file, written whole and seldom. */
import { readFile, rename } from 'node:fs/promises'
import { writeDurably } from '../base/disk.js'
import { describe } from '../base/errors.js'
import { parse, z } from '../base/schema.js'
import { FeedbackStateSchema } from './feedback.js'
import type { TriageState } from './triage.js'

const Schema = z.object({
  version: z.literal(1),
  lines: z.object({
    version: z.literal(1),
    sources: z.array(
      z.object({
        name: z.string(),
        header: z.object({ columns: z.number(), nameWords: z.number(), separator: z.string().optional() }),
        seen: z.number(),
        miner: z.object({
          version: z.literal(1),
          templates: z.array(
            z.object({
              id: z.string(),
              tokens: z.array(z.string()),
              count: z.number(),
              example: z.string(),
              born: z.number().optional(),
            }),
          ),
        }),
      }),
    ),
  }),
  feedback: FeedbackStateSchema,
})

export class KnowledgeStore {
  readonly #path: string
  #last = ''
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /**
   * What was kept.
   * @returns `problem` when there is a file that cannot be used: it is put aside as `.broken`, never overwritten
   */
  async load(): Promise<{ state?: TriageState; problem?: string }> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? {} : { problem: describe(error) }
    }
    try {
      return { state: parse(Schema, JSON.parse(text), this.#path) as TriageState }
    } catch (error) {
      await rename(this.#path, `${this.#path}.broken`).catch(() => {})
      return { problem: `${this.#path} cannot be read and was put aside: ${describe(error)}` }
    }
  }

  /**
   * Writes when something has changed; one after the other, so that the newest stays.
   * @throws the system's own error
   */
  save(state: TriageState): Promise<void> {
    const text = JSON.stringify(state)
    const written = this.#writing.then(async () => {
      if (text === this.#last) return
      await writeDurably(this.#path, text)
      this.#last = text
    })
    this.#writing = written.catch(() => {})
    return written
  }
}
