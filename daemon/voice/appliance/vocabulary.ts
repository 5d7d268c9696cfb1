/**
 * The vocabulary of an appliance: what can be asked of it, slot by slot. A file of this form gives speech to intent at once.
 *
 * ```json
 * { "intent": "orderDrink", "device": "coffee machine",
 *   "slots": { "size": ["small", "large"], "coffeeDrink": ["latte", "drip coffee"], "milkAmount": ["some milk", "cream"] },
 *   "openers": ["make me", "I'd like"],
 *   "form": "opener [a|an] then size in any order, each optional, then coffeeDrink, then optionally \"with\" milkAmount" }
 * ```
 * Instead of `form` the sentences may be written out, several intents in one file:
 * ```json
 * { "device": "washing machine",
 *   "slots": { "program": ["cotton", { "value": "wool", "says": ["wool", "woollens"] }], "hours": ["one", "two"] },
 *   "intents": { "start": ["(start|run) [the] {program} [program]", "start {program} in {hours} hours"], "stop": ["stop"] } }
 * ```
 * In a sentence `[...]` can be left out, `(a|b)` is a choice, `{slot}` a phrase of that slot; the rest are words.
 */
import { parse, errors as schemaErrors, z } from '../../base/schema.js'

const PLAIN = /^[\p{L}\p{N}][\p{L}\p{N}' -]*$/u
const phrase = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(PLAIN, 'words of letters, digits and apostrophes, no other signs')

const SlotPhrase = z.union(
  [
    phrase,
    z.strictObject({
      /** What the slot is told as. */
      value: phrase,
      /** How it is said; each way means the value. */
      says: z.array(phrase).min(1).max(50),
    }),
  ],
  { error: 'a phrase, or {"value": phrase, "says": [phrases]}' },
)
const Name = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a name of letters, digits and _')

const VocabularyFile = z
  .strictObject({
    /** The intent of the only form. */
    intent: Name.optional(),
    /** What is spoken to, for people. */
    device: z.string().max(200).optional(),
    slots: z.record(Name, z.array(SlotPhrase).min(1).max(500)),
    /** How an order may begin. */
    openers: z.array(phrase).min(1).max(100).optional(),
    /** The order of slots, in the words of the example above. */
    form: z.string().max(1_000).optional(),
    intents: z.record(Name, z.array(z.string().min(1).max(1_000)).min(1).max(100)).optional(),
  })
  .superRefine((file, context) => {
    const issue = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
    if (file.intents) {
      for (const key of ['intent', 'openers', 'form'] as const)
        if (file[key] !== undefined) issue([key], 'goes without `intents`: write it into the sentences')
    } else {
      if (!file.intent) issue(['intent'], 'is needed, or `intents` with their sentences')
      if (!file.form) issue(['form'], 'is needed, or `intents` with their sentences')
      if (file.form && /\bopener\b/.test(file.form) && !file.openers)
        issue(['openers'], 'is needed: the form begins with an opener')
    }
  })

/** One way to say something, over words and slots. */
export type Part =
  | { type: 'words'; words: string }
  | { type: 'slot'; slot: string }
  | { type: 'sequence'; parts: Part[] }
  | { type: 'choice'; parts: Part[] }
  | { type: 'optional'; part: Part }

/** A phrase as it is said, lower case, and the value that it means. */
export interface Phrase {
  readonly says: string
  readonly value: string
}

export interface Vocabulary {
  readonly device: string
  readonly slots: ReadonlyMap<string, readonly Phrase[]>
  readonly intents: readonly { readonly name: string; readonly sentences: readonly Part[] }[]
}

/**
 * @param where what is read, for the message
 * @throws invalid_value with the path of each thing that is wrong
 */
export function readVocabulary(value: unknown, where: string): Vocabulary {
  const file = parse(VocabularyFile, value, where)
  const slots = new Map(
    Object.entries(file.slots).map(([name, phrases]) => [name, phrases.flatMap(phrasesOf)] as const),
  )
  const at = <T>(path: string, make: () => T): T => {
    try {
      return make()
    } catch (error) {
      throw schemaErrors.invalid_value({ where, problems: `${path}: ${(error as Error).message}` }, error)
    }
  }
  const device = file.device ?? 'appliance'
  if (file.intents) {
    const intents = Object.entries(file.intents).map(([name, sentences]) => ({
      name,
      sentences: sentences.map((text, i) => at(`intents.${name}.${i}`, () => readSentence(text, slots))),
    }))
    return { device, slots, intents }
  }
  const sentence = at('form', () => readForm(file.form!, file.openers ?? [], slots))
  return { device, slots, intents: [{ name: file.intent!, sentences: [sentence] }] }
}

const spoken = (text: string) =>
  text
    .toLowerCase()
    .replace(/[\s-]+/g, ' ')
    .trim()

function phrasesOf(phrase: z.output<typeof SlotPhrase>): Phrase[] {
  if (typeof phrase === 'string') return [{ says: spoken(phrase), value: phrase }]
  return phrase.says.map(says => ({ says: spoken(says), value: phrase.value }))
}

type Slots = Vocabulary['slots']

/** A sentence with `[optional]`, `(one|other)` and `{slot}`. @throws Error saying what is wrong */
export function readSentence(text: string, slots: Slots): Part {
  const tokens = text.match(/\{[^{}]*\}|[[\]()|]|[^\s[\]()|{}]+|[{}]/g) ?? []
  let at = 0
  const choice = (): Part => {
    const parts = [sequence()]
    while (tokens[at] === '|') {
      at++
      parts.push(sequence())
    }
    return parts.length === 1 ? parts[0]! : { type: 'choice', parts }
  }
  const sequence = (): Part => {
    const parts: Part[] = []
    for (; at < tokens.length && !/^[\])|]$/.test(tokens[at]!); ) parts.push(single())
    if (parts.length === 0) throw new Error(`something is empty in "${text}"`)
    return parts.length === 1 ? parts[0]! : { type: 'sequence', parts }
  }
  const single = (): Part => {
    const token = tokens[at++]!
    if (token === '[' || token === '(') {
      const part = choice()
      if (tokens[at++] !== (token === '[' ? ']' : ')')) throw new Error(`a bracket is open in "${text}"`)
      return token === '[' ? { type: 'optional', part } : part
    }
    if (token.startsWith('{')) {
      const slot = token.slice(1, -1)
      if (!slots.has(slot)) throw new Error(`there is no slot "${slot}"`)
      return { type: 'slot', slot }
    }
    if (!PLAIN.test(token)) throw new Error(`"${token}" is no word`)
    return { type: 'words', words: spoken(token) }
  }
  const part = choice()
  if (at < tokens.length) throw new Error(`a bracket is closed that was not open in "${text}"`)
  return part
}

/**
 * The form in words: clauses joined by "then". A clause is `opener [a|an]`, slots `in any order, each optional`, one slot,
 * or `optionally "with"` and slots joined by `and/or` `in either order`.
 * @throws Error naming the clause that is not understood
 */
function readForm(form: string, openers: readonly string[], slots: Slots): Part {
  const clauses = form.split(/,?\s*\bthen\b\s*/).map(clause => clause.trim().replace(/[,.]$/, ''))
  return {
    type: 'sequence',
    parts: clauses.filter(Boolean).map(clause => readClause(clause, openers, slots)),
  }
}

const OPTIONAL = /\beach optional\b|\boptionally\b/
const ANY_ORDER = /\bin (?:any|either) order\b/

function readClause(clause: string, openers: readonly string[], slots: Slots): Part {
  const optional = OPTIONAL.test(clause)
  const anyOrder = ANY_ORDER.test(clause)
  const rest = clause.replace(OPTIONAL, ' ').replace(ANY_ORDER, ' ')
  const lead: Part[] = []
  const names: string[] = []
  for (const token of rest.match(/"[^"]*"|\[[^\]]*\]|[^\s,]+/g) ?? []) {
    if (token === 'opener')
      lead.push({ type: 'choice', parts: openers.map(words => ({ type: 'words', words: spoken(words) })) })
    else if (/^["[]/.test(token) && names.length > 0)
      throw new Error(`${token} stands behind a slot in "${clause}"`)
    else if (token.startsWith('"')) lead.push({ type: 'words', words: spoken(token.slice(1, -1)) })
    else if (token.startsWith('[')) lead.push(readSentence(token, slots))
    else if (slots.has(token)) names.push(token)
    else if (!['and', 'or', 'and/or'].includes(token))
      throw new Error(`there is no slot "${token}" ("${clause}")`)
  }
  const some = anyOrder ? orders(names, lead.length > 0 || !optional) : names.map(slotPart)
  const body: Part[] = anyOrder && some.length > 0 ? [{ type: 'choice', parts: some }] : some
  if (lead.length + body.length === 0) throw new Error(`nothing is said in "${clause}"`)
  const part: Part = { type: 'sequence', parts: [...lead, ...body] }
  return optional ? { type: 'optional', part } : part
}

const slotPart = (slot: string): Part => ({ type: 'slot', slot })

/** Five slots have 325 orders, six 1,956. */
const MOST_IN_ANY_ORDER = 5

/** Every choice of these slots in every order, at least one; people put "and" between what follows "with". */
function orders(names: readonly string[], joined: boolean): Part[] {
  if (names.length > MOST_IN_ANY_ORDER)
    throw new Error(`${names.length} slots in any order, ${MOST_IN_ANY_ORDER} are taken`)
  const out: Part[] = []
  const and: Part = { type: 'optional', part: { type: 'words', words: 'and' } }
  const extend = (before: readonly string[]) => {
    for (const name of names) {
      if (before.includes(name)) continue
      const own = [...before, name]
      const parts = own.flatMap((slot, i) => (i > 0 && joined ? [and, slotPart(slot)] : [slotPart(slot)]))
      out.push(parts.length === 1 ? parts[0]! : { type: 'sequence', parts })
      extend(own)
    }
  }
  extend([])
  return out
}
