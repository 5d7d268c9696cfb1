/** A training sentence with classes instead of names: "turn on the <light> in the <area>". */
import { isDialogueAct, SPAN_SLOTS } from '../../../daemon/commands/compact.js'
import { EVERYWHERE, HERE, NOUNS, OUTSIDE, plural } from '../../../daemon/commands/lexicon.js'
import { KINDS, type Kind } from '../../../daemon/commands/vocabulary.js'
import { numberInWords, spoken } from '../../../daemon/voice/language/spoken.js'
import type { Pair } from '../generate/sentence.js'
import { FLOORS, PROGRAMS, STAIRS } from '../generate/words.js'

/** Words of a sentence; classes are in angle brackets. `names` says what stood in the place of each class. */
export interface Tagged {
  words: string[]
  names: [label: string, name: string][]
}

const GENERIC = new Set(
  Object.values(NOUNS)
    .flat()
    .flatMap(n => [n, plural(n)])
    .map(spoken)
    .concat('it', 'them', 'that', 'that one', 'this one', 'those', 'one', 'other one'),
)
const HERES = new Set([...HERE, ...OUTSIDE, ...EVERYWHERE, ...STAIRS].map(spoken))
const isFloor = (name: string) => FLOORS.includes(name) || / (floor|level|storey|story)$/.test(name)

/** A place is a room, a floor, or one of the words that are places in every home. */
function tagPlace(name: string): string {
  if (HERES.has(name)) return name
  return isFloor(name) ? '<floor>' : '<area>'
}

/** "kitchen lights" is a room and a noun that every home has; "reading lamp" is a name. */
function tagDevice(name: string, kind: Kind, rooms: ReadonlySet<string>): string {
  if (GENERIC.has(name)) return name
  const words = name.split(' ')
  for (let cut = words.length - 1; cut >= 1; cut--) {
    const place = words.slice(0, cut).join(' ')
    const noun = words.slice(cut).join(' ')
    if (!GENERIC.has(noun)) continue
    if (HERES.has(place)) return name
    if (isFloor(place)) return `<floor> ${noun}`
    if (rooms.has(place)) return `<area> ${noun}`
    if (place === 'other') return name
  }
  return `<${KINDS[kind].domain}>`
}

const NUMBER_WORDS = new Map(Array.from({ length: 101 }, (_, n) => [numberInWords(n), n] as const))

/** Numbers up to 99 become `<number>`. */
function tagNumbers(words: readonly string[], names: Tagged['names']): string[] {
  const out: string[] = []
  for (let i = 0; i < words.length; ) {
    const two = words.slice(i, i + 2).join(' ')
    const one = words[i]!
    const found = NUMBER_WORDS.has(two) ? two : NUMBER_WORDS.has(one) ? one : undefined
    // "one" is a pronoun more often than a number
    if (found && found !== 'one') {
      names.push(['<number>', found])
      out.push('<number>')
    } else out.push(one)
    i += found === two ? 2 : 1
  }
  return out
}

/** Puts classes in the place of spans. @param rooms every room of the generator, as spoken */
export function tag(pair: Pair, rooms: ReadonlySet<string>): Tagged {
  const names: Tagged['names'] = []
  let text = ` ${spoken(pair.utterance)} `
  const replace = (span: string, label: string) => {
    const said = spoken(span)
    if (!said || label === said || !text.includes(` ${said} `)) return
    text = text.replace(` ${said} `, ` ${label} `)
    for (const mark of label.match(/<[a-z_]+>/g) ?? [])
      names.push([mark, label === mark ? said : said.slice(0, said.length - label.length + mark.length)])
  }
  for (const action of pair.command) {
    const kind: Kind = action.kind ?? 'thing'
    for (const slot of SPAN_SLOTS) {
      const span = action[slot]
      if (span === undefined) continue
      const said = spoken(span)
      if (slot === 'dev') replace(span, tagDevice(said, kind, rooms))
      else if (slot === 'area') replace(span, tagPlace(said))
      else if (slot === 'except')
        replace(span, rooms.has(said) ? tagPlace(said) : tagDevice(said, 'light', rooms))
      else if (slot === 'name') replace(span, '<timer>')
      else if (slot === 'val' && !isDialogueAct(action.action)) {
        if (action.action === 'set_color') replace(span, '<color>')
        else if (action.action === 'play_media') replace(span, '<title>')
        else if (action.action === 'start' && PROGRAMS.includes(span)) replace(span, '<program>')
      }
    }
  }
  return { words: tagNumbers(text.trim().split(' '), names), names }
}
