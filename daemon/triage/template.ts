/**
 * Templates: lines that say the same with other values. Values are told by their looks at once (tokens.ts); words are
 * taken for values only on evidence: the same place already holds values, or many different words were seen there, and
 * none of them decides anything. So `valve opened` and `valve closed` stay two, however often both are seen.
 * In the class of Drain (He et al., ICWS 2017), without its similarity threshold.
 */
import { createHash } from 'node:crypto'
import { ownText } from './characters.js'
import { listHash, maskedHash, wildHashes } from './token-hash.js'
import { masked, splitTokens, WILD } from './tokens.js'

export interface Template {
  /** Never changes, also when the template becomes more general. */
  readonly id: string
  /** Words and `<*>`. */
  tokens: readonly string[]
  count: number
  /** The first line, as it came; at most 512 characters. */
  readonly example: string
}

/** What outlives a restart. */
export interface MinerState {
  version: 1
  /** The one not seen for longest first. @field born order of birth; missing in what earlier versions kept */
  templates: { id: string; tokens: string[]; count: number; example: string; born?: number }[]
}

export interface MinerOptions {
  /** Most templates; the one not seen for longest goes. Default 10,000. */
  mostTemplates: number
  /** So many different words at one place make it a value. Default 5. */
  manyWords: number
  /** Ids of templates that are never forgotten: a person has spoken of them. Default none. */
  kept(): ReadonlySet<string>
}

/** Words that turn the meaning of a line around. A place that holds one is never a value. */
const DECIDING = new Set(
  `on off open opened opening close closed closing start started starting stop stopped stopping up down ok okay good bad
  fail failed failing failure fault faulty faulted error errors warn warning critical fatal normal abnormal alarm alert clear
  cleared active inactive enable enabled disable disabled connect connected disconnect disconnected online offline high low
  hihi lolo true false yes no not none present absent missing running halted idle busy incoming outgoing coming going raised
  lost found restored recovered valid invalid pass passed accept accepted reject rejected denied granted allow allowed
  lock locked unlock unlocked full empty overload overheated tripped reset set unset begin end ready unavailable available
  healthy unhealthy dead alive success successful unsuccessful succeeded aborted completed in out increased decreased rising falling
  above below over under primary backup left right forward reverse auto manual local remote`.split(/\s+/),
)
const EXAMPLE_CHARS = 512
/** Of those that templates share. */
const MOST_WORDS = 4_096
const NOTHING: ReadonlySet<string> = new Set()

interface Node {
  template: Template
  /** In the order of birth; the oldest of a merge keeps its id. */
  born: number
  /** Number of the line that it was last seen in. */
  seen: number
}

export class TemplateMiner {
  readonly #o: MinerOptions
  /** Masked message -> its template, as it was found before the last merge or since. */
  readonly #forms = new Map<string, Node>()
  /** Templates by the hash of their tokens with a value at one place: those that differ in that place meet here. */
  readonly #siblings = new Map<number, Node | Node[]>()
  /** Templates by the hash of their tokens. */
  readonly #exact = new Map<number, Node | Node[]>()
  /** Where templates of a length have values: few patterns, each with the number of templates that have it. */
  readonly #masks = new Map<number, Map<string, { places: number[]; count: number }>>()
  readonly #nodes = new Map<string, Node>()
  readonly #words = new Map<string, string>()
  #born = 0
  #lines = 0

  constructor(options: Partial<MinerOptions> = {}) {
    this.#o = { mostTemplates: 10_000, manyWords: 5, kept: () => NOTHING, ...options }
  }

  get size(): number {
    return this.#nodes.size
  }

  /** All templates, the oldest first. */
  templates(): Template[] {
    return [...this.#nodes.values()].map(node => node.template)
  }

  /** Plain values, for a file. Forms and keys are found again. */
  state(): MinerState {
    const templates = [...this.#nodes.values()]
      .sort((a, b) => a.seen - b.seen)
      .map(({ template: { id, tokens, count, example }, born }) => ({
        id,
        tokens: [...tokens],
        count,
        example,
        born,
      }))
    return { version: 1, templates }
  }

  /** @param state as `state()` gave it; what does not fit in is left out, the longest unseen first */
  static restore(state: MinerState, options: Partial<MinerOptions> = {}): TemplateMiner {
    const miner = new TemplateMiner(options)
    for (const { born, tokens, ...template } of state.templates.slice(-miner.#o.mostTemplates)) {
      const node = miner.#add({ ...template, tokens: tokens.map(token => miner.#shared(token)) })
      if (born === undefined) continue
      node.born = born
      miner.#born = Math.max(miner.#born, born)
    }
    return miner
  }

  /**
   * The template of a message, learnt if it is new.
   * @param source part of the id: two sources may say the same
   * @param start where the message begins in the line
   */
  learn(line: string, source = '', start = 0): Template {
    const key = masked(line, start)
    let node = this.#forms.get(key)
    if (!node) {
      const tokens = splitTokens(key).map(token => this.#shared(token))
      node = this.#matching(tokens) ?? this.#create(tokens, key, line.slice(start), source)
      node = this.#gather(node)
      this.#keep(key, node)
    }
    node.template.count++
    node.seen = ++this.#lines
    return node.template
  }

  /** The template of a message without learning; undefined when it is new. */
  find(line: string, start = 0): Template | undefined {
    const key = masked(line, start)
    return (this.#forms.get(key) ?? this.#matching(splitTokens(key)))?.template
  }

  /** Forgets a tenth, those not seen for longest. */
  shed(): void {
    this.#forgetOldest()
  }

  #keep(key: string, node: Node): void {
    this.#forms.set(ownText(key), node)
    // forms are many where a word varies; they are only a short cut
    if (this.#forms.size > 4 * this.#o.mostTemplates) this.#forms.delete(this.#forms.keys().next().value!)
    if (this.#nodes.size > this.#o.mostTemplates) this.#forgetOldest()
  }

  /** Words that many templates have are kept once. */
  #shared(token: string): string {
    const known = this.#words.get(token)
    if (known !== undefined) return known
    if (this.#words.size >= MOST_WORDS) this.#words.clear()
    const own = ownText(token)
    this.#words.set(own, own)
    return own
  }

  /** The oldest of the templates that hold this message as it is: so it is the same one whatever came since. */
  #matching(tokens: readonly string[]): Node | undefined {
    let oldest: Node | undefined
    for (const { places } of this.#masks.get(tokens.length)?.values() ?? [])
      for (const node of each(this.#exact.get(maskedHash(tokens, places))))
        if (holds(node.template.tokens, tokens) && !(oldest && oldest.born < node.born)) oldest = node
    return oldest
  }

  #create(tokens: readonly string[], key: string, message: string, source: string): Node {
    const hash = createHash('sha1').update(`${source}\n${key}`).digest('hex')
    let id = hash.slice(0, 10)
    for (let n = 10; this.#nodes.has(id); n++) id = hash.slice(0, n + 1)
    const example = ownText(message.slice(0, EXAMPLE_CHARS))
    return this.#add({ id, tokens, count: 0, example })
  }

  #add(template: Template): Node {
    const node: Node = { template, born: ++this.#born, seen: this.#lines }
    this.#nodes.set(template.id, node)
    this.#index(node, true)
    return node
  }

  #index(node: Node, add: boolean): void {
    const { tokens } = node.template
    const change = add ? put : take
    change(this.#exact, listHash(tokens), node)
    // places that hold values already have one key in common
    for (const key of new Set(siblingKeys(tokens))) change(this.#siblings, key, node)
    const places = tokens.flatMap((token, i) => (token === WILD ? [i] : []))
    const mask = places.join(' ')
    const masks = this.#masks.get(tokens.length) ?? new Map<string, { places: number[]; count: number }>()
    this.#masks.set(tokens.length, masks)
    const known = masks.get(mask) ?? { places, count: 0 }
    known.count += add ? 1 : -1
    if (known.count > 0) masks.set(mask, known)
    else masks.delete(mask)
  }

  /** Merges a template with those that differ from it in one place, if that place turns out to hold values. */
  #gather(node: Node): Node {
    let here = node
    for (let again = true; again; ) {
      again = false
      const { tokens } = here.template
      for (const [at, key] of siblingKeys(tokens).entries()) {
        // equal hashes of others are none of us
        const near = each(this.#siblings.get(key)).filter(n => differOnly(n.template.tokens, tokens, at))
        if (near.length < 2) continue
        const words = near.map(n => n.template.tokens[at]!)
        const isValue = words.includes(WILD) || near.length >= this.#o.manyWords
        if (!isValue || words.some(decides) || !meansSomething(tokens, at)) continue
        here = this.#merge(near, at)
        again = true
        break
      }
    }
    return here
  }

  /** The oldest keeps its id. */
  #merge(nodes: readonly Node[], at: number): Node {
    const [first, ...others] = [...nodes].sort((a, b) => a.born - b.born)
    for (const node of nodes) this.#index(node, false)
    // an older template holds more than it did
    this.#forms.clear()
    for (const node of others) {
      first!.template.count += node.template.count
      this.#nodes.delete(node.template.id)
    }
    first!.template.tokens = first!.template.tokens.map((t, i) => (i === at ? WILD : t))
    this.#index(first!, true)
    return first!
  }

  /** A tenth at once: a source that says something new with every line must not make each line slow. */
  #forgetOldest(): void {
    const kept = this.#o.kept()
    const bySeen = [...this.#nodes.values()]
      .filter(node => !kept.has(node.template.id))
      .sort((a, b) => a.seen - b.seen)
    const gone = new Set(bySeen.slice(0, Math.max(1, Math.floor(this.#o.mostTemplates / 10))))
    for (const node of gone) {
      this.#index(node, false)
      this.#nodes.delete(node.template.id)
    }
    for (const [key, form] of this.#forms) if (gone.has(form)) this.#forms.delete(key)
  }
}

/** Places that a longer message may differ in are many; beyond these it is not looked for siblings. */
const MOST_PLACES = 40

/** One key for each place that may turn out to be a value. */
const siblingKeys = (tokens: readonly string[]): number[] =>
  tokens.length < 3 ? [] : wildHashes(tokens, MOST_PLACES)

const differOnly = (a: readonly string[], b: readonly string[], at: number): boolean =>
  a.length === b.length && a.every((token, i) => i === at || token === b[i])

/** Whether a template holds a message as it is. */
const holds = (template: readonly string[], tokens: readonly string[]): boolean =>
  template.length === tokens.length && template.every((token, i) => token === WILD || token === tokens[i])

const each = (entry: Node | Node[] | undefined): Node[] =>
  entry === undefined ? [] : Array.isArray(entry) ? entry : [entry]

function put(map: Map<number, Node | Node[]>, key: number, node: Node): void {
  const entry = map.get(key)
  if (entry === undefined) map.set(key, node)
  else if (Array.isArray(entry)) entry.push(node)
  else map.set(key, [entry, node])
}

function take(map: Map<number, Node | Node[]>, key: number, node: Node): void {
  const entry = map.get(key)
  if (entry === node) map.delete(key)
  else if (Array.isArray(entry)) {
    const left = entry.filter(other => other !== node)
    if (left.length === 1) map.set(key, left[0]!)
    else map.set(key, left)
  }
}

/** Whether what is left without this place still says something: two words, and more than half of the message. */
function meansSomething(tokens: readonly string[], without: number): boolean {
  const words = tokens.filter((t, i) => i !== without && /[a-z]{2}/i.test(t.replaceAll(WILD, ''))).length
  return words >= 2 && words > tokens.length / 2
}

const decides = (word: string) => DECIDING.has(word.toLowerCase().replace(/[^a-z]+/g, ''))
