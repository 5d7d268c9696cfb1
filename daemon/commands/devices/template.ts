/*
 * The harmless part of Jinja that MQTT discovery messages use: `{{ value }}`, `{{ value_json.a['b'][0] }}`, numbers,
 * strings, arithmetic, comparison, `x if y else z` and a few filters. Anything else (statements, calls, dictionaries)
 * is refused with a reason when it is read, so that it shows before it is needed. Nothing is ever compiled to code.
 */

/** What a template may look at: `value`, `value_json` and the variables that Home Assistant hands to command templates. */
export type Scope = Readonly<Record<string, unknown>>

type Node =
  | { at: 'literal'; value: unknown }
  | { at: 'name'; name: string }
  | { at: 'member'; of: Node; key: Node }
  | { at: 'binary'; op: string; left: Node; right: Node }
  | { at: 'not' | 'negative'; of: Node }
  | { at: 'choose'; when: Node; then: Node; otherwise: Node }
  | { at: 'filter'; name: string; of: Node; args: Node[] }

/** A template that was read. `path` is set when it is nothing but `{{ value_json.a.b }}`; then it can be turned round. */
export interface Template {
  readonly source: string
  readonly parts: readonly (string | Node)[]
  readonly path?: readonly string[]
}

const MAX_LENGTH = 500
const MAX_DEPTH = 24
const FILTERS = new Set([
  'int', 'float', 'round', 'string', 'upper', 'lower', 'trim', 'default', 'abs', 'is_defined', 'tojson', 'to_json',
]) // biome-ignore format: a list

/** Reads a template. @returns the template, or why it is outside of what we understand */
export function readTemplate(source: string): { template: Template } | { reason: string } {
  if (source.length > MAX_LENGTH) return { reason: `the template is longer than ${MAX_LENGTH} characters` }
  if (/\{%|\{#/.test(source)) return { reason: `the template uses statements, which are not run: ${source}` }
  const parts: (string | Node)[] = []
  let rest = 0
  try {
    for (;;) {
      const open = source.indexOf('{{', rest)
      if (open < 0) break
      const close = source.indexOf('}}', open)
      if (close < 0) throw new Outside('"{{" is not closed')
      if (open > rest) parts.push(source.slice(rest, open))
      parts.push(new Reader(source.slice(open + 2, close)).expression())
      rest = close + 2
    }
  } catch (error) {
    if (!(error instanceof Outside)) throw error
    return { reason: `the template is not understood: ${error.message} in ${source}` }
  }
  if (rest < source.length) parts.push(source.slice(rest))
  const only = parts.length === 1 && typeof parts[0] === 'object' ? pathOf(parts[0]) : undefined
  return { template: { source, parts, ...(only?.length ? { path: only } : {}) } }
}

/** Renders a template. @returns the text; undefined when something it needs is not there */
export function render(template: Template, scope: Scope): string | undefined {
  let text = ''
  for (const part of template.parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const value = evaluate(part, scope)
    if (value === undefined) return undefined
    text += asText(value)
  }
  return text.trim()
}

/** A value as Python prints it, which is what devices were written against. */
export function asText(value: unknown): string {
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (value === null || value === undefined) return 'None'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A payload and, when it is JSON, what it says. */
export function payloadScope(text: string): Scope {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  return { value: text, value_json: json }
}

function pathOf(node: Node): string[] | undefined {
  if (node.at === 'name') return node.name === 'value_json' ? [] : undefined
  if (node.at !== 'member' || node.key.at !== 'literal' || typeof node.key.value !== 'string')
    return undefined
  const before = pathOf(node.of)
  return before && [...before, node.key.value]
}

/** Only what is inside of this file may be thrown and caught here. */
class Outside extends Error {}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|'([^'\\]*)'|"([^"\\]*)"|([A-Za-z_]\w*)|(==|!=|<=|>=|\/\/|[-+*/%<>()[\].,|~]))/y

/** One expression, by precedence climbing. */
class Reader {
  readonly #tokens: { kind: 'number' | 'string' | 'word' | 'sign' | 'end'; text: string }[] = []
  #next = 0
  #depth = 0
  constructor(source: string) {
    TOKEN.lastIndex = 0
    for (let at = 0; at < source.trimEnd().length; at = TOKEN.lastIndex) {
      TOKEN.lastIndex = at
      const match = TOKEN.exec(source)
      if (!match) throw new Outside(`"${source.slice(at).trim().slice(0, 12)}"`)
      const [, number, single, double, word, sign] = match
      if (number !== undefined) this.#tokens.push({ kind: 'number', text: number })
      else if (word !== undefined) this.#tokens.push({ kind: 'word', text: word })
      else if (sign !== undefined) this.#tokens.push({ kind: 'sign', text: sign })
      else this.#tokens.push({ kind: 'string', text: single ?? double ?? '' })
    }
  }

  expression(): Node {
    const node = this.#choice()
    if (this.#peek().kind !== 'end') throw new Outside(`"${this.#peek().text}"`)
    return node
  }

  #peek() {
    return this.#tokens[this.#next] ?? { kind: 'end' as const, text: 'the end' }
  }

  #take(...texts: string[]): string | undefined {
    const token = this.#peek()
    if (token.kind === 'string' || token.kind === 'end' || !texts.includes(token.text)) return undefined
    this.#next++
    return token.text
  }

  #expect(text: string): void {
    if (this.#take(text) === undefined) throw new Outside(`"${this.#peek().text}" instead of "${text}"`)
  }

  #choice(): Node {
    if (++this.#depth > MAX_DEPTH) throw new Outside('it is nested too deeply')
    const then = this.#level(0)
    let node = then
    if (this.#take('if')) {
      const when = this.#level(0)
      node = {
        at: 'choose',
        when,
        then,
        otherwise: this.#take('else') ? this.#choice() : { at: 'literal', value: '' },
      }
    }
    this.#depth--
    return node
  }

  static readonly #levels = [
    ['or'],
    ['and'],
    ['==', '!=', '<', '>', '<=', '>='],
    ['~'],
    ['+', '-'],
    ['*', '/', '//', '%'],
  ]

  #level(index: number): Node {
    const operators = Reader.#levels[index]
    if (!operators) return this.#unary()
    if (index === 2 && this.#take('not')) return { at: 'not', of: this.#level(index) }
    let left = this.#level(index + 1)
    for (let op = this.#take(...operators); op; op = this.#take(...operators))
      left = { at: 'binary', op, left, right: this.#level(index + 1) }
    return left
  }

  #unary(): Node {
    if (++this.#depth > MAX_DEPTH) throw new Outside('it is nested too deeply')
    const node: Node = this.#take('-') ? { at: 'negative', of: this.#unary() } : this.#postfix()
    this.#depth--
    return node
  }

  #postfix(): Node {
    let node = this.#primary()
    for (;;) {
      if (this.#take('.')) {
        const key = this.#peek()
        if (key.kind !== 'word' && key.kind !== 'number') throw new Outside(`"${key.text}" after "."`)
        this.#next++
        node = {
          at: 'member',
          of: node,
          key: { at: 'literal', value: key.kind === 'number' ? Number(key.text) : key.text },
        }
      } else if (this.#take('[')) {
        node = { at: 'member', of: node, key: this.#choice() }
        this.#expect(']')
      } else if (this.#take('|')) {
        const { text } = this.#peek()
        this.#next++
        if (!FILTERS.has(text)) throw new Outside(`the filter "${text}"`)
        node = { at: 'filter', name: text, of: node, args: this.#take('(') ? this.#arguments() : [] }
      } else return node
    }
  }

  #arguments(): Node[] {
    const args: Node[] = []
    while (!this.#take(')')) {
      if (args.length) this.#expect(',')
      args.push(this.#choice())
    }
    return args
  }

  #primary(): Node {
    const token = this.#peek()
    this.#next++
    if (token.kind === 'number') return { at: 'literal', value: Number(token.text) }
    if (token.kind === 'string') return { at: 'literal', value: token.text }
    if (token.kind === 'word') {
      const constant = CONSTANTS.get(token.text.toLowerCase())
      if (constant) return { at: 'literal', value: constant.value }
      if (this.#peek().text === '(' && this.#peek().kind === 'sign')
        throw new Outside(`the call of "${token.text}"`)
      if (!NAMES.has(token.text)) throw new Outside(`the name "${token.text}"`)
      return { at: 'name', name: token.text }
    }
    if (token.kind === 'sign' && token.text === '(') {
      const inner = this.#choice()
      this.#expect(')')
      return inner
    }
    throw new Outside(`"${token.text}"`)
  }
}

const CONSTANTS = new Map([
  ['true', { value: true }],
  ['false', { value: false }],
  ['none', { value: null }],
])
const NAMES = new Set(
  'value value_json red green blue white cold_white warm_white hue sat x y position position_open position_closed'.split(
    ' ',
  ),
)

/** @returns undefined when a part is missing or has the wrong type: no value is better than a wrong one */
function evaluate(node: Node, scope: Scope): unknown {
  switch (node.at) {
    case 'literal':
      return node.value
    case 'name':
      return Object.hasOwn(scope, node.name) ? scope[node.name] : undefined
    case 'member': {
      const owner = evaluate(node.of, scope)
      const key = evaluate(node.key, scope)
      if (typeof owner !== 'object' || owner === null || (typeof key !== 'string' && typeof key !== 'number'))
        return undefined
      return Object.hasOwn(owner, key) ? (owner as Record<string | number, unknown>)[key] : undefined
    }
    case 'not':
      return !truthy(evaluate(node.of, scope))
    case 'negative': {
      const value = evaluate(node.of, scope)
      return typeof value === 'number' ? -value : undefined
    }
    case 'choose':
      return evaluate(truthy(evaluate(node.when, scope)) ? node.then : node.otherwise, scope)
    case 'binary':
      return operate(node.op, evaluate(node.left, scope), evaluate(node.right, scope))
    case 'filter':
      return filter(
        node.name,
        evaluate(node.of, scope),
        node.args.map(arg => evaluate(arg, scope)),
      )
  }
}

function truthy(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}

function operate(op: string, left: unknown, right: unknown): unknown {
  if (op === 'or') return truthy(left) ? left : right
  if (op === 'and') return truthy(left) ? right : left
  if (op === '==') return left === right
  if (op === '!=') return left !== right
  if (op === '~') return left === undefined || right === undefined ? undefined : asText(left) + asText(right)
  if (op === '+' && typeof left === 'string' && typeof right === 'string') return left + right
  if (typeof left !== 'number' || typeof right !== 'number') return undefined
  const results: Record<string, number | boolean> = {
    '+': left + right,
    '-': left - right,
    '*': left * right,
    '/': left / right,
    '//': Math.floor(left / right),
    '%': ((left % right) + right) % right,
    '<': left < right,
    '>': left > right,
    '<=': left <= right,
    '>=': left >= right,
  }
  const result = results[op]
  return typeof result === 'number' && !Number.isFinite(result) ? undefined : result
}

function filter(name: string, value: unknown, args: unknown[]): unknown {
  if (name === 'default') return value === undefined || (args[1] === true && !truthy(value)) ? args[0] : value
  if (value === undefined) return undefined
  switch (name) {
    case 'int':
    case 'float': {
      const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
      if (!Number.isFinite(number)) return args[0]
      return name === 'int' ? Math.trunc(number) : number
    }
    case 'round': {
      const number = Number(value)
      if (!Number.isFinite(number)) return undefined
      const scale = 10 ** Math.min(10, Math.max(0, Number(args[0] ?? 0) || 0))
      return Math.round(number * scale) / scale
    }
    case 'abs':
      return typeof value === 'number' ? Math.abs(value) : undefined
    case 'string':
      return asText(value)
    case 'upper':
      return asText(value).toUpperCase()
    case 'lower':
      return asText(value).toLowerCase()
    case 'trim':
      return asText(value).trim()
    case 'is_defined':
      return value
    default:
      return JSON.stringify(value)
  }
}
