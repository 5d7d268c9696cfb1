/** One line, read: header off, format found, fields and quantities in one form. Never throws; linear in the line's length. */
import { type CsvColumns, readRow } from './csv.js'
import { type JsonText, type PlacedField, readJson } from './json.js'
import { readColonPairs, readPairs } from './key-value.js'
import { readNmea } from './nmea.js'
import { measured, quantitiesOf } from './numbers.js'
import type { Field, Quantity, Reading } from './reading.js'
import { readSenml } from './senml.js'
import { levelOf, parseTime, readHeader, readKnownHeader } from './syslog-header.js'
import { scaled, unitOf, unitOfName } from './units.js'

/** What is behind this is kept in `raw` and in `message`, and not looked at. */
export const MOST_CHARACTERS = 16 * 1024

export interface ReadOptions {
  /** Where the message begins, from the source's learnt header. */
  start?: number
  /** Time of arrival, milliseconds since 1970: gives a year to times without one. */
  now?: number
  /** The source's columns: then rows are read with their names. */
  columns?: CsvColumns
}

/** Reads one line. */
export function readLine(line: string, options: ReadOptions = {}): Reading {
  const text = line.length > MOST_CHARACTERS ? line.slice(0, MOST_CHARACTERS) : line
  const noise = noiseOf(text)
  if (noise > 0.3)
    return { raw: line, format: 'binary', message: line, fields: [], quantities: [], damaged: true }
  const first = text.charCodeAt(0)
  const start = options.start === undefined ? undefined : Math.max(0, Math.min(options.start, text.length))
  // JSON and sentences have no header
  const header =
    start !== undefined
      ? readKnownHeader(text, start, options.now)
      : first === 123 || first === 36 || first === 33
        ? { start: 0 }
        : readHeader(text, options.now)
  const reading: Reading = {
    raw: line,
    format: 'text',
    message: header.start === 0 ? line : line.slice(header.start),
    ...(header.time === undefined ? {} : { time: header.time }),
    ...(header.level === undefined ? {} : { level: header.level }),
    ...(header.host === undefined ? {} : { host: header.host }),
    ...(header.process === undefined ? {} : { process: header.process }),
    fields: [],
    quantities: [],
    ...(noise > 0.1 ? { damaged: true } : {}),
  }
  fill(reading, text, header.start, options.columns)
  return reading
}

function fill(reading: Reading, text: string, start: number, columns: CsvColumns | undefined): void {
  let at = start
  while (at < text.length && text.charCodeAt(at) <= 32) at++
  const sign = text[at]
  if (sign === '$' || sign === '!' || sign === '\\') {
    const sentence = readNmea(text.slice(at))
    if (sentence !== undefined) {
      reading.format = 'nmea'
      reading.fields = bare(sentence.fields)
      reading.quantities =
        at === 0 ? sentence.quantities : sentence.quantities.map(q => ({ ...q, start: q.start + at }))
      if (!sentence.sound) reading.damaged = true
      return
    }
  }
  const brace =
    sign === '{' || sign === '[' ? at : text.endsWith('}') || text.endsWith('}]') ? text.indexOf('{', at) : -1
  if (brace >= 0) {
    const from = brace > at && text[brace - 1] === '[' ? brace - 1 : brace
    const json = readJson(text, from)
    if (json !== undefined && (json.fields.length > 0 || !json.cut)) {
      asJson(reading, json)
      return
    }
  }
  const row =
    columns === undefined ? readRow(at === 0 ? text : text.slice(at)) : columns.read(text.slice(at))?.fields
  if (row !== undefined) {
    reading.format = 'csv'
    const placed = at === 0 ? row : row.map(field => ({ ...field, start: field.start + at }))
    reading.fields = bare(placed)
    reading.quantities = quantitiesOfFields(placed)
    return
  }
  const pairs = readPairs(text, at)
  const length = Math.max(1, text.length - at)
  const inColons = pairs.fields.length > 0 ? undefined : readColonPairs(text, at)
  if (inColons !== undefined && inColons.fields.length > 1 && inColons.covered * 10 >= length * 9) {
    reading.format = 'keyvalue'
    reading.fields = bare(inColons.fields)
  } else if (pairs.fields.length > 0) {
    reading.fields = bare(pairs.fields)
    if (pairs.covered * 2 >= length) {
      reading.format = 'keyvalue'
      takeWellKnown(reading, reading.fields)
    }
  }
  const quantities = quantitiesOf(text, at)
  reading.quantities =
    pairs.fields.length === 0
      ? quantities
      : quantities.map(quantity => {
          // a pair's name is more than the words in front, and may say the unit
          const field = pairs.fields.find(f => f.start === quantity.start)
          if (field === undefined) return quantity
          return named(quantity, field.name)
        })
}

function asJson(reading: Reading, json: JsonText): void {
  const pack = json.fields[0]?.name.startsWith('0.') ? readSenml(json.fields) : undefined
  if (pack !== undefined) {
    reading.format = 'senml'
    reading.fields = bare(pack.fields)
    reading.quantities = pack.quantities
    if (pack.time !== undefined) reading.time ??= pack.time
    return
  }
  reading.format = 'json'
  reading.fields = bare(json.fields)
  reading.quantities = quantitiesOfFields(json.fields)
  takeWellKnown(reading, reading.fields)
}

const bare = (fields: readonly PlacedField[]): Field[] =>
  fields.map(({ name, value, text }) => ({ name, value, text }))

/** Numbers of named fields, with the unit that the value, a field beside it or the name says. */
function quantitiesOfFields(fields: readonly PlacedField[]): Quantity[] {
  const found: Quantity[] = []
  for (const field of fields) {
    if (field.value === null || typeof field.value === 'boolean' || found.length === 64) continue
    if (KNOWN.has(lastPart(field.name))) continue
    const number = typeof field.value === 'number' ? { value: field.value } : measured(field.text.trim())
    if (number === undefined) continue
    const quantity: Quantity = { name: field.name, text: field.text, start: field.start, ...number }
    const beside = quantity.unit === undefined ? unitBeside(field, fields) : undefined
    if (beside !== undefined)
      found.push({ ...quantity, value: scaled(quantity.value, beside.times), unit: beside.unit })
    else found.push(named(quantity, field.name))
  }
  return found
}

/** `value` and `unit` in one object. */
function unitBeside(field: Field, fields: readonly Field[]) {
  if (!/(?:^|\.)(?:value|val|v|reading)$/i.test(field.name)) return undefined
  const prefix = field.name.slice(0, field.name.lastIndexOf('.') + 1)
  const unit = fields.find(
    f => /^(?:unit|units|uom|u)$/i.test(f.name.slice(prefix.length)) && f.name.startsWith(prefix),
  )
  return typeof unit?.value === 'string' ? unitOf(unit.value) : undefined
}

function named(quantity: Quantity, name: string): Quantity {
  if (quantity.unit !== undefined) return { ...quantity, name }
  const unit = unitOfName(name)
  if (unit === undefined) return { ...quantity, name }
  return { ...quantity, name, value: scaled(quantity.value, unit.times), unit: unit.unit }
}

const TIMES = new Set(['time', 'timestamp', 'ts', '@timestamp', 'datetime', 'date'])
const KNOWN = new Set([...TIMES, 'id', 'seq', 'pid'])
const lastPart = (name: string) => name.slice(name.lastIndexOf('.') + 1).toLowerCase()

/** Time, level, host and process, when fields say them and the header does not. */
function takeWellKnown(reading: Reading, fields: readonly Field[]): void {
  for (const { name, value, text } of fields) {
    const key = name.toLowerCase()
    if (TIMES.has(key)) reading.time ??= timeOf(value)
    else if (typeof value === 'string') {
      if (key === 'level' || key === 'severity' || key === 'lvl' || key === 'loglevel')
        reading.level ??= levelOf(text)
      else if (key === 'host' || key === 'hostname') reading.host ??= value
      else if (key === 'process' || key === 'app' || key === 'logger' || key === 'unit_name')
        reading.process ??= value
    }
  }
  if (reading.time === undefined) delete reading.time
  if (reading.level === undefined) delete reading.level
}

function timeOf(value: Field['value']): number | undefined {
  if (typeof value === 'string') return parseTime(value)
  if (typeof value !== 'number') return undefined
  // seconds, milliseconds, microseconds since 1970, from 2001 to 2286
  if (value >= 1e9 && value < 1e10) return Math.round(value * 1000)
  if (value >= 1e12 && value < 1e13) return value
  return value >= 1e15 && value < 1e16 ? Math.round(value / 1000) : undefined
}

/** Share of characters that no text has: control characters, replacement characters, escaped bytes. */
function noiseOf(text: string): number {
  if (text.length === 0) return 0
  let odd = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (
      (code < 32 && code !== 9 && code !== 10 && code !== 13) ||
      (code >= 127 && code < 160) ||
      code === 0xfffd
    )
      odd++
    else if (
      code === 92 &&
      text.charCodeAt(i + 1) === 120 &&
      /^\\x[0-9a-fA-F]{2}/.test(text.slice(i, i + 4))
    ) {
      odd += 4
      i += 3
    }
  }
  // one stray byte in a short line is a glitch
  return odd <= 1 ? 0 : odd / text.length
}
