import { z } from '../../daemon/base/schema.js'
import { RolloutFile } from '../../ota/format/rollout.js'
import { code, GENERATED, table } from './markdown.js'

interface Shape {
  type?: string
  description?: string
  default?: unknown
  const?: unknown
  enum?: unknown[]
  anyOf?: Shape[]
  items?: Shape
  properties?: Record<string, Shape>
  additionalProperties?: Shape | boolean
  required?: string[]
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
}

/** docs/reference/rollout.md: every key of the file of a rollout. */
export function rolloutPage(): string {
  const shape = z.toJSONSchema(RolloutFile, { io: 'input' }) as Shape
  return `${GENERATED}# The file of a rollout

YAML, for \`fieldmouse fleet start\` ([what it is for](../fleet.md)). An unknown key is refused.

${table(['key', 'takes', 'default', ''], rowsOf(shape, ''))}`
}

function rowsOf({ properties = {}, required = [] }: Shape, before: string): string[][] {
  return Object.entries(properties).flatMap(([key, inner]) => {
    const path = `${before}${key}`
    const given = inner.default === undefined ? '' : code(JSON.stringify(inner.default))
    const isNeeded = required.includes(key) && inner.default === undefined
    const row = [code(path), takes(inner), isNeeded ? 'needed' : given, inner.description ?? '']
    const object = [inner, inner.items, ...(inner.items?.anyOf ?? [])].find(s => s?.properties)
    if (!object) return [row]
    const more = rowsOf(object, object === inner ? `${path}.` : `${path}[].`)
    return object === inner ? more : [row, ...more]
  })
}

function takes(shape: Shape): string {
  if (shape.enum) return shape.enum.map(String).join(', ')
  if (shape.const !== undefined) return String(shape.const)
  if (shape.anyOf) return shape.anyOf.map(takes).join('; or ')
  if (shape.type === 'array') return `a list of ${shape.items ? takes(shape.items) : 'anything'}`
  if (shape.type === 'object') return shape.properties ? 'keys' : 'lists, by name'
  const least = shape.exclusiveMinimum === undefined ? shape.minimum : `above ${shape.exclusiveMinimum}`
  const range =
    least === undefined
      ? ''
      : `, ${least}${shape.maximum === undefined ? ' or more' : ` to ${shape.maximum}`}`
  const kind =
    { integer: 'a whole number', number: 'a number', string: 'text' }[shape.type ?? ''] ?? 'anything'
  return `${kind}${range.replace(`, 1 to ${Number.MAX_SAFE_INTEGER}`, ', 1 or more').replace(` to ${Number.MAX_SAFE_INTEGER}`, ' or more')}`
}
