/**
 * Devices that a sentence names in full. The model's spans may cut a name in odd places; the words of the sentence do
 * not. Pure.
 */
import type { CompactAction } from './compact.js'
import type { Device, Home } from './home.js'
import { nounAtEnd, placeOf, within, words } from './names.js'
import { normalise } from './normalise.js'
import { supports } from './resolve.js'
import { type ActionName, reachOf } from './vocabulary.js'

/** A name of one word ("light", "car") says too little to go by it alone. */
const WORDS_OF_A_NAME = 2

/** A device and where its name stands in the sentence. */
export interface FullName {
  device: Device
  /** The words of the sentence before and after the name. */
  before: string[]
  after: string[]
}

/**
 * The device whose name or alias of two words or more stands in the sentence; the longest name wins.
 * @param spell `as said` tells "bedroom lights" from a device Bedroom Light; `loosely` forgives plurals and articles
 * @returns undefined when there is none, or several different ones of one length
 */
export function fullyNamed(
  normalised: string,
  devices: readonly Device[],
  spell: 'as said' | 'loosely',
): FullName | undefined {
  const split = (text: string) => (spell === 'loosely' ? words(text) : normalise(text).split(' '))
  const said = split(normalised)
  let longest = 0
  let found: { device: Device; at: number; length: number }[] = []
  for (const device of devices)
    for (const name of [device.name, ...device.aliases]) {
      const phrase = split(name)
      if (phrase.length < Math.max(WORDS_OF_A_NAME, longest)) continue
      const at = indexOf(said, phrase)
      if (at < 0) continue
      if (phrase.length > longest) found = []
      longest = phrase.length
      if (!found.some(entry => entry.device === device)) found.push({ device, at, length: phrase.length })
    }
  const [only] = found
  if (!only || found.length > 1) return undefined
  return { device: only.device, before: said.slice(0, only.at), after: said.slice(only.at + only.length) }
}

function indexOf(said: readonly string[], phrase: readonly string[]): number {
  for (let at = 0; at + phrase.length <= said.length; at++)
    if (phrase.every((word, i) => said[at + i] === word)) return at
  return -1
}

/** Words that say that more, or less, than the one device is meant. */
const OTHERS =
  /\b(all|every|each|both|everything|except|but|besides|apart|other|others|excluding|without|not|and|then|or)\b/
/** What may stand right before a name that is not part of a longer one. */
const LEAD_IN = new Set(
  'the a an my our your this that on off up down of to in at for with from is are was'.split(' '),
)
const PLACE_WORD = new Set(['in', 'on', 'at', 'inside', 'of'])

/**
 * The one device that a command names in full, where the reading made something broader of it or knew no such device.
 * @returns undefined when the sentence may well mean something else
 */
export function meantByFullName(
  said: string,
  c: CompactAction,
  action: ActionName,
  home: Home,
  here: string | undefined,
): Device | undefined {
  // a quantifier that no word of the sentence bears out is a slip of the reading
  const one = c.quantifier === undefined || c.quantifier === 'all'
  if (c.except !== undefined || !one || OTHERS.test(said)) return undefined
  const found = fullyNamed(said, home.devices, 'as said')
  if (!found || !supports(action, found.device)) return undefined
  const { device, before, after } = found
  // "the reading desk lamp" is no desk lamp, and the "desk lamp outlet" is an outlet
  const last = before.at(-1)
  // (but a scene belongs to the home: "the kitchen dinner scene" is the dinner scene)
  const homes = device.kind === 'scene' || device.kind === 'script'
  const led = last === undefined || LEAD_IN.has(last) || (homes && endsInPlace(before, home))
  if (before.length > 1 && !led) return undefined
  const noun = after[0] === undefined || PLACE_WORD.has(after[0]) ? undefined : nounAtEnd([after[0]])
  if (noun && !noun.kinds.some(kind => reachOf(kind).some(({ domain }) => domain === device.kind)))
    return undefined
  const start = after.findIndex(word => PLACE_WORD.has(word))
  for (let end = after.length; start >= 0 && end > start + 1; end--) {
    const place = placeOf(words(after.slice(start + 1, end).join(' ')), home)
    if (place) return homes ? device : within([device], place, home, here)[0]
  }
  // "in the game room" of a home without one: another device may be meant, and there is none such
  const somewhere = start >= 0 && after.length > start + 1 && c.in === undefined && c.at === undefined
  return somewhere ? undefined : device
}

/** Verbs that are followed, or embraced, by a name alone. */
const PLAIN: readonly [RegExp, ActionName][] = [
  [/^(?:turn|switch) on (.+)$|^(?:turn|switch) (.+) on$|^(.+) on$/, 'turn_on'],
  [/^(?:turn|switch|shut) off (.+)$|^(?:turn|switch|shut) (.+) off$|^(.+) off$/, 'turn_off'],
  [/^open (.+)$/, 'open'],
  [/^(?:close|shut) (.+)$/, 'close'],
  [/^lock (.+)$/, 'lock'],
  [/^unlock (.+)$/, 'unlock'],
  [/^(?:start|run) (.+)$/, 'start'],
  [/^(?:stop|halt) (.+)$/, 'stop'],
  [/^(?:activate|run|start) (.+)$/, 'activate'],
]
const COURTESY =
  /^(?:(?:please|can you|could you|would you|will you|hey|ok|just) )+|(?: (?:please|now|thanks|thank you))+$/g

/**
 * An order that is a verb and the full name of one device and nothing else, whatever the model made of it: a name that
 * stands in the home file works, however odd.
 */
export function orderedByName(
  normalised: string,
  home: Home,
): { action: ActionName; device: Device } | undefined {
  const said = normalised.replace(COURTESY, '')
  for (const [verb, action] of PLAIN) {
    const name = said.match(verb)?.slice(1).find(Boolean)
    if (!name) continue
    const key = (text: string) => normalise(text).replace(/^(?:the|my|our) /, '')
    const found = home.devices.filter(
      d => [d.name, ...d.aliases].some(n => key(n) === key(name)) && supports(action, d),
    )
    if (found.length === 1 && found[0]) return { action, device: found[0] }
  }
  return undefined
}

const endsInPlace = (before: readonly string[], home: Home) =>
  [1, 2, 3].some(n => n <= before.length && placeOf(words(before.slice(-n).join(' ')), home) !== undefined)

const ASKS = /^(?:please )?(?:what|what's|whats|how|tell me|show me|read|give me|check)\b/
const NOW = new Set(['now', 'right', 'currently', 'please', 'today', 'moment', 'at'])

/**
 * The sensor that a question ends with, named in full, for a question that no model takes for one about a home: what a
 * sensor measures may be anything ("what is the mash tun gravity").
 */
export function sensorAskedFor(normalised: string, home: Home): Device | undefined {
  if (!ASKS.test(normalised)) return undefined
  const sensors = home.devices.filter(d => d.kind === 'sensor')
  const found = fullyNamed(normalised, sensors, 'loosely')
  return found?.after.every(word => NOW.has(word)) ? found.device : undefined
}
