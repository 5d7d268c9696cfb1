import { hsToRgb, kelvinToMired, type Rgb, rgbToHs, rgbToXy, xyToRgb } from './color.js'
import { asText, type Scope } from './template.js'

/** A value of a device's state, in our units: percent, kelvin, the home's degrees, red green blue. */
export type Value = string | number | boolean | null | Rgb | Readonly<Record<string, string>>

export type TemperatureUnit = 'C' | 'F'

/** How one value is spelled on the wire. Plain data; `encode` and `decode` read it in both directions. */
export type Codec =
  /** Words: ours to the device's. */
  | { readonly as: 'choice'; readonly values: Readonly<Record<string, string>> }
  /** Percent to the device's range, linear; either end may be the larger one. */
  | { readonly as: 'range'; readonly closed: number; readonly open: number }
  /** Percent to numbered speeds min..max, rounded up, as Home Assistant does; 0 % is none of them. */
  | { readonly as: 'speeds'; readonly min: number; readonly max: number }
  | { readonly as: 'number' | 'text' | 'bool' | 'kelvin' | 'mired' | 'names' }
  /** Degrees, of the home to the device's, rounded to `step` of the device. */
  | {
      readonly as: 'temperature'
      readonly device: TemperatureUnit
      readonly home: TemperatureUnit
      readonly step: number
    }
  /** `list` is "255,0,0", `object` is {"r": 255, ...}. */
  | { readonly as: 'color'; readonly space: ColorSpace; readonly shape: 'list' | 'object' }

export type ColorSpace = 'rgb' | 'rgbw' | 'rgbww' | 'hs' | 'xy'
const KEYS: Record<ColorSpace, readonly string[]> = {
  rgb: ['r', 'g', 'b'],
  rgbw: ['r', 'g', 'b', 'w'],
  rgbww: ['r', 'g', 'b', 'c', 'w'],
  hs: ['h', 's'],
  xy: ['x', 'y'],
}
/** What command templates call the parts. */
const VARIABLES: Record<ColorSpace, readonly string[]> = {
  rgb: ['red', 'green', 'blue'],
  rgbw: ['red', 'green', 'blue', 'white'],
  rgbww: ['red', 'green', 'blue', 'cold_white', 'warm_white'],
  hs: ['hue', 'sat'],
  xy: ['x', 'y'],
}

/** A choice of words; words that the device does not have are left out. */
export function choice(values: Readonly<Record<string, string | undefined>>): Codec {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { as: 'choice', values: Object.fromEntries(given) }
}

/** A choice of words that we and the device have in common. */
export function sameWords(words: readonly string[]): Codec {
  return choice(Object.fromEntries(words.map(word => [word, word])))
}

/** Celsius or Fahrenheit to the other. */
export function degrees(value: number, from: TemperatureUnit, to: TemperatureUnit): number {
  if (from === to) return value
  return from === 'C' ? (value * 9) / 5 + 32 : ((value - 32) * 5) / 9
}

/** Our value as the device wants it. @returns undefined when the device has no word for it */
export function encode(
  codec: Codec,
  value: Value,
): string | number | boolean | Record<string, number> | undefined {
  switch (codec.as) {
    case 'choice':
      return typeof value === 'string' && Object.hasOwn(codec.values, value) ? codec.values[value] : undefined
    case 'text':
    case 'names':
      return typeof value === 'string' || typeof value === 'number' ? value : undefined
    case 'bool':
      return typeof value === 'boolean' ? value : undefined
    case 'color': {
      if (!isRgb(value)) return undefined
      const parts = colorParts(codec.space, value)
      if (codec.shape === 'list') return parts.join(',')
      return Object.fromEntries(KEYS[codec.space].map((key, index) => [key, parts[index] ?? 0]))
    }
    default:
      return typeof value === 'number' ? encodeNumber(codec, value) : undefined
  }
}

function encodeNumber(codec: Codec, value: number): number | undefined {
  switch (codec.as) {
    case 'range':
      return Math.round(codec.closed + (value / 100) * (codec.open - codec.closed))
    case 'speeds':
      return Math.ceil((value * (codec.max - codec.min + 1)) / 100 + (codec.min - 1))
    case 'mired':
      return kelvinToMired(value)
    case 'temperature':
      return tidy(Math.round(degrees(value, codec.home, codec.device) / codec.step) * codec.step)
    default:
      return tidy(value)
  }
}

/** The device's value as ours. @param wire the text of a payload, or a value out of its JSON */
export function decode(codec: Codec, wire: unknown): Value | undefined {
  if (wire === undefined || wire === '') return undefined
  if (wire === null || (wire === 'None' && codec.as !== 'text')) return null
  switch (codec.as) {
    case 'choice':
      return decodeChoice(codec, asText(wire))
    case 'text':
      return typeof wire === 'number' || typeof wire === 'boolean' ? wire : asText(wire)
    case 'bool':
      return typeof wire === 'boolean' ? wire : undefined
    case 'color':
      return decodeColor(codec.space, wire)
    case 'names': {
      if (typeof wire !== 'object') return undefined
      const entries = Object.entries(wire as Record<string, unknown>).slice(0, 100)
      return Object.fromEntries(entries.map(([id, name]) => [id, asText(name)]))
    }
    default: {
      const number = typeof wire === 'number' ? wire : Number.parseFloat(asText(wire))
      return Number.isFinite(number) ? decodeNumber(codec, number) : undefined
    }
  }
}

function decodeChoice(codec: Codec & { as: 'choice' }, text: string): string | undefined {
  const entries = Object.entries(codec.values)
  const exact = entries.find(([, spelled]) => spelled === text)?.[0]
  if (exact !== undefined) return exact
  return entries.find(([, spelled]) => spelled.toLowerCase() === text.toLowerCase())?.[0]
}

function decodeNumber(codec: Codec, wire: number): number | undefined {
  switch (codec.as) {
    case 'range': {
      if (codec.open === codec.closed) return undefined
      return clamp(Math.round(((wire - codec.closed) / (codec.open - codec.closed)) * 100))
    }
    case 'speeds':
      return clamp(Math.floor(((wire - (codec.min - 1)) * 100) / (codec.max - codec.min + 1)))
    case 'mired':
      return wire > 0 ? Math.round(1_000_000 / wire) : undefined
    case 'temperature':
      return tidy(degrees(wire, codec.device, codec.home))
    default:
      return wire
  }
}

function decodeColor(space: ColorSpace, wire: unknown): Rgb | undefined {
  const parts =
    typeof wire === 'object' && wire !== null
      ? KEYS[space].map(key => Number((wire as Record<string, unknown>)[key]))
      : asText(wire).split(',').map(Number)
  const [a = Number.NaN, b = Number.NaN, c = Number.NaN] = parts
  if (space === 'hs') return Number.isFinite(a + b) ? hsToRgb(a, b) : undefined
  if (space === 'xy') return Number.isFinite(a + b) ? xyToRgb(a, b) : undefined
  return Number.isFinite(a + b + c) ? [a, b, c] : undefined
}

/** The variables that a command template may use for this value, besides `value`. */
export function templateScope(codec: Codec, value: Value, wire: unknown): Scope {
  const scope: Record<string, unknown> = { value: wire }
  if (codec.as === 'color' && isRgb(value))
    colorParts(codec.space, value).forEach((part, index) => {
      const name = VARIABLES[codec.space][index]
      if (name) scope[name] = part
    })
  if (codec.as === 'range') {
    scope.position = value
    scope.position_open = codec.open
    scope.position_closed = codec.closed
  }
  return scope
}

function colorParts(space: ColorSpace, rgb: Rgb): number[] {
  if (space === 'hs') return rgbToHs(rgb)
  if (space === 'xy') return rgbToXy(rgb)
  return [...rgb, ...(space === 'rgbw' ? [0] : space === 'rgbww' ? [0, 0] : [])]
}

/** Whether a state value is a colour. */
export function isRgb(value: unknown): value is Rgb {
  return Array.isArray(value) && value.length === 3
}

const clamp = (percent: number) => Math.min(100, Math.max(0, percent))
/** Without the dust of binary fractions. */
const tidy = (value: number) => Math.round(value * 100) / 100
