/** A line, read: what it is made of, with everything that has a form of its own brought into one. The raw line stays. */

export type LineFormat = 'json' | 'senml' | 'nmea' | 'keyvalue' | 'csv' | 'text' | 'binary'

/** One named value of a line. */
export interface Field {
  /** As it stands in the line; nested JSON keys joined by dots. */
  name: string
  value: string | number | boolean | null
  /** The value as it stands in the line. */
  text: string
}

/** One number with what is known of it. */
export interface Quantity {
  /** The field's name, or the words before the number (at most four), as they stand in the line. Empty when none. */
  name: string
  value: number
  /** Normalised (`Cel`, `bar`, `mm/s`, `mA`, `V`, `%`, `rpm`, `l/min`, `Hz` ...: UCUM, as SenML has them); absent when none is written. */
  unit?: string
  /** Number and unit as they stand in the line. */
  text: string
  /** Where `text` begins in the line. */
  start: number
  /** The line says what it is compared with, not what was measured. */
  role?: 'limit' | 'set_point' | 'range'
}

export interface Reading {
  /** As it came. */
  raw: string
  format: LineFormat
  /** Without the header (time, host, process, level). */
  message: string
  /** Milliseconds since 1970, when the line says so. */
  time?: number
  /** RFC 5424, 0 emergency to 7 debug, when the header says so. */
  level?: number
  host?: string
  process?: string
  fields: readonly Field[]
  quantities: readonly Quantity[]
  /** A checksum in the line does not fit (NMEA), or more than a tenth of it is no text. */
  damaged?: boolean
}
