import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** Cells of one line. Quotes hold commas; a doubled quote is one. @source RFC 4180, without line ends within quotes */
export function csvCells(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!
    if (quoted && c === '"' && line[i + 1] === '"') {
      cell += '"'
      i++
    } else if (c === '"') quoted = !quoted
    else if (c === ',' && !quoted) {
      cells.push(cell)
      cell = ''
    } else cell += c
  }
  return [...cells, cell]
}

/** Lines of a file that are not blank, as cells. @param path a file, or `-` for standard input */
export async function* readCsv(path: string): AsyncGenerator<{ line: number; cells: string[] }> {
  const input = path === '-' ? process.stdin : createReadStream(path)
  let line = 0
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    if (text.trim()) yield { line, cells: csvCells(text.replace(/^\uFEFF/, '')) }
  }
}
