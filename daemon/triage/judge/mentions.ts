/** Which of the things that a line and its source name is to be looked at first. Pure. */
import type { Category, Component } from '../verdict.js'
import { lexicon } from './lexicon.js'
import type { Polarity } from './polarity.js'
import { sayingsOf } from './sayings.js'
import { isNumber, type Word, wordsOf } from './words.js'

export interface About {
  category: Category
  /** Where the fault is said. */
  from: number
  to: number
  always?: Component
  usually?: Component
  polarity: Polarity
}

interface Mention {
  component: Component
  from: number
  to: number
  /** 2 a word, 1 letters of an asset tag. */
  weight: number
}

/** Named because they report, measure or carry, not because they are ill. */
const REPORTERS = new Set<Component>(['controller', 'network', 'sensor', 'other', 'power_supply'])
const PARTS_REACH = 6

const BY_CATEGORY: Partial<Record<Category, Component>> = {
  security: 'controller',
  safety: 'safety_device',
  leak: 'other',
  sensor_fault: 'sensor',
  vibration: 'motor',
  temperature: 'machine',
  pressure: 'pump',
  level_flow: 'tank',
  electrical: 'power_supply',
  communication: 'network',
  configuration: 'controller',
  wear_maintenance: 'machine',
  process_deviation: 'machine',
}
/** Of these kinds it is nearly always this thing, whatever else is named. */
const ALWAYS: Partial<Record<Category, readonly Component[]>> = {
  security: ['controller', 'network'],
  communication: ['network'],
  sensor_fault: ['sensor'],
}

export function componentFor(words: readonly Word[], source: string, about: About): Component {
  if (about.always) return about.always
  const mentions = mentionsIn(words)
  const always = ALWAYS[about.category]
  if (always) return always.find(c => mentions.some(m => m.component === c && m.weight > 1)) ?? always[0]!
  // where it leaks is the thing to look at, be it a room
  const own = mentions.filter(
    m => !REPORTERS.has(m.component) || (m.component === 'other' && about.category === 'leak'),
  )
  const part = own
    .filter(m => partOf(m.component) && m.weight > 1 && distance(m, about) <= PARTS_REACH)
    .sort((a, b) => distance(a, about) - distance(b, about))[0]
  if (part && !(own[0] && own[0] !== part && clauses(words, part.from, about.from) > 0)) return part.component
  const words2 = own.filter(m => m.weight > 1)
  const first = words2[0] ?? own[0]
  const tagged = own[0]
  if (
    tagged &&
    tagged.weight === 1 &&
    tagged.from <= 1 &&
    first &&
    clauses(words, tagged.from, first.from) > 0
  )
    return tagged.component
  if (first) return first.component
  const hinted = mentionsIn(wordsOf(source.replace(/^\w+:/, ' '))).filter(
    m => m.weight > 1 || !REPORTERS.has(m.component),
  )
  const hint = hinted.find(m => !REPORTERS.has(m.component)) ?? undefined
  if (about.category === 'safety' && !hint) return about.usually ?? 'safety_device'
  const reporter = mentions.find(m => m.weight > 1) ?? mentions[0] ?? hinted[0]
  if (hint) return hint.component
  if (about.usually) return about.usually
  if (
    reporter &&
    (about.category === 'normal' ||
      about.category === 'electrical' ||
      about.category === 'process_deviation' ||
      about.category === 'configuration' ||
      about.category === 'leak' ||
      about.category === 'wear_maintenance' ||
      about.category === 'temperature')
  )
    return reporter.component
  return BY_CATEGORY[about.category] ?? reporter?.component ?? 'other'
}

const partOf = (component: Component) => lexicon().components.find(c => c.component === component)!.part

const distance = (m: Mention, at: { from: number; to: number }) =>
  m.to <= at.from ? at.from - m.to : m.from >= at.to ? m.from - at.to : 0

const clauses = (words: readonly Word[], a: number, b: number) =>
  words.slice(Math.min(a, b) + 1, Math.max(a, b) + 1).filter(w => /[,;|]/.test(w.before)).length

/** What is named, in the order of the line; inside a longer name a shorter one does not count. */
function mentionsIn(words: readonly Word[]): Mention[] {
  const { tags } = lexicon()
  const found: Mention[] = sayingsOf(words)
    .things // `"battery":61` names a measurement
    .map(({ value, from, to }) => ({
      component: value.component,
      from,
      to,
      weight: measures(words, to) ? 1 : 2,
    }))
  words.forEach((word, at) => {
    const next = words[at + 1]
    const joined = next && /^[-_ #]?$/.test(next.before) && isNumber(next.text)
    // `0xf3347`: a hexadecimal number, no tag
    if (word.text[0] === 'x' && words[at - 1]?.text === '0' && words[at - 1]!.end === word.start) return
    const letters = /^([a-z]{1,5})(\d+[a-z]?)?$/.exec(word.text)
    const component = letters && tags.get(letters[1]!)
    if (
      component &&
      ((letters[2] && (letters[1]!.length > 1 || /^[pm]$/.test(letters[1]!))) ||
        (joined && (letters[1]!.length > 1 || /[-_]/.test(next.before))))
    )
      found.push({ component, from: at, to: at + 1, weight: 1 })
  })
  const kept = found.filter(
    m =>
      !found.some(
        o =>
          o !== m &&
          o.weight >= m.weight &&
          o.from <= m.from &&
          o.to >= m.to &&
          o.to - o.from > m.to - m.from,
      ),
  )
  return kept.sort((a, b) => a.from - b.from || b.to - a.to)
}

const measures = (words: readonly Word[], at: number): boolean =>
  isNumber(words[at]?.text ?? '') && (/=/.test(words[at]!.before) || /":/.test(words[at]!.before))
