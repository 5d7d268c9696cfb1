import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { defineErrors } from './errors.js'

export const errors = defineErrors({
  bad_json_line: {
    says: (a: { where: string; line: number; problem: string }) => `${a.where}, line ${a.line}: ${a.problem}`,
    remedy: 'Every line must be one JSON value (JSON Lines).',
  },
})

/** Lines of a text that are not blank, without a byte order mark. @param path a file, or `-` for standard input */
export async function* readTextLines(path: string): AsyncGenerator<{ line: number; text: string }> {
  const input = path === '-' ? process.stdin : createReadStream(path)
  let line = 0
  for await (const raw of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    const text = line === 1 ? raw.replace(/^\uFEFF/, '') : raw
    if (text.trim()) yield { line, text }
  }
}

/**
 * Reads JSON Lines; blank lines are passed over.
 * @param path a file, or `-` for standard input
 * @throws bad_json_line with the line's number
 */
export async function* readJsonLines(path: string): AsyncGenerator<{ line: number; value: unknown }> {
  for await (const { line, text } of readTextLines(path))
    try {
      yield { line, value: JSON.parse(text) }
    } catch (error) {
      throw errors.bad_json_line({ where: path, line, problem: (error as Error).message }, error)
    }
}

/** Writes JSON Lines to a file, or `-` for standard output. `close` resolves when all is written. */
export function jsonLinesWriter(path: string): {
  write(value: unknown): void
  /** Resolves when there is room for the next: for files of any length in little memory. */
  writeWhenRoom(value: unknown): Promise<void> | undefined
  close(): Promise<void>
} {
  const output = path === '-' ? process.stdout : createWriteStream(path)
  let failure: unknown
  output.on('error', error => {
    failure = error
  })
  return {
    write: value => {
      output.write(`${JSON.stringify(value)}\n`)
    },
    writeWhenRoom: value => {
      if (output.write(`${JSON.stringify(value)}\n`) || failure) return undefined
      return new Promise(resolve => {
        const go = () => {
          output.off('drain', go)
          output.off('error', go)
          resolve()
        }
        output.on('drain', go)
        output.on('error', go)
      })
    },
    close: () =>
      new Promise((resolve, reject) => {
        const done = () => (failure ? reject(failure) : resolve())
        if (path === '-') output.write('', done)
        else output.end(done)
        output.once('error', reject)
      }),
  }
}
