/** `fieldmouse templates`: which lines say the same. Nothing is kept. */
import { jsonLinesWriter } from '../base/json-lines.js'
import { LineTemplates } from '../triage/lines.js'
import { type LineRow as Row, readLineRows } from './line-rows.js'

export interface TemplatesOptions {
  in: string
  out: string
  /** Told when the input is a log as it is, not rows. */
  onPlain?: () => void
}

/** So many rows are held back and read twice, so that the first line of a kind gets the id that its kind keeps. */
const HELD_ROWS = 20_000

/**
 * @returns how many rows were read
 * @throws bad_json_line, invalid_value
 */
export async function templatesFile(options: TemplatesOptions, signal: AbortSignal): Promise<number> {
  const lines = new LineTemplates()
  const writer = jsonLinesWriter(options.out)
  let held: Row[] | undefined = []
  let rows = 0
  const write = async ({ id, source = '', line }: Row) => {
    const { template } = lines.learn(source, line)
    await writer.writeWhenRoom({ id, template_id: template.id, template: template.tokens.join(' ') })
  }
  const release = async (first: readonly Row[]) => {
    for (const [source, own] of bySource(first)) {
      lines.teach(source, own)
      for (const line of own) lines.learn(source, line)
    }
    for (const row of first) await write(row)
  }
  try {
    for await (const row of readLineRows(options.in, () => options.onPlain?.())) {
      signal.throwIfAborted()
      rows++
      if (!held) await write(row)
      else if (held.push(row) === HELD_ROWS) {
        await release(held)
        held = undefined
      }
    }
    if (held) await release(held)
  } finally {
    await writer.close()
  }
  return rows
}

function bySource(rows: readonly Row[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const { source = '', line } of rows) {
    const own = found.get(source)
    if (own) own.push(line)
    else found.set(source, [line])
  }
  return found
}
