/**
 * Answers to questions: "the desk one", "the second", "both", "yes". No model: an answer is few words, and these are
 * known beforehand. What is no answer is read as a sentence of its own. Pure.
 */
import type { Device, Home } from '../home.js'
import { words } from '../names.js'

const YES =
  /^(yes|yeah|yep|yup|sure|ok|okay|do it|do that|go ahead|confirm|confirmed|correct|right|that's right|of course|absolutely|please do|affirmative|aye|yes do it|yes i do|i am sure|i'm sure)$/
const NO =
  /^(no|nope|nah|never mind|nevermind|cancel|cancel that|stop|forget it|forget that|don't|do not|no don't|no do not|neither|none|none of them|nothing|not now|leave it|abort|negative|no no)$/
const ALL =
  /^(both|both of them|all|all of them|all of those|every one|everyone|every one of them|everything|the lot|all three|all four|them all)$/
/** Said around an answer without changing it. */
const AROUND =
  /^(?:(?:please|um|uh|well|so|hey|oh|i mean|i meant|i want|i'd like|i said|the one|just|make it|take|use)\s+)+|(?:\s+(?:please|thanks|thank you|then))+$/g
const FILL = new Set([
  'one',
  'ones',
  'in',
  'on',
  'at',
  'of',
  'with',
  'called',
  'number',
  'that',
  'is',
  'please',
])
const ORDINALS: Record<string, number> = {
  first: 0, one: 0, 1: 0, '1st': 0, second: 1, two: 1, 2: 1, '2nd': 1, third: 2, three: 2, 3: 2, '3rd': 2, fourth: 3, four: 3, 4: 3, '4th': 3, last: -1, latter: -1, former: 0,
} // biome-ignore format: pairs

const bare = (normalised: string) => normalised.replace(AROUND, '').trim()

/** @returns undefined when it is neither */
export function yesOrNo(normalised: string): 'yes' | 'no' | undefined {
  const said = bare(normalised) || normalised
  if (YES.test(said)) return 'yes'
  return NO.test(said) ? 'no' : undefined
}

/**
 * Which of several devices an answer names, by name, room, or place in the list.
 * @param normalised the answer after `normalise`
 * @param candidates in the order in which they were told
 * @returns their ids; `none` when the speaker wants none of them; undefined when it is no answer, or fits no device
 */
export function choiceOf(
  normalised: string,
  candidates: readonly Device[],
  home: Home,
): readonly string[] | 'none' | undefined {
  const said = bare(normalised)
  if (!said) return undefined
  if (NO.test(said)) return 'none'
  if (ALL.test(said)) return candidates.map(d => d.id)
  const chosen = new Set<string>()
  for (const part of said.split(/ and | or (?=the )/)) {
    const found = oneOf(part, candidates, home)
    if (!found) return undefined
    chosen.add(found.id)
  }
  return [...chosen]
}

function oneOf(part: string, candidates: readonly Device[], home: Home): Device | undefined {
  const place = /^(?:the |number )*([a-z0-9]+)(?: one)?$/.exec(part)?.[1]
  const index = place === undefined ? undefined : ORDINALS[place]
  const told = words(part).filter(w => !FILL.has(w))
  const named = told.length ? candidates.filter(d => fits(d, told, home)) : []
  if (named.length === 1) return named[0]
  if (named.length > 1) {
    // "the lamp" of Lamp and Desk lamp
    const exact = named.filter(d => [d.name, ...d.aliases].some(n => words(n).join(' ') === told.join(' ')))
    return exact.length === 1 ? exact[0] : undefined
  }
  return index === undefined ? undefined : candidates.at(index)
}

/** Whether every word told is of the device's name, or of the name of its room or floor. */
function fits(device: Device, told: readonly string[], home: Home): boolean {
  const area = home.areas.find(a => a.id === device.area)
  const floor = home.floors.find(f => f.id === area?.floor)
  const place = [area, floor].flatMap(p => (p ? [p.name, ...p.aliases] : [])).flatMap(words)
  return [device.name, ...device.aliases].some(name => {
    const known = new Set([...words(name), ...place])
    return told.every(w => known.has(w))
  })
}

/** Most devices that a question lists by name. */
const LISTED = 5

/** "Which lamp: desk or floor?" Names are cut to what tells them apart. */
export function whichQuestion(candidates: readonly Device[], home: Home): string {
  const labels = labelsOf(candidates, home)
  const shared = labels.shared
  const list = labels.each.slice(0, LISTED)
  const more = labels.each.length > LISTED ? ', or another' : ''
  const said = more ? list.join(', ') : `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`
  return `Which ${shared || 'one'}: ${said}${more}?`
}

/** What tells devices apart: their names without the words that all share, with the room where that is not enough. */
function labelsOf(candidates: readonly Device[], home: Home): { shared: string; each: string[] } {
  const names = candidates.map(d => d.name.split(/\s+/))
  let shared = 0
  const tail = (n: number) =>
    names[0]!
      .slice(names[0]!.length - n)
      .join(' ')
      .toLowerCase()
  while (
    names.every(
      w =>
        w.length > shared + 1 &&
        w
          .slice(w.length - shared - 1)
          .join(' ')
          .toLowerCase() === tail(shared + 1),
    )
  )
    shared++
  const short = names.map(w => w.slice(0, w.length - shared).join(' '))
  const each = candidates.map((d, i) => {
    const twice = short.filter(s => s.toLowerCase() === short[i]!.toLowerCase()).length > 1
    const area = home.areas.find(a => a.id === d.area)?.name
    return twice && area ? `${short[i]} in the ${area.toLowerCase()}` : short[i]!
  })
  return { shared: shared ? tail(shared) : '', each }
}
