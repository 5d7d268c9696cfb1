/** Numbers in lines as streams: one channel for each source and name, bounded. */
import type { Reading } from '../read/reading.js'
import { Channel, type NumberAlarm } from './channel.js'

export interface WatchOptions {
  /** Most channels; the one not seen for longest goes. Default 1,000. */
  mostChannels: number
  /** Most numbers of one line. Default 16. */
  mostOfLine: number
}

export interface NamedAlarm extends NumberAlarm {
  /** Field of the line. */
  name: string
  value: number
  unit?: string
}

/** Names that count, mark or tell the time: they rise for ever and mean nothing by it. */
const NO_MEASUREMENT =
  /(^|[._ -])(ts|time|timestamp|t_ms|epoch|seq|id|count|counter|uptime|port|pid|version|lat|lon|msgid|total|energy|kwh|hours|run_h|index|nr|no|code|err|error|fault|status|state|alarm|spn|fmi|slave|addr|node|channel|ch)($|[._ -])/i

export class NumberWatch {
  readonly #o: WatchOptions
  readonly #channels = new Map<string, Channel>()

  constructor(options: Partial<WatchOptions> = {}) {
    this.#o = { mostChannels: 1_000, mostOfLine: 16, ...options }
  }

  get size(): number {
    return this.#channels.size
  }

  /** Takes the measurements of a line. @returns what is unusual among them */
  take(source: string, reading: Reading, at: number): NamedAlarm[] {
    if (reading.format === 'text' || reading.format === 'binary') return []
    const alarms: NamedAlarm[] = []
    let taken = 0
    for (const q of reading.quantities) {
      if (q.role !== undefined || q.name === '' || NO_MEASUREMENT.test(q.name)) continue
      if (++taken > this.#o.mostOfLine) break
      const alarm = this.#channel(`${source}\n${q.name}`).add(q.value, reading.time ?? at)
      if (alarm) alarms.push({ ...alarm, name: q.name, value: q.value, ...(q.unit ? { unit: q.unit } : {}) })
    }
    return alarms
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
