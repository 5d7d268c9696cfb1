import type { z } from '../base/schema.js'
import { ConfigSchema } from './schema.js'

/** One option, as the reference page and error messages tell it. */
export interface Option {
  /** `broker.port` */
  path: string
  /** What it takes, as words: "a whole number from 0 to 65535". */
  type: string
  /** The default as JSON, or undefined when there is none. */
  default?: string
  sentence: string
}

/** A section or an option; `node` is undefined where the path leads nowhere. */
export interface Place {
  type: string
  /** Names that may stand here; empty for options. */
  keys: string[]
}

/** A section of the file with its options. The top level has an empty name. */
export interface Section {
  name: string
  sentence: string
  options: Option[]
}

type Node = z.core.$ZodType & { description?: string }

/** All sections in file order, the top level first. */
export function sections(): Section[] {
  const top: Section = { name: '', sentence: '', options: [] }
  const rest: Section[] = []
  for (const [key, node] of shapeOf(ConfigSchema)) {
    const inner = unwrap(node).node
    if (inner._zod.def.type !== 'object') top.options.push(optionOf(key, node))
    else
      rest.push({
        name: key,
        sentence: inner.description ?? '',
        options: shapeOf(inner).map(([name, option]) => optionOf(`${key}.${name}`, option)),
      })
  }
  return [top, ...rest]
}

/** What is known of a path in the file: used to say what was expected there. */
export function placeOf(path: readonly PropertyKey[]): Place | undefined {
  let node: Node | undefined = ConfigSchema
  for (const step of path) {
    const { node: inner }: { node: Node } = unwrap(node)
    if (inner._zod.def.type === 'array') node = (inner as unknown as z.ZodArray).element as Node
    else if (inner._zod.def.type === 'object') node = shapeOf(inner).find(([key]) => key === step)?.[1]
    else node = undefined
    if (!node) return undefined
  }
  const inner = unwrap(node).node
  return {
    type: typeWords(inner),
    keys: inner._zod.def.type === 'object' ? shapeOf(inner).map(([key]) => key) : [],
  }
}

function optionOf(path: string, node: Node): Option {
  const { node: inner, fallback } = unwrap(node)
  return {
    path,
    type: typeWords(inner),
    ...(fallback === undefined ? {} : { default: JSON.stringify(fallback) }),
    sentence: node.description ?? '',
  }
}

function shapeOf(node: Node): [string, Node][] {
  return Object.entries((node as z.ZodObject).shape) as [string, Node][]
}

/** Looks below `optional`, `default` and `prefault`. */
function unwrap(node: Node): { node: Node; fallback?: unknown } {
  let fallback: unknown
  let inner = node
  for (;;) {
    const def = inner._zod.def as { type: string; innerType?: Node; defaultValue?: unknown }
    if (!['optional', 'default', 'prefault'].includes(def.type) || !def.innerType)
      return { node: inner, fallback }
    if (def.type === 'default') fallback = def.defaultValue
    inner = def.innerType
  }
}

function typeWords(node: Node): string {
  const def = node._zod.def as { type: string; options?: Node[]; values?: unknown[]; element?: Node }
  switch (def.type) {
    case 'enum':
      return `one of ${(node as z.ZodEnum).options.join(', ')}`
    case 'literal':
      return String(def.values?.[0])
    case 'boolean':
      return 'true or false'
    case 'number': {
      const { minValue, maxValue, isInt } = node as z.ZodNumber
      return `a ${isInt ? 'whole ' : ''}number from ${minValue} to ${maxValue}`
    }
    case 'array':
      return 'a list of names'
    case 'union':
      return (def.options ?? []).map(typeWords).join(' or ')
    case 'object':
      return 'a section of options'
    default:
      return 'text'
  }
}
