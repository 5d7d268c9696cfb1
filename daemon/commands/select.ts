/** Which devices a compact action means. Pure; see ground.ts for the whole. */
import type { CompactAction } from './compact.js'
import type { Setting } from './ground.js'
import type { Device, Home } from './home.js'
import {
  containing,
  isPlural,
  named,
  nounAtEnd,
  type Place,
  placeOf,
  rawWords,
  stem,
  within,
  words,
} from './names.js'
import type { Params, Refusal, RefusalReason, Target } from './parsed-command.js'
import { resolve, supports } from './resolve.js'
import { ACTIONS, type ActionName, KINDS, type Kind, reachOf } from './vocabulary.js'

/** Targets, with what the devices changed about the action, or why there are none. */
export type Selection = { targets: Target[]; action?: ActionName; params?: Params } | { refusal: Refusal }

/** What an action is about when the words leave it open, or name a part ("lock the door"). */
const KIND_OF_ACTION: Partial<Record<ActionName, Kind>> = {
  lock: 'lock',
  unlock: 'lock',
  set_brightness: 'light',
  set_color: 'light',
  set_color_temperature: 'light',
  set_temperature: 'climate',
  set_mode: 'climate',
  set_fan_speed: 'fan',
  set_volume: 'media_player',
  mute: 'media_player',
  unmute: 'media_player',
  play_media: 'media_player',
  next: 'media_player',
  previous: 'media_player',
  pause: 'media_player',
  resume: 'media_player',
  activate: 'scene',
  return_to_base: 'vacuum',
}

interface Query {
  c: CompactAction
  home: Home
  here: string | undefined
  place: Place | undefined
  /** Said in the plural, or with "all": several are meant. */
  several: boolean
}

const refuse = (reason: RefusalReason, message: string, remedy: string): { refusal: Refusal } => ({
  refusal: { reason, message, remedy },
})
const unknownDevice = (what: string, where?: string) =>
  refuse(
    'unknown_device',
    where ? `There is no ${what} in ${where}.` : `I know no ${what} in this home.`,
    'Add the device or an alias for it to the home file, or use the name it has there.',
  )
const unsupported = (device: Device, action: ActionName) =>
  refuse(
    'unsupported',
    `${device.name} cannot ${action.replace(/_/g, ' ')}.`,
    'Ask for something this device can do; what it can do stands in the home file or in its announcement.',
  )
const ambiguous = (devices: readonly Device[], what: string): { refusal: Refusal } => ({
  refusal: {
    reason: 'ambiguous',
    message: `Several fit "${what}".`,
    remedy: 'Answer with its name or its room, or say the whole command with it.',
    candidates: devices.map(d => d.id),
  },
})

/** Finds the devices that an action is for. */
export function selectTargets(c: CompactAction, { home, area: here }: Setting): Selection {
  let dev = c.dev
  let areaWords = c.area
  // "lights of the kitchen" may come as one span
  const inside = dev?.match(/^(.+?) (?:in|of|on|at|from|for)(?: the| my| our)? (.+)$/)
  if (inside && areaWords === undefined && named(home.devices, words(dev!)).length === 0) {
    dev = inside[1]
    areaWords = inside[2]
  }
  const q: Query = {
    c,
    home,
    here,
    place: undefined,
    several:
      c.quantifier === 'all' ||
      c.quantifier === 'any' ||
      c.quantifier === 'which' ||
      c.quantifier === 'count',
  }
  if (areaWords !== undefined) {
    q.place = placeOf(words(areaWords), home) ?? twoPlaces(words(areaWords), home)
    if (!q.place) {
      // what was taken for a place may be the device, or a part of its name
      if (dev === undefined) dev = areaWords
      else if (named(home.devices, words(`${areaWords} ${dev}`)).length) dev = `${areaWords} ${dev}`
      else if (named(home.devices, words(`${dev} ${areaWords}`)).length) dev = `${dev} ${areaWords}`
      else
        return refuse(
          'unknown_device',
          `I know no place called "${areaWords}" in this home.`,
          'Add the room or an alias for it to the home file.',
        )
    }
  }
  const selection = dev === undefined ? byKind(q, c.kind) : byWords(q, dev)
  if ('refusal' in selection || c.except === undefined) return selection
  return leaveOut(selection.targets, c, q)
}

/** "upstairs bedroom": a floor, then an area. The narrower one counts. */
function twoPlaces(w: readonly string[], home: Home): Place | undefined {
  for (let i = 1; i < w.length; i++) {
    const outer = placeOf(w.slice(0, i), home)
    const inner = placeOf(w.slice(i), home)
    if (outer && inner) return 'area' in inner && inner.area ? inner : outer
  }
  return undefined
}

function byWords(q: Query, dev: string): Selection {
  const { c, home } = q
  const raw = rawWords(dev)
  if (raw.length === 0) return byKind(q, c.kind)
  const stems = raw.map(stem)
  if (isPlural(raw)) q.several = true
  const noun = nounAtEnd(raw)
  const generic = noun ? splitPlace(stems.slice(0, stems.length - noun.length), home) : undefined
  const isGeneric = generic !== undefined && generic.rest.length === 0
  // a plain plural ("bedroom lights") means the lot, even where one device is called "Bedroom Light"
  const exact = named(home.devices, stems).filter(
    d =>
      !(isGeneric && noun?.plural) ||
      !isGeneric ||
      [d.name, ...d.aliases].some(
        n => isPlural(rawWords(n)) && rawWords(n).map(stem).join(' ') === stems.join(' '),
      ),
  )
  // "every light" is about lights, also where something is called Light
  if (exact.length && !(isGeneric && generic.place === undefined && q.several)) {
    const chosen = choose(q, exact, dev)
    const pure = isGeneric && generic.place === undefined
    if (!('refusal' in chosen) || !isGeneric || (!pure && chosen.refusal.reason === 'unsupported'))
      return chosen
  }
  // "the bedroom lamp" said as lamp + bedroom
  // (but "the light in the bedroom" is any light there, also where one is called Bedroom light)
  const plain = isGeneric && noun?.kinds.some(k => noun.noun.join(' ') === firstNoun(k))
  if (q.place && 'area' in q.place && q.place.area && !noun?.plural && !plain) {
    for (const name of [q.place.area.name, ...q.place.area.aliases]) {
      const joined = named(home.devices, words(`${name} ${dev}`)).filter(d => supports(c.action, d))
      if (joined.length) return choose(q, joined, dev)
    }
  }
  if (noun && generic) {
    if (!placeInto(q, generic.place)) return unknownDevice(dev)
    const kind = c.kind && (noun.kinds as string[]).includes(c.kind) ? c.kind : kindFor(noun.kinds, c)
    if (generic.rest.length === 0) return byKind(q, kind, noun.noun)
    const modified = withModifiers(q, kind, generic.rest, noun.noun)
    if (modified) return choose(q, modified, dev)
  }
  // no noun that we know: a name, a part of one, or a place and a name
  const scope = splitPlace(stems, home)
  if (scope.place && scope.rest.length === 0) {
    if (!placeInto(q, scope.place)) return unknownDevice(dev)
    return byKind(q, c.kind === 'thing' ? undefined : c.kind)
  }
  const parts = containing(home.devices, stems)
  if (parts.length) return choose(q, preferCapable(parts, c.action), dev)
  if (scope.place && scope.rest.length) {
    const inPlace = within(home.devices, scope.place, home, q.here)
    const found = named(inPlace, scope.rest).concat(containing(inPlace, scope.rest))
    if (found.length) return choose(q, preferCapable([...new Set(found)], c.action), dev)
  }
  return unknownDevice(dev, q.place && 'area' in q.place ? q.place.area?.name : undefined)
}

/** Splits words into a leading (or trailing) place and the rest. The longest place wins. */
function splitPlace(stems: readonly string[], home: Home): { place?: Place; rest: string[] } {
  for (let length = stems.length; length >= 1; length--) {
    const front =
      placeOf(stems.slice(0, length), home) ?? (length === stems.length ? twoPlaces(stems, home) : undefined)
    if (front) return { place: front, rest: stems.slice(length) }
    const back = placeOf(stems.slice(stems.length - length), home)
    if (back) return { place: back, rest: stems.slice(0, stems.length - length) }
  }
  return { rest: [...stems] }
}

/** Takes a place found in the device words into the query; false when it contradicts the place said apart. */
function placeInto(q: Query, place: Place | undefined): boolean {
  if (!place) return true
  if (!q.place || 'special' in q.place) q.place = place
  else if ('area' in place && place.area && 'floor' in q.place && !q.place.area) q.place = place // "bedroom lights upstairs"
  return true
}

/** Of several kinds that a noun may mean, the first that the action fits. */
function kindFor(kinds: readonly Kind[], c: CompactAction): Kind {
  const { needs } = ACTIONS[c.action]
  if (needs === 'nothing') return kinds[0]!
  return kinds[0]!
}

/** Devices whose name holds the modifiers: "fireplace lights" are the Fireplace Spots. */
function withModifiers(
  q: Query,
  kind: Kind,
  rest: readonly string[],
  noun: readonly string[],
): Device[] | undefined {
  const inPlace = within(q.home.devices, q.place, q.home, q.here)
  // scenes and scripts belong to the home, whatever room is said
  const whole = containing(
    [
      ...inPlace,
      ...q.home.devices.filter(d => !inPlace.includes(d) && (d.kind === 'scene' || d.kind === 'script')),
    ],
    [...rest, ...noun],
  )
  if (whole.length) return preferCapable(whole, q.c.action)
  const domains = reachOf(kind).map(k => k.domain)
  const found = containing(
    inPlace.filter(d => domains.includes(d.kind)),
    rest,
  )
  return found.length ? preferCapable(found, q.c.action) : undefined
}

const preferCapable = (devices: readonly Device[], action: ActionName): Device[] => {
  const able = devices.filter(d => supports(action, d))
  return able.length ? able : [...devices]
}

/** Narrows named devices to the ones meant. */
function choose(q: Query, found: readonly Device[], said: string): Selection {
  const { c, home } = q
  const robots = found.every(d => d.kind === 'vacuum' || d.kind === 'lawn_mower')
  let devices = [...found]
  if (q.place && !robots) {
    const there = within(devices, q.place, home, q.here)
    const anywhere = devices.filter(d => d.area === null || d.kind === 'scene' || d.kind === 'script')
    if (there.length) devices = there
    else if (anywhere.length) devices = anywhere
    else return unknownDevice(said, placeName(q.place))
  }
  const able = devices.filter(d => supports(c.action, d))
  if (able.length === 0) return unsupported(devices[0]!, c.action)
  devices = able
  if (c.action === 'get_state' && devices.length > 1) devices = byState(devices, c.val)
  if (devices.length > 1 && q.here && !q.place) {
    const here = devices.filter(d => d.area === q.here)
    if (here.length) devices = here
  }
  if (devices.length > 1 && !q.several && c.action !== 'get_state') return ambiguous(devices, said)
  return robotArea(q, { targets: devices.map(d => d.id) }, devices)
}

/** Devices of one name that answer different questions: locked is asked of the lock, open of the door. */
function byState(devices: readonly Device[], state: string | undefined): Device[] {
  if (!state) return [...devices]
  const isLock = /lock|secured/.test(state)
  const fit = devices.filter(d => (d.kind === 'lock' || d.class === 'lock') === isLock)
  return fit.length ? fit : [...devices]
}

/** All devices of a kind, in a place. */
function byKind(q: Query, wanted: Kind | undefined, noun?: readonly string[]): Selection {
  const { c, home, here } = q
  const kinds: (Kind | undefined)[] = []
  if (wanted === 'thing' || wanted === undefined) kinds.push(KIND_OF_ACTION[c.action])
  else {
    if (c.action === 'get_state' && wanted === 'door' && /lock|secured/.test(c.val ?? '')) kinds.push('lock')
    kinds.push(wanted)
    const usual = KIND_OF_ACTION[c.action]
    if (usual && usual !== wanted && !canEver(wanted, c.action)) kinds.push(usual)
  }
  for (const kind of kinds) {
    for (const selector of selectorsOf(kind)) {
      const target = inPlace(q, selector)
      if (target === undefined) continue
      let devices = resolve(target, c.action, home, here)
      if (devices.length === 0) continue
      const open = !q.place && !here && c.action !== 'get_state' && !q.several
      // "lamps" are the ones called lamp, where there are any
      if (noun && kind && kind === wanted && devices.length > 1) {
        const called = containing(devices, noun)
        if (called.length && called.length < devices.length && noun.join(' ') !== firstNoun(kind))
          devices = called
        if (called.length && devices === called && !(open && called.length > 1))
          return robotArea(q, { targets: devices.map(d => d.id) }, devices)
      }
      if (open && devices.length > 1)
        return ambiguous(devices, noun?.join(' ') ?? kind?.replace(/_/g, ' ') ?? 'device')
      return robotArea(q, { targets: [target] }, devices)
    }
  }
  const unable = kinds.flatMap(selectorsOf).flatMap(selector => {
    const target = inPlace(q, selector)
    return target && selector.kind ? resolve(target, 'get_state', home, here) : []
  })[0]
  if (unable) return unsupported(unable, c.action)
  const what = noun?.join(' ') ?? (wanted && wanted !== 'thing' ? wanted.replace(/_/g, ' ') : 'device')
  return unknownDevice(what, q.place ? placeName(q.place) : undefined)
}

const firstNoun = (kind: Kind) =>
  ({ light: 'light', speaker: 'speaker', tv: 'tv' })[kind as string] ?? kind.replace(/_/g, ' ')

/** Whether devices of a kind could ever carry out an action (a door cannot be locked, its lock can). */
function canEver(kind: Kind, action: ActionName): boolean {
  const domain = KINDS[kind].domain
  if (action === 'lock' || action === 'unlock') return domain === 'lock'
  if (action === 'set_temperature') return domain === 'climate' || domain === 'appliance'
  if (action === 'set_volume' || action === 'mute' || action === 'unmute') return domain === 'media_player'
  return true
}

interface Selector {
  kind?: string
  class?: string
}
function selectorsOf(kind: Kind | undefined): Selector[] {
  if (!kind) return [{}]
  return reachOf(kind).map(s => ({ kind: s.domain, ...(s.class ? { class: s.class } : {}) }))
}

/** A selector with the query's place; undefined when it cannot match there. */
function inPlace(q: Query, selector: Selector): Exclude<Target, string> | undefined {
  const { place, c } = q
  const robots = selector.kind === 'vacuum' || selector.kind === 'lawn_mower'
  if (!place) {
    const whole =
      q.several &&
      (c.quantifier === 'all' || c.action === 'lock' || c.action === 'unlock') &&
      c.action !== 'get_state'
    return whole ? { ...selector, area: 'all' } : { ...selector }
  }
  if ('special' in place) {
    if (place.special === 'all') return { ...selector, area: 'all' }
    if (place.special === 'outside') return { ...selector, area: 'all', class: 'outdoor' }
    return q.here ? { ...selector, area: q.here } : { ...selector }
  }
  if (robots && place.area) return { ...selector }
  return place.area
    ? { ...selector, area: place.area.id }
    : { ...selector, floor: (place as { floor: { id: string } }).floor.id }
}

/** For a robot the place is where to clean, not where it stands. */
function robotArea(q: Query, selection: { targets: Target[] }, devices: readonly Device[]): Selection {
  const { c, place } = q
  if (c.action === 'stop' && devices.every(d => d.kind === 'lawn_mower'))
    return { ...selection, action: 'return_to_base' }
  const robots = devices.length > 0 && devices.every(d => d.kind === 'vacuum')
  if (!robots || !place || (c.action !== 'start' && c.action !== 'turn_on')) return selection
  if ('special' in place)
    return place.special === 'here' && q.here
      ? { ...selection, action: 'start', params: { area: q.here } }
      : selection
  return place.area ? { ...selection, action: 'start', params: { area: place.area.id } } : selection
}

function placeName(place: Place): string | undefined {
  if ('special' in place) return place.special === 'outside' ? 'the outside' : undefined
  return place.area?.name ?? (place as { floor: { name: string } }).floor.name
}

/** "... except the desk lamp", "... but not the kitchen". */
function leaveOut(targets: readonly Target[], c: CompactAction, q: Query): Selection {
  const { home, here } = q
  const all = targets.flatMap(t => resolve(t, c.action, home, here))
  const out = words(c.except!)
  const place = placeOf(out, home)
  let left = place ? within(all, place, home, here) : named(all, out)
  if (left.length === 0) {
    const inner = byWords({ ...q, place: undefined, several: true }, c.except!)
    if ('refusal' in inner) return inner
    left = inner.targets.flatMap(t => resolve(t, c.action, home, here))
  }
  const gone = new Set(left.map(d => d.id))
  const rest = all.filter(d => !gone.has(d.id))
  if (rest.length === 0) return unknownDevice(`device besides ${c.except}`)
  return { targets: [...new Set(rest.map(d => d.id))] }
}
