/**
 * A JSON Schema as a grammar, for chat models that answer in JSON. Only what a grammar can hold in full is taken: enum,
 * const, oneOf, objects with all keys required, arrays and strings with lengths, boolean, integer, number, null.
 * Anything else is refused, because a bound that is dropped in silence is worse than none. The JSON has no blanks between
 * its parts and its keys in the order of `properties`.
 */
import { errors } from './errors.js'
import { alt, chars, type Grammar, lit, many, opt, type Rule, ref, seq } from './grammar.js'

const NOTES = ['$schema', 'title', 'description', 'examples', '$comment']
const KEYWORDS: Record<string, readonly string[]> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength'],
  integer: [],
  number: [],
  boolean: [],
  null: [],
}

const digit = chars(['0-9'])
const SHARED: Record<string, Rule> = {
  char: alt(
    chars(['"', '\\', '\x00-\x1f'], true),
    seq(lit('\\'), chars(['"', '\\', '/', 'b', 'f', 'n', 'r', 't'])),
  ),
  integer: seq(opt(lit('-')), alt(lit('0'), seq(chars(['1-9']), many(digit, 0, 14)))),
  number: seq(ref('integer'), opt(seq(lit('.'), many(digit, 1, 15)))),
}

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Makes the grammar of a schema.
 * @throws grammar_unfit with the path of what cannot be held (`anyOf`, `minimum`, an optional key, a `$ref`, ...)
 */
export function fromJsonSchema(schema: unknown): Grammar {
  return { root: 'root', rules: { ...SHARED, root: ruleOf(schema, '(top level)') } }
}

function ruleOf(schema: unknown, path: string): Rule {
  const unfit = (problem: string) => errors.grammar_unfit({ problem: `${path}: ${problem}` })
  if (!isObject(schema)) throw unfit('is no schema')
  const only = (...keywords: readonly string[]) => {
    const odd = Object.keys(schema).find(key => !keywords.includes(key) && !NOTES.includes(key))
    if (odd) throw unfit(`"${odd}" cannot be held by a grammar`)
  }
  /** A bound of a length; undefined when there is none. */
  const bound = (keyword: string): number | undefined => {
    const value = schema[keyword]
    if (value === undefined) return undefined
    if (!Number.isInteger(value) || (value as number) < 0) throw unfit(`"${keyword}" is no whole number`)
    return value as number
  }
  const bounds = (low: string, high: string): [number, number | undefined] => {
    const [min, max] = [bound(low) ?? 0, bound(high)]
    if (max !== undefined && max < min) throw unfit(`"${high}" is less than "${low}"`)
    return [min, max]
  }

  if ('const' in schema) {
    only('const', 'type')
    return lit(JSON.stringify(schema.const))
  }
  if ('enum' in schema) {
    only('enum', 'type')
    if (!Array.isArray(schema.enum) || schema.enum.length === 0) throw unfit('"enum" is empty')
    return alt(...schema.enum.map(value => lit(JSON.stringify(value))))
  }
  if ('oneOf' in schema) {
    only('oneOf')
    if (!Array.isArray(schema.oneOf) || schema.oneOf.length === 0) throw unfit('"oneOf" is empty')
    return alt(...schema.oneOf.map((option, i) => ruleOf(option, `${path}.oneOf[${i}]`)))
  }
  const { type } = schema
  if (typeof type !== 'string' || !Object.hasOwn(KEYWORDS, type))
    throw unfit(`type ${JSON.stringify(type)} cannot be held by a grammar`)
  only('type', ...KEYWORDS[type]!)
  switch (type) {
    case 'object': {
      const properties = schema.properties ?? {}
      if (!isObject(properties)) throw unfit('"properties" is no object')
      if (schema.additionalProperties !== undefined && schema.additionalProperties !== false)
        throw unfit('"additionalProperties" must be false')
      const names = Object.keys(properties)
      const required = Array.isArray(schema.required) ? schema.required : []
      const optional = names.find(name => !required.includes(name))
      if (optional !== undefined) throw unfit(`the key "${optional}" is optional`)
      const unknown = required.find(name => !names.includes(name))
      if (unknown !== undefined) throw unfit(`the required key "${unknown}" is not described`)
      const pairs = names.map((name, i) =>
        seq(lit(`${i ? ',' : ''}${JSON.stringify(name)}:`), ruleOf(properties[name], `${path}.${name}`)),
      )
      return seq(lit('{'), ...pairs, lit('}'))
    }
    case 'array': {
      const [min, max] = bounds('minItems', 'maxItems')
      if (max === 0) return lit('[]')
      const item = ruleOf(schema.items, `${path}[]`)
      const more = many(seq(lit(','), item), Math.max(0, min - 1), max === undefined ? undefined : max - 1)
      const some = seq(item, more)
      return seq(lit('['), min === 0 ? opt(some) : some, lit(']'))
    }
    case 'string': {
      const [min, max] = bounds('minLength', 'maxLength')
      return seq(lit('"'), many(ref('char'), min, max), lit('"'))
    }
    case 'boolean':
      return alt(lit('true'), lit('false'))
    case 'null':
      return lit('null')
    default:
      return ref(type)
  }
}
