import type { z } from '../base/schema.js'
import { ConfigSchema } from './schema.js'

/** One option, as the reference page and error messages tell it. */
export interface Option {
  /** `broker.port`; inside a section of a list `sources.serial[].baud` */
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
        options: shapeOf(inner).flatMap(([name, option]) => optionsOf(`${key}.${name}`, option)),
      })
  }
  return [top, ...rest]
}

/** What is known of a path in the file: used to say what was expected there. */
export function placeOf(path: readonly PropertyKey[]): Place | undefined {
  let node: Node | undefined = ConfigSchema
  for (const step of path) {
    const { node: inner }: { node: Node } = unwrap(node)
    if (inner._zod.def.type === 'array') node = elementOf(inner)
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

/** An option, and what is below it where it is a section or a list of sections. */
function optionsOf(path: string, node: Node): Option[] {
  const { node: inner } = unwrap(node)
  const element = elementOf(inner)
  const below = inner._zod.def.type === 'object' ? inner : element
  return [
    optionOf(path, node),
    ...(below && below._zod.def.type === 'object'
      ? shapeOf(below).flatMap(([name, option]) => optionsOf(`${path}${element ? '[]' : ''}.${name}`, option))
      : []),
  ]
}

/** What a list is made of. */
function elementOf(node: Node): Node | undefined {
  return node._zod.def.type === 'array' ? ((node as unknown as z.ZodArray).element as Node) : undefined
}

function optionOf(path: string, node: Node): Option {
  const { node: inner, fallback } = unwrap(node)
  return {
    path,
    type: typeWords(inner),
    ...(fallback === undefined ? {} : { default: JSON.stringify(fallback) }),
    sentence: node.description ?? inner.description ?? '',
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
      return elementOf(node)?._zod.def.type === 'object' ? 'a list of sections' : 'a list of names'
    case 'union':
      return (def.options ?? []).map(typeWords).join(' or ')
    case 'object':
      return 'a section of options'
    default:
      return 'text'
  }
}
