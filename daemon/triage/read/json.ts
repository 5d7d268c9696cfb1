/**
 * JSON as flat fields with their places in the line. A scanner of its own, because JSON.parse forgets how a number was
 * written and where it stood. Nested keys are joined by dots. Pure.
 */
import type { Field } from './reading.js'

/** A field with the place of its value in the line. */
export interface PlacedField extends Field {
  start: number
}

const MOST_FIELDS = 128
const MOST_DEPTH = 32
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const WORD = /true|false|null/y
const STRING = /"(?:[^"\\]|\\.)*"/y

export interface JsonText {
  fields: PlacedField[]
  /** The line ends before the value does, or has more fields or levels than are read. */
  cut: boolean
}

/**
 * Reads one JSON object or array.
 * @returns undefined when it is not JSON; a text that ends too early gives what was there
 */
export function readJson(text: string, from = 0): JsonText | undefined {
  const fields: PlacedField[] = []
  /** Open objects and arrays: prefix of the names in it, and the next index of an array. */
  const open: { prefix: string; index: number }[] = []
  let at = from
  let name = ''
  const blanks = () => {
    while (at < text.length && text.charCodeAt(at) <= 32) at++
  }
  const string = (): string | undefined => {
    STRING.lastIndex = at
    const raw = STRING.exec(text)?.[0]
    if (raw === undefined) return undefined
    at += raw.length
    if (!raw.includes('\\')) return raw.slice(1, -1)
    try {
      return JSON.parse(raw) as string
    } catch {
      return raw.slice(1, -1)
    }
  }
  for (;;) {
    // a value begins here
    blanks()
    if (at >= text.length) return open.length > 0 ? { fields, cut: true } : undefined
    const start = at
    const sign = text[at]!
    if (sign === '{' || sign === '[') {
      if (open.length === MOST_DEPTH) return { fields, cut: true }
      open.push({ prefix: name === '' ? '' : `${name}.`, index: sign === '[' ? 0 : -1 })
      at++
      blanks()
      if (text[at] !== (sign === '{' ? '}' : ']')) {
        const next = nameHere()
        if (next === undefined) return at >= text.length ? { fields, cut: true } : undefined
        name = next
        continue
      }
    } else {
      if (open.length === 0) return undefined
      let value: Field['value'] | undefined
      if (sign === '"') value = string()
      else {
        const form = sign === '-' || (sign >= '0' && sign <= '9') ? NUMBER : WORD
        form.lastIndex = at
        const word = form.exec(text)?.[0]
        if (word !== undefined) {
          at += word.length
          value = form === NUMBER ? Number(word) : word === 'null' ? null : word === 'true'
        }
      }
      // a string or word that never ends: the line was cut; anything else is no JSON
      if (value === undefined)
        return fields.length > 0 && text.length - start > 0 && sign === '"'
          ? { fields, cut: true }
          : undefined
      const quoted = sign === '"' ? 1 : 0
      fields.push({ name, value, text: text.slice(start + quoted, at - quoted), start: start + quoted })
      if (fields.length === MOST_FIELDS) return { fields, cut: true }
    }
    // behind a value, or at the end of an empty one: close what closes, then the next name
    for (;;) {
      blanks()
      const inner = open.at(-1)!
      const mark = text[at]
      if (mark === undefined) return { fields, cut: true }
      at++
      if (mark === ',') break
      if (mark !== (inner.index < 0 ? '}' : ']')) return undefined
      open.pop()
      if (open.length === 0) {
        blanks()
        return at >= text.length ? { fields, cut: false } : undefined
      }
    }
    const next = nameHere()
    if (next === undefined) return at >= text.length ? { fields, cut: true } : undefined
    name = next
  }

  /** The name of the value that comes: its key, or its index in an array. */
  function nameHere(): string | undefined {
    const inner = open.at(-1)!
    if (inner.index >= 0) return `${inner.prefix}${inner.index++}`
    blanks()
    if (text[at] !== '"') return undefined
    const key = string()
    if (key === undefined) {
      at = text.length
      return undefined
    }
    blanks()
    if (text[at] !== ':') return undefined
    at++
    return inner.prefix + (key.length > 80 ? key.slice(0, 80) : key)
  }
}
