/** SenML packs (RFC 8428 §4): records with base fields resolved into plain ones. Pure. */
import type { PlacedField } from './json.js'
import type { Quantity } from './reading.js'
import { scaled, unitOf } from './units.js'

/** Seconds below this are relative to now (RFC 8428 §4.5.3). */
const ABSOLUTE = 2 ** 28
const KEYS = new Set('bn bt bu bv bs bver n u v vs vb vd s t ut'.split(' '))

export interface Senml {
  fields: PlacedField[]
  quantities: Quantity[]
  /** Of the first record, milliseconds since 1970. */
  time?: number
}

/**
 * @param fields of the JSON text, named `0.n`, `0.v` ...
 * @returns undefined when it is no SenML pack
 */
export function readSenml(fields: readonly PlacedField[]): Senml | undefined {
  const records: Map<string, PlacedField>[] = []
  for (const field of fields) {
    const dot = field.name.indexOf('.')
    const index = Number(field.name.slice(0, dot))
    const key = field.name.slice(dot + 1)
    if (dot < 1 || !Number.isInteger(index) || index > 256) return undefined
    // a key that ends with _ must be understood; others that are unknown are let pass (§4.4)
    if (!KEYS.has(key) && key.endsWith('_')) return undefined
    if (records[index] === undefined) records[index] = new Map()
    records[index].set(key, field)
  }
  if (records.length === 0) return undefined
  const base = { bn: '', bt: 0, bu: '', bv: 0 }
  const out: Senml = { fields: [], quantities: [] }
  for (const record of records) {
    if (record === undefined) continue
    const text = (key: string) => {
      const value = record.get(key)?.value
      return typeof value === 'string' ? value : undefined
    }
    const number = (key: string) => {
      const value = record.get(key)?.value
      return typeof value === 'number' ? value : undefined
    }
    base.bn = text('bn') ?? base.bn
    base.bt = number('bt') ?? base.bt
    base.bu = text('bu') ?? base.bu
    base.bv = number('bv') ?? base.bv
    const name = base.bn + (text('n') ?? '')
    const held = ['v', 'vs', 'vb', 'vd', 's'].find(key => record.has(key))
    if (name === '' || (held === undefined && !record.has('bn'))) return undefined
    const seconds = base.bt + (number('t') ?? 0)
    if (out.time === undefined && seconds >= ABSOLUTE) out.time = Math.round(seconds * 1000)
    if (held === undefined) continue
    const field = record.get(held)!
    const value = held === 'v' ? base.bv + (number('v') ?? Number.NaN) : field.value
    if (typeof value === 'number' && !Number.isFinite(value)) return undefined
    out.fields.push({ name, value, text: field.text, start: field.start })
    if (held !== 'v') continue
    const written = text('u') ?? (base.bu === '' ? undefined : base.bu)
    const unit = written === undefined ? undefined : (unitOf(written) ?? { unit: written, times: 1 })
    out.quantities.push({
      name,
      value: unit ? scaled(value as number, unit.times) : (value as number),
      ...(unit ? { unit: unit.unit } : {}),
      text: field.text,
      start: field.start,
    })
  }
  return out.fields.length > 0 ? out : undefined
}
