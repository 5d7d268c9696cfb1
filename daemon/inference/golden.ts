/** Golden requests: what a model is tried on before it takes over. The rooms that know what an answer means read them. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { describe } from '../base/errors.js'
import { parse, type z } from '../base/schema.js'
import type { Engine } from './engine.js'
import { errors } from './errors.js'

/** Requests whose right answers are known, by family. */
export interface Golden {
  readonly size: number
  /**
   * Asks one of them, from 0 on.
   * @returns whether the answer was right
   * @throws when there was no answer: what the engine throws, or an error of the room
   */
  ask(engine: Engine, index: number, signal: AbortSignal): Promise<boolean>
}

/** A file of requests is read whole, and asked one after the other on a device that has other things to do. */
const MOST_BYTES = 256 * 1024
const MOST_ROWS = 2_000

/**
 * Reads a file of golden requests, JSON Lines; blank lines are passed over.
 * @param row shape of one line, and what it comes to
 * @throws golden_unreadable; golden_row_broken, with the line
 */
export async function readGolden<S extends z.ZodType, R>(
  path: string,
  row: S,
  read: (row: z.output<S>) => R,
): Promise<R[]> {
  const unreadable = (problem: string, cause?: unknown) => errors.golden_unreadable({ path, problem }, cause)
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error.code ?? error.message, error)
  })
  if (!found.isFile()) throw unreadable('it is no file')
  if (found.size > MOST_BYTES) throw unreadable(`it has ${found.size} bytes, ${MOST_BYTES} are allowed`)
  const rows: R[] = []
  let line = 0
  // a file that grows while it is read is cut where it was
  const input = createReadStream(path, { end: Math.max(0, found.size - 1) })
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    if (!text.trim()) continue
    if (rows.length === MOST_ROWS) throw unreadable(`it has more than ${MOST_ROWS} requests`)
    try {
      rows.push(read(parse(row, JSON.parse(text), 'this line')))
    } catch (error) {
      throw errors.golden_row_broken({ path, line, problem: describe(error) }, error)
    }
  }
  if (rows.length === 0) throw unreadable('it holds no requests')
  return rows
}
