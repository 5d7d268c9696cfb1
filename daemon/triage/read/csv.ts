/** Rows of separated values, with a header row or without. The names are a source's own; a CsvColumns each. */
import type { PlacedField } from './json.js'
import { typed } from './key-value.js'
import { measured, numberOf } from './numbers.js'

const MARKS = [',', ';', '\t', '|'] as const
const MOST_CELLS = 256
const TIME = /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d{1,2}:\d{2}.*)?$|^\d{1,2}:\d{2}(:\d{2})?/

export interface CsvRow {
  kind: 'header' | 'row'
  /** Named by the header, else `column1`, `column2` ... Empty for a header. */
  fields: PlacedField[]
  /** The columns are others than before: another header, or another number of cells than it names. */
  changed: boolean
}

interface Cell {
  text: string
  start: number
}

/** Cells of a row; quotes as RFC 4180 has them. */
export function cellsOf(line: string, mark: string): Cell[] {
  const cells: Cell[] = []
  let at = 0
  while (cells.length < MOST_CELLS) {
    let from = at
    while (line[from] === ' ') from++
    if (line[from] === '"') {
      let end = from + 1
      for (; end < line.length; end++)
        if (line[end] === '"') {
          if (line[end + 1] !== '"') break
          end++
        }
      cells.push({ text: line.slice(from + 1, end).replaceAll('""', '"'), start: from + 1 })
      at = line.indexOf(mark, end)
    } else {
      const end = line.indexOf(mark, at)
      cells.push({ text: line.slice(from, end < 0 ? line.length : end).trimEnd(), start: from })
      at = end
    }
    if (at < 0) break
    at++
  }
  return cells
}

/** The mark that parts most cells; a comma with a blank behind it is prose. */
export function markOf(line: string): string | undefined {
  let best: string | undefined
  let most = 0
  for (const mark of MARKS) {
    let count = 0
    for (let at = line.indexOf(mark); at >= 0 && count < MOST_CELLS; at = line.indexOf(mark, at + 1))
      if (mark !== ',' || line[at + 1] !== ' ') count++
    // `;` and tabs outrank commas, which may be decimal signs
    if (count > 0 && (most === 0 || (mark !== ',' && best === ',') || count > most)) {
      best = mark
      most = count
    }
  }
  return best
}

const isValue = (text: string) =>
  text === '' || numberOf(text) !== undefined || measured(text) !== undefined || TIME.test(text)

/** A row whose cells, three at least, are mostly values and none a sentence: rows of an unknown source. */
export function readRow(line: string): PlacedField[] | undefined {
  const mark = markOf(line)
  if (mark === undefined) return undefined
  const cells = cellsOf(line, mark)
  if (cells.length < 3 || cells.some(cell => cell.text.length > 40 || /\S\s+\S+\s+\S/.test(cell.text)))
    return undefined
  const values = cells.filter(cell => cell.text !== '' && isValue(cell.text)).length
  return values * 2 >= cells.length ? named(cells, undefined) : undefined
}

/** The columns of one source, learnt from its header rows. */
export class CsvColumns {
  #names: readonly string[] | undefined
  #mark: string | undefined
  #width = 0

  /** The names learnt; undefined before a header row was seen. */
  get names(): readonly string[] | undefined {
    return this.#names
  }

  /** @returns undefined when the line is no row of separated values */
  read(line: string): CsvRow | undefined {
    const mark = this.#mark !== undefined && line.includes(this.#mark) ? this.#mark : markOf(line)
    if (mark === undefined) return undefined
    const cells = cellsOf(line, mark)
    if (cells.length < 2) return undefined
    const words = cells.map(cell => cell.text)
    if (isHeader(words) && (this.#names === undefined || looksLikeNames(words, this.#names))) {
      const changed = this.#names !== undefined && words.join('\n') !== this.#names.join('\n')
      this.#names = words
      this.#mark = mark
      this.#width = words.length
      return { kind: 'header', fields: [], changed }
    }
    if (this.#names === undefined && readRow(line) === undefined) return undefined
    const fits = this.#names?.length === cells.length
    const changed = this.#width !== 0 && this.#width !== cells.length
    this.#width = cells.length
    this.#mark = mark
    return {
      kind: 'row',
      fields: named(cells, fits ? this.#names : undefined),
      changed: changed || (this.#names !== undefined && !fits),
    }
  }
}

/** Names, all different, none a number. */
const isHeader = (words: readonly string[]) =>
  words.length >= 2 &&
  new Set(words).size === words.length &&
  words.every(
    word =>
      /^[\p{L}_#]/u.test(word) && word.length <= 60 && !/[.!?]$/.test(word) && word.split(' ').length <= 5,
  )

/** A row of words is a new header only where most cells were named so before or are one more or less. */
const looksLikeNames = (words: readonly string[], names: readonly string[]) =>
  words.filter(word => names.includes(word)).length * 2 >= Math.min(words.length, names.length)

const named = (cells: readonly Cell[], names: readonly string[] | undefined): PlacedField[] =>
  cells.map((cell, i) => ({
    name: names?.[i] ?? `column${i + 1}`,
    value: cell.text === '' ? null : typed(cell.text),
    text: cell.text,
    start: cell.start,
  }))
