import { readTextLines } from './json-lines.js'

/** Cells of one line. Quotes hold delimiters; a doubled quote is one. @source RFC 4180, without line ends within quotes */
export function csvCells(line: string, delimiter = ','): string[] {
  if (!line.includes('"')) return line.split(delimiter)
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!
    if (quoted && c === '"' && line[i + 1] === '"') {
      cell += '"'
      i++
    } else if (c === '"') quoted = !quoted
    else if (c === delimiter && !quoted) {
      cells.push(cell)
      cell = ''
    } else cell += c
  }
  return [...cells, cell]
}

/** What stands between cells, the first that the head of a table holds: spreadsheets of half the world write `;`. */
const DELIMITERS = [',', ';', '\t']

/**
 * Lines of a file that are not blank, as cells.
 * @param path a file, or `-` for standard input
 * @returns with each line what divides it
 */
export async function* readCsv(
  path: string,
): AsyncGenerator<{ line: number; cells: string[]; delimiter: string }> {
  let delimiter: string | undefined
  for await (const { line, text } of readTextLines(path)) {
    delimiter ??= DELIMITERS.find(d => csvCells(text, d).length > 1) ?? ','
    yield { line, cells: csvCells(text, delimiter), delimiter }
  }
}
