import { pino } from 'pino'
import type { Clock } from '../base/clock.js'

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type Level = (typeof LEVELS)[number]
type Printed = Exclude<Level, 'silent'>

/** Extra figures of a line. Numbers end in their unit: `total_ms`. */
export type Fields = Record<string, unknown>

/**
 * Where rooms write. Info is what an operator wants next morning. What people said goes to debug or below: it is
 * theirs. Costly text is given as a function, called only when the line is printed.
 */
export interface Log {
  line(level: Printed, message: string | (() => string), fields?: Fields): void
  trace(message: string | (() => string), fields?: Fields): void
  debug(message: string | (() => string), fields?: Fields): void
  info(message: string | (() => string), fields?: Fields): void
  warn(message: string | (() => string), fields?: Fields): void
  error(message: string | (() => string), fields?: Fields): void
  /** The same log with the room's name in each line. */
  of(room: string): Log
  prints(level: Printed): boolean
}

export interface LogOptions {
  level: Level
  /** auto is text on a terminal, json anywhere else. */
  format: 'auto' | 'text' | 'json'
  clock: Clock
  /** Standard output by default. */
  out?: { write(text: string): unknown; isTTY?: boolean }
}

/** JSON lines by pino (`level` as a word, `time` as ISO 8601 UTC, `msg`), or the same as short text. */
export function createLog(options: LogOptions): Log {
  const out = options.out ?? process.stdout
  const text = options.format === 'text' || (options.format === 'auto' && out.isTTY === true)
  const sink = { write: (line: string) => void out.write(text ? asText(line) : line) }
  const root = pino(
    {
      level: options.level,
      base: undefined,
      timestamp: () => `,"time":"${new Date(options.clock.now()).toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
    },
    sink,
  )
  return wrap(root)
}

/** Prints nothing. */
export const silentLog: Log = {
  line: () => {},
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  of: () => silentLog,
  prints: () => false,
}

function wrap(logger: pino.Logger): Log {
  const line = (level: Printed, message: string | (() => string), fields: Fields = {}) => {
    if (logger.isLevelEnabled(level))
      logger[level](fields, typeof message === 'function' ? message() : message)
  }
  return {
    line,
    trace: (message, fields) => line('trace', message, fields),
    debug: (message, fields) => line('debug', message, fields),
    info: (message, fields) => line('info', message, fields),
    warn: (message, fields) => line('warn', message, fields),
    error: (message, fields) => line('error', message, fields),
    of: room => wrap(logger.child({ room })),
    prints: level => logger.isLevelEnabled(level),
  }
}

/** `10:42:07 warn  bus: the broker went away  tries=3`. Control characters are escaped: text may come from outside. */
function asText(line: string): string {
  const { level, time, room, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  const rest = Object.entries(fields)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
  const body = `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${room ? `${room}: ` : ''}${msg}${rest ? `  ${rest}` : ''}`
  return `${body.replace(/[\u0000-\u001f\u007f-\u009f]/g, c => JSON.stringify(c).slice(1, -1))}\n`
}
