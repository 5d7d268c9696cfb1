/** Several commands with something in common: one verb for two rooms, one device named once for two orders. */
import type { CompactAction, CompactCommand } from '../../../daemon/commands/compact.js'
import { plural } from '../../../daemon/commands/lexicon.js'
import type { Kind } from '../../../daemon/commands/vocabulary.js'
import { chance, int, pick, type Random, unmark } from './expand.js'
import { noun, room, type Thing, thing } from './phrases.js'
import { degrees, percent } from './values.js'
import { COLORS } from './words.js'

/** A verb phrase around its object, and what it asks for. `{}` is the object. */
interface Verb {
  says: readonly string[]
  kinds: readonly Kind[]
  /** The second kind when two different things share the verb. */
  with?: readonly Kind[]
  action: CompactAction['action']
  step?: 'up' | 'down'
  value?: (random: Random) => string
}
const SWITCHED: Kind[] = ['light', 'light', 'light', 'fan', 'outlet', 'tv', 'speaker', 'switch']
const COVERS: Kind[] = ['blind', 'curtain', 'shutter', 'window', 'shade', 'garage_door', 'door']
const VERBS: readonly Verb[] = [
  {
    action: 'turn_on',
    kinds: SWITCHED,
    says: ['turn on {}', 'switch on {}', 'turn {} on', 'switch {} on', 'put on {}', 'activate {}'],
  },
  { action: 'turn_on', kinds: SWITCHED, says: ['turn on {}', 'i want {} on', 'get {} on', '{} on'] },
  {
    action: 'turn_off',
    kinds: SWITCHED,
    says: ['turn off {}', 'switch off {}', 'turn {} off', 'shut off {}', 'kill {}', 'switch {} off'],
  },
  { action: 'turn_off', kinds: SWITCHED, says: ['turn off {}', 'i want {} off', 'deactivate {}', '{} off'] },
  { action: 'open', kinds: COVERS, says: ['open {}', 'open up {}', 'raise {}', 'pull up {}'] },
  { action: 'close', kinds: COVERS, says: ['close {}', 'shut {}', 'lower {}', 'pull down {}'] },
  {
    action: 'lock',
    kinds: ['door', 'lock', 'gate'],
    says: ['lock {}', 'make sure {} are locked', 'lock up {}'],
  },
  { action: 'unlock', kinds: ['door', 'lock', 'gate'], says: ['unlock {}'] },
  {
    action: 'set_brightness',
    kinds: ['light'],
    step: 'down',
    says: ['dim {}', 'turn down {}', 'make {} darker'],
  },
  {
    action: 'set_brightness',
    kinds: ['light'],
    step: 'up',
    says: ['brighten {}', 'make {} brighter', 'brighten up {}'],
  },
  {
    action: 'set_brightness',
    kinds: ['light'],
    value: percent,
    says: ['set {} to {V}', 'dim {} to {V}', 'put {} at {V}'],
  },
  {
    action: 'set_position',
    kinds: ['blind', 'curtain', 'shade', 'shutter'],
    value: percent,
    says: ['set {} to {V}', 'open {} to {V}'],
  },
  {
    action: 'set_color',
    kinds: ['light'],
    value: r => pick(r, COLORS),
    says: ['make {} {V}', 'turn {} {V}', 'set {} to {V}', 'change {} to {V}'],
  },
  { action: 'set_temperature', kinds: ['climate'], value: degrees, says: ['set {} to {V}', 'put {} at {V}'] },
  { action: 'set_fan_speed', kinds: ['fan'], value: percent, says: ['set {} to {V}', 'run {} at {V}'] },
]

const base = (v: Verb, kind: Kind, value: string | undefined): CompactAction => ({
  action: v.action,
  kind,
  ...(v.step ? { step: v.step } : {}),
  ...(value ? { val: value } : {}),
})
const spoken = (v: Verb, random: Random, object: string, value: string | undefined) =>
  pick(random, v.says)
    .replace('{}', object)
    .replace('{V}', value ?? '')
const list = (random: Random, words: readonly string[]) =>
  words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(chance(random, 0.6) ? ', ' : ' and ')} and ${chance(random, 0.15) ? 'also ' : ''}${words.at(-1)}`
const slots = (t: Thing): Partial<CompactAction> => ({
  kind: t.kind,
  ...(t.quantifier ? { quantifier: t.quantifier } : {}),
  ...unmark(t.text).slots,
})
type Several = { words: string; command: CompactCommand }

/** "turn on the hall and kitchen lights": the noun is said once, at the end. */
function roomsThenNoun(random: Random): Several {
  const v = pick(random, VERBS)
  const kind = pick(random, v.kinds)
  const value = v.value?.(random)
  const rooms = Array.from({ length: chance(random, 0.8) ? 2 : 3 }, () => room(random))
  const things = plural(noun(random, kind))
  const last = rooms.pop()!
  return {
    words: spoken(
      v,
      random,
      `${chance(random, 0.25) ? 'both ' : ''}the ${list(random, [...rooms, last])} ${things}`,
      value,
    ),
    command: [
      ...rooms.map(area => ({ ...base(v, kind, value), area })),
      { ...base(v, kind, value), dev: `${last} ${things}` },
    ],
  }
}

/** "turn on the lights in the hall and the kitchen". */
function nounThenRooms(random: Random): Several {
  const v = pick(random, VERBS)
  const kind = pick(random, v.kinds)
  const value = v.value?.(random)
  const dev = plural(noun(random, kind))
  const places = Array.from({ length: chance(random, 0.75) ? 2 : 3 }, () => room(random))
  const the = chance(random, 0.6) ? 'the ' : ''
  const said = list(
    random,
    places.map((p, i) => (i === 0 ? p : the + p)),
  )
  return {
    words: spoken(v, random, `the ${dev} in the ${said}`, value),
    command: places.map((area, i) => ({ ...base(v, kind, value), ...(i === 0 ? { dev } : {}), area })),
  }
}

/** "turn off the fan, the desk lamp and the tv". */
function things(random: Random): Several {
  const v = pick(random, VERBS)
  const value = v.value?.(random)
  const found = Array.from({ length: chance(random, 0.75) ? 2 : 3 }, () =>
    thing(random, [pick(random, v.kinds)], 0.5),
  )
  return {
    words: spoken(
      v,
      random,
      list(
        random,
        found.map(t => unmark(t.text).words),
      ),
      value,
    ),
    command: found.map(t => ({ ...base(v, t.kind, value), ...slots(t) })),
  }
}

/** "set the desk lamp to 20 percent and the floor lamp to 40": the verb is said once. */
function valuesApart(random: Random): Several {
  const v = pick(
    random,
    VERBS.filter(x => x.value),
  )
  const kind = pick(random, v.kinds)
  const two = [thing(random, [kind], 0.5), thing(random, [kind], 0.5)]
  const values = two.map(() => v.value!(random))
  const to = v.action === 'set_color' ? pick(random, ['', 'to ']) : 'to '
  return {
    words: `${pick(random, ['set', 'set', 'turn', 'put', 'change'])} ${two.map((t, i) => `${unmark(t.text).words} ${to}${values[i]}`).join(' and ')}`,
    command: two.map((t, i) => ({ ...base(v, kind, values[i]), ...slots(t) })),
  }
}

/** "turn on the hall light and the kitchen one off", "lights on and blinds down": two orders back to back. */
function opposed(random: Random): Several {
  const flip = chance(random, 0.5)
  const a = thing(random, [pick(random, SWITCHED)], 0.3)
  const b = thing(random, [pick(random, SWITCHED)], 0.3)
  const on: CompactAction['action'] = flip ? 'turn_off' : 'turn_on'
  const off: CompactAction['action'] = flip ? 'turn_on' : 'turn_off'
  const [x, y] = flip ? ['off', 'on'] : ['on', 'off']
  const verb = pick(random, ['turn', 'switch', 'put'])
  return {
    words: `${verb} ${unmark(a.text).words} ${x} and ${chance(random, 0.5) ? `${verb} ` : ''}${unmark(b.text).words} ${y}`,
    command: [{ action: on, ...slots(a) } as CompactAction, { action: off, ...slots(b) } as CompactAction],
  }
}

/** "turn on the desk lamp and make it red": the device is named once, "it" is the same. */
function sameThing(random: Random): Several {
  const t = thing(random, ['light'], 0.5)
  const color = pick(random, COLORS)
  const value = percent(random)
  const it = t.plural ? 'them' : 'it'
  const first = unmark(t.text)
  const target = slots(t)
  const second: [string, CompactAction][] = [
    [`(make|turn) ${it} ${color}`, { action: 'set_color', ...target, val: color }],
    [`set ${it} to ${color}`, { action: 'set_color', ...target, val: color }],
    [`(dim|set|turn) ${it} to ${value}`, { action: 'set_brightness', ...target, val: value }],
    [`make ${it} (brighter|lighter)`, { action: 'set_brightness', ...target, step: 'up' }],
    [`(dim ${it}|make ${it} dimmer)`, { action: 'set_brightness', ...target, step: 'down' }],
  ]
  const [words, action] = second[int(random, 0, 4)]!
  const said = words.replace(/\(([^)]*)\)/, (_, all: string) => pick(random, all.split('|')))
  return {
    words: `${pick(random, ['turn on', 'switch on'])} ${first.words} and ${chance(random, 0.2) ? 'then ' : ''}${said}`,
    command: [{ action: 'turn_on', ...target } as CompactAction, action],
  }
}

const KINDS_OF = [
  roomsThenNoun,
  nounThenRooms,
  nounThenRooms,
  things,
  things,
  valuesApart,
  opposed,
  sameThing,
]
/** One sentence whose commands share words. */
export const shared = (random: Random): Several => pick(random, KINDS_OF)(random)
