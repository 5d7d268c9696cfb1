/** Rows of lines for `triage` and `templates`: JSON Lines, or a log as it is. */
import { basename } from 'node:path'
import { errors as jsonErrors, readTextLines } from '../base/json-lines.js'
import { parse, z } from '../base/schema.js'

export const LineRow = z.object({
  id: z.union([z.string(), z.number()]),
  source: z.string().optional(),
  line: z.string(),
  /** When it came, ISO 8601; for incidents. */
  t: z.string().optional(),
})
export type LineRow = z.output<typeof LineRow>

/**
 * The first line that is not blank decides: an object means rows `{id, source?, line}`; anything else a log, whose lines are
 * numbered from 1 on and come from a source of the file's name.
 * @param path a file, or `-` for standard input
 * @param onPlain told once, when it is a log
 * @throws bad_json_line, invalid_value, and what reading throws
 */
export async function* readLineRows(path: string, onPlain: () => void): AsyncGenerator<LineRow> {
  let isPlain: boolean | undefined
  const source = path === '-' ? 'stdin' : basename(path)
  for await (const { line, text } of readTextLines(path)) {
    if (isPlain === undefined) {
      isPlain = !text.trimStart().startsWith('{')
      if (isPlain) onPlain()
    }
    if (isPlain) yield { id: line, source, line: text }
    else yield parse(LineRow, jsonIn(text, path, line), `${path}, line ${line}`)
  }
}

function jsonIn(text: string, where: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw jsonErrors.bad_json_line({ where, line, problem: (error as Error).message }, error)
  }
}
