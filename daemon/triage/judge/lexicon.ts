/**
 * The lexicon as data: what lines are about, what can be wrong, and the words that turn it. Read once, checked, shared.
 * `conditions/` holds what can be wrong anywhere, with the marks that the line model knows; `trades/` what devices of one
 * trade say, for plain code alone; `languages/` more phrases for what the other files define.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { packageFile } from '../../base/package-root.js'
import { parse, z } from '../../base/schema.js'
import { readYaml } from '../../base/yaml.js'
import {
  CATEGORIES,
  type Category,
  COMPONENTS,
  type Component,
  SEVERITIES,
  type Severity,
} from '../verdict.js'
import { PhraseBook } from './phrases.js'

/** One thing that can be wrong. */
export interface Condition {
  readonly id: string
  readonly category: Category
  /** By itself, without words that make it better or worse. */
  readonly severity: Severity
  readonly needsHuman: boolean
  /** The component when the line names none. */
  readonly usually?: Component
  /** The component whatever the line names. */
  readonly always?: Component
  /** Conditions that this one says better, when both are said. */
  readonly over: readonly string[]
  /** Its phrases, as written. */
  readonly say: string
  readonly cause: string
  readonly action: string
}

export const STATES = [
  'returned',
  'calm',
  'severe',
  'emergency',
  'mild',
  'fault',
  'tested',
  'negated',
  'negating',
  'still',
  'bookkeeping',
] as const
export type State = (typeof STATES)[number]

export interface ComponentWords {
  readonly component: Component
  /** Looked at before the machine around it. */
  readonly part: boolean
  readonly words: string
  /** Letters of asset tags. */
  readonly tags: readonly string[]
}

export interface Lexicon {
  /** Those that the line model has marks for: `trades/` is not among them. */
  readonly conditions: readonly Condition[]
  readonly components: readonly ComponentWords[]
  readonly states: Readonly<Record<State, string>>
  readonly conditionBook: PhraseBook<Condition>
  readonly componentBook: PhraseBook<ComponentWords>
  readonly stateBook: PhraseBook<State>
  /** Abbreviation -> word, for lines that are not understood otherwise. */
  readonly abbreviations: ReadonlyMap<string, string>
  /** Asset tag letters -> component. */
  readonly tags: ReadonlyMap<string, Component>
}

const ConditionsFile = z.strictObject({
  category: z.enum(CATEGORIES),
  conditions: z.record(
    z.string(),
    z.strictObject({
      severity: z.enum(SEVERITIES),
      human: z.boolean().optional(),
      category: z.enum(CATEGORIES).optional(),
      usually: z.enum(COMPONENTS).optional(),
      always: z.enum(COMPONENTS).optional(),
      over: z.string().optional(),
      say: z.string(),
      cause: z.string(),
      do: z.string(),
    }),
  ),
})
const ComponentsFile = z.record(
  z.enum(COMPONENTS),
  z.strictObject({ part: z.boolean().optional(), words: z.string(), tags: z.array(z.string()).optional() }),
)
const AbbreviationsFile = z.record(z.string(), z.array(z.string()))
const StatesFile = z.record(z.enum(STATES), z.string())
/** More phrases, by what they say. @param ids conditions that there are */
const languageFile = (ids: readonly string[]) =>
  z.strictObject({
    conditions: z.partialRecord(z.enum(ids), z.string()).optional(),
    components: z.partialRecord(z.enum(COMPONENTS), z.string()).optional(),
    states: z.partialRecord(z.enum(STATES), z.string()).optional(),
  })
type LanguageFile = z.infer<ReturnType<typeof languageFile>>

let shared: Lexicon | undefined

/** @throws invalid_value when a file of the package is damaged */
export function lexicon(): Lexicon {
  shared ??= load(packageFile('daemon', 'triage', 'judge', 'lexicon'))
  return shared
}

function load(folder: string): Lexicon {
  const within = (name: string) => readdirSync(join(folder, name)).sort()
  const conditionsIn = (name: string): Condition[] =>
    within(name).flatMap(file =>
      conditionsOf(parse(ConditionsFile, readYaml(join(folder, name, file)), file)),
    )
  const anywhere = conditionsIn('conditions')
  const anyTrade = conditionsIn('trades')
  const schema = languageFile([...anywhere, ...anyTrade].map(c => c.id))
  const languages = within('languages').map(name =>
    parse(schema, readYaml(join(folder, 'languages', name)), name),
  )
  /** What the files of languages add to some phrases. */
  const more = (of: (file: LanguageFile) => string | undefined) =>
    languages.map(file => of(file) ?? '').filter(text => text !== '')
  const withMore = (c: Condition): Condition => ({
    ...c,
    say: [c.say, ...more(file => file.conditions?.[c.id])].join(', '),
  })
  const conditions = anywhere.map(withMore)
  const trades = anyTrade.map(withMore)
  const components: ComponentWords[] = Object.entries(
    parse(ComponentsFile, readYaml(join(folder, 'components.yaml')), 'components.yaml'),
  ).map(([component, c]) => ({
    component: component as Component,
    part: c?.part ?? false,
    words: [c?.words ?? '', ...more(file => file.components?.[component as Component])].join(', '),
    tags: c?.tags ?? [],
  }))
  const stateFile = parse(StatesFile, readYaml(join(folder, 'states.yaml')), 'states.yaml')
  const states = Object.fromEntries(
    STATES.map(state => [state, [stateFile[state], ...more(file => file.states?.[state])].join(', ')]),
  ) as Record<State, string>

  const abbreviations = new Map(
    Object.entries(
      parse(AbbreviationsFile, readYaml(join(folder, 'abbreviations.yaml')), 'abbreviations.yaml'),
    ).flatMap(([word, short]) => short.map(s => [s, word] as const)),
  )
  const conditionBook = new PhraseBook<Condition>()
  for (const c of [...conditions, ...trades]) if (!c.say.startsWith('@')) conditionBook.add(c.say, c)
  const componentBook = new PhraseBook<ComponentWords>()
  for (const c of components) componentBook.add(c.words, c)
  const stateBook = new PhraseBook<State>()
  for (const state of STATES) stateBook.add(states[state], state)
  const tags = new Map(components.flatMap(c => c.tags.map(tag => [tag.toLowerCase(), c.component] as const)))
  return { conditions, components, states, conditionBook, componentBook, stateBook, abbreviations, tags }
}

const conditionsOf = (file: z.infer<typeof ConditionsFile>): Condition[] =>
  Object.entries(file.conditions).map(([id, c]) => ({
    id,
    category: c.category ?? file.category,
    severity: c.severity,
    needsHuman: c.human ?? true,
    ...(c.usually ? { usually: c.usually } : {}),
    ...(c.always ? { always: c.always } : {}),
    over: c.over?.split(' ') ?? [],
    say: c.say,
    cause: c.cause,
    action: c.do,
  }))
