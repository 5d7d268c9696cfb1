/** `fieldmouse detect`: alarms of a series of numbers, one an event. */
import { basename } from 'node:path'
import { readCsv } from '../base/csv.js'
import { jsonLinesWriter } from '../base/json-lines.js'
import { Channel, type NumberAlarm } from '../triage/numbers/channel.js'
import { ChannelGroup } from '../triage/numbers/group.js'
import { errors } from './errors.js'

export interface DetectOptions {
  /** CSV: `timestamp` and one or several named columns of numbers. */
  in: string
  out: string
  /** Name in the output; without it that of the file. */
  series?: string
}

/**
 * One column is judged against its own past; several are judged together.
 * @returns how many rows and alarms there were
 * @throws bad_series when the first line does not name columns
 */
export async function detectFile(
  options: DetectOptions,
  signal: AbortSignal,
): Promise<{ rows: number; alarms: number; skipped: number }> {
  const series =
    options.series ?? (options.in === '-' ? 'series' : basename(options.in).replace(/\.csv$/i, ''))
  const writer = jsonLinesWriter(options.out)
  const counts = { rows: 0, alarms: 0, skipped: 0 }
  let judge: ((cells: readonly string[]) => NumberAlarm | undefined) | undefined
  let columns = 0
  try {
    for await (const { line, cells, delimiter } of readCsv(options.in)) {
      signal.throwIfAborted()
      if (!judge) {
        judge = judgeOf(cells, options.in, delimiter === ',' ? numberOf : numberWithComma)
        columns = cells.length
        continue
      }
      counts.rows++
      if (cells.length !== columns) {
        counts.skipped++
        if (counts.skipped > counts.rows / 2 && counts.rows > 10)
          throw errors.bad_series({
            path: options.in,
            line,
            problem: `${cells.length} columns instead of ${columns}`,
          })
        continue
      }
      const alarm = judge(cells)
      if (!alarm) continue
      counts.alarms++
      await writer.writeWhenRoom({ series, timestamp: cells[0], ...alarm })
    }
  } finally {
    await writer.close()
  }
  return counts
}

function judgeOf(
  head: readonly string[],
  path: string,
  number: (text: string) => number,
): (cells: readonly string[]) => NumberAlarm | undefined {
  const names = head.slice(1).map(name => name.trim())
  if (names.length === 0 || names.some(name => name === '' || isNumber(name)))
    throw errors.bad_series({
      path,
      line: 1,
      problem: 'the first line must name the columns: `timestamp,value`, or timestamp and several names',
    })
  if (names.length === 1) {
    const channel = new Channel()
    return cells => channel.add(number(cells[1]!), timeOf(cells[0]!))
  }
  const group = new ChannelGroup(names)
  return cells => group.add(cells.slice(1).map(number))
}

const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text))
/** What is no number is missing. */
const numberOf = (text: string) => (isNumber(text) ? Number(text) : Number.NaN)

/** Where cells are not divided by commas, a comma may be the decimal one. */
const numberWithComma = (text: string) => numberOf(text.includes('.') ? text : text.replace(',', '.'))

/** Milliseconds; a time without a zone is UTC. Seconds and milliseconds since 1970 count too. */
function timeOf(text: string): number | undefined {
  const trimmed = text.trim()
  if (isNumber(trimmed)) {
    const n = Number(trimmed)
    return n > 1e11 ? n : n > 1e8 ? n * 1000 : undefined
  }
  const zoned = /(z|[+-]\d\d:?\d\d)$/i.test(trimmed)
  const ms = Date.parse(zoned ? trimmed : `${trimmed.replace(' ', 'T')}Z`)
  return Number.isNaN(ms) ? undefined : ms
}
