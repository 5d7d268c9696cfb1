/** Numbers in lines as streams: one channel for each source and name, bounded. */
import { CsvColumns } from '../read/csv.js'
import { readLine } from '../read/read.js'
import { Channel, type NumberAlarm } from './channel.js'
import { type LimitNews, type NumberLimit, NumberLimits } from './limits.js'

export interface WatchOptions {
  /** Most channels; the one not seen for longest goes. Default 1,000. */
  mostChannels: number
  /** Most numbers of one line. Default 16. */
  mostOfLine: number
  /** Limits that people have set. Default none. */
  limits: readonly NumberLimit[]
}

export interface NamedAlarm extends NumberAlarm {
  /** Field of the line. */
  name: string
  value: number
  unit?: string
}

export interface NamedNews extends LimitNews {
  name: string
  value: number
}

/** Names that count, mark or tell the time: they rise for ever and mean nothing by it. */
const NO_MEASUREMENT =
  /(^|[._ -])(ts|time|timestamp|t_ms|epoch|seq|id|count|counter|uptime|port|pid|version|lat|lon|msgid|total|energy|kwh|hours|run_h|index|nr|no|code|err|error|fault|status|state|alarm|spn|fmi|slave|addr|node|channel|ch)($|[._ -])/i

export class NumberWatch {
  readonly #o: WatchOptions
  readonly #channels = new Map<string, Channel>()
  readonly #columns = new Map<string, CsvColumns>()
  readonly #limits: NumberLimits

  constructor(options: Partial<WatchOptions> = {}) {
    this.#o = { mostChannels: 1_000, mostOfLine: 16, limits: [], ...options }
    this.#limits = new NumberLimits(this.#o.limits)
  }

  get size(): number {
    return this.#channels.size
  }

  /**
   * Takes the measurements of a line.
   * @param start where the message begins
   * @param at time of arrival, milliseconds since 1970
   * @returns what is unusual among them, and what passed a limit or came back
   */
  take(
    source: string,
    line: string,
    start: number,
    at: number,
  ): { unusual: NamedAlarm[]; news: NamedNews[] } {
    const none = { unusual: [], news: [] }
    const record = mayBeRecord(line, start)
    if (!record && this.#limits.isEmpty) return none
    const reading = readLine(line, {
      start,
      now: at,
      ...(record === 'row' ? { columns: this.#columnsOf(source) } : {}),
    })
    if (reading.format === 'binary') return none
    const unusual: NamedAlarm[] = []
    const news: NamedNews[] = []
    let taken = 0
    for (const q of reading.quantities) {
      if (q.role !== undefined || q.name === '') continue
      for (const n of this.#limits.take(source, q.name, q.value, reading.time ?? at))
        news.push({ ...n, name: q.name, value: q.value })
      if (!record || NO_MEASUREMENT.test(q.name) || ++taken > this.#o.mostOfLine) continue
      const alarm = this.#channel(`${source}\n${q.name}`).add(q.value, reading.time ?? at)
      if (alarm) unusual.push({ ...alarm, name: q.name, value: q.value, ...(q.unit ? { unit: q.unit } : {}) })
    }
    return { unusual, news }
  }

  #columnsOf(source: string): CsvColumns {
    let columns = this.#columns.get(source)
    if (!columns) {
      columns = new CsvColumns()
      this.#columns.set(source, columns)
      if (this.#columns.size > this.#o.mostChannels) this.#columns.delete(this.#columns.keys().next().value!)
    }
    return columns
  }

  #channel(key: string): Channel {
    let channel = this.#channels.get(key)
    if (channel) {
      if (this.#channels.size > this.#o.mostChannels / 2) {
        this.#channels.delete(key)
        this.#channels.set(key, channel)
      }
      return channel
    }
    channel = new Channel()
    this.#channels.set(key, channel)
    if (this.#channels.size > this.#o.mostChannels) this.#channels.delete(this.#channels.keys().next().value!)
    return channel
  }
}

/** Only what can be a record of measurements is read for its numbers: JSON, key=value, NMEA, or a row of a table. */
function mayBeRecord(line: string, start: number): 'pairs' | 'row' | undefined {
  const head = line.slice(start, start + 200)
  if (/[={$[]/.test(head)) return 'pairs'
  return /^[^,;\t]*[,;\t][^,;\t]*[,;\t]/.test(head) ? 'row' : undefined
}
