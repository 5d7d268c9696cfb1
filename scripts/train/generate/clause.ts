/** One clause from one family: marked words and what they mean. */
import { type CompactCommand, isDialogueAct } from '../../../daemon/commands/compact.js'
import { plural } from '../../../daemon/commands/lexicon.js'
import type { Kind } from '../../../daemon/commands/vocabulary.js'
import type { Family } from './commands.js'
import { chance, expand, int, pick, type Random, type Rules, unmark } from './expand.js'
import { floor, noun, oddThing, place, room, thing } from './phrases.js'
import { TALK_WORDS } from './refusals.js'
import { patternsOf, type Split } from './split.js'
import { amount, clock, degrees, duration, kelvin, ovenDegrees, percent } from './values.js'
import {
  ADJECTIVES,
  COLORS,
  COMMON,
  invented,
  MEASURED,
  MODES,
  MODIFIERS,
  number,
  ODD_NAMES,
  PEOPLE,
  PROGRAMS,
  ROOMS,
  STAIRS,
  TIMER_NAMES,
  TITLES,
  WHITES,
} from './words.js'

/** One clause: marked words and what they mean. */
export interface Clause {
  words: string
  action: CompactCommand[number]
}

/** Any words make a title. */
const TITLE_WORDS = [
  ...new Set(
    [
      ...TITLES,
      ...ROOMS,
      ...TIMER_NAMES,
      ...COLORS,
      ...ADJECTIVES,
      ...PEOPLE,
      ...ODD_NAMES,
      ...COMMON,
    ].flatMap(p => p.split(/\s+/)),
  ),
]

function title(random: Random): string {
  const roll = random()
  if (roll < 0.4) return pick(random, TITLES)
  const words = [
    'the',
    'my',
    'a',
    'of',
    'love',
    'night',
    'blue',
    'king',
    'song',
    'river',
    'dark',
    'light',
    'summer',
    'dance',
    'wild',
    'home',
    'city',
    'star',
    'fire',
    'rain',
    'road',
    'heart',
    'broken',
    'little',
    'big',
    'moon',
    'girl',
    'boy',
    'dream',
    'last',
    'first',
    'and',
    'in',
    'war',
    'house',
    'golden',
    'happy',
    'lonely',
    'queen',
    'world',
    'again',
  ]
  const count = int(random, 1, 4)
  return Array.from({ length: count }, () =>
    chance(random, 0.25)
      ? invented(random)
      : pick(random, chance(random, 0.3) ? words : chance(random, 0.6) ? TALK_WORDS : TITLE_WORDS),
  ).join(' ')
}

function value(random: Random, kind: NonNullable<Family['value']>): string {
  switch (kind) {
    case 'percent':
      return percent(random)
    case 'amount':
      return amount(random)
    case 'degrees':
      return degrees(random)
    case 'oven':
      return ovenDegrees(random)
    case 'color':
      return pick(random, COLORS)
    case 'white':
      return pick(random, WHITES)
    case 'kelvin':
      return kelvin(random)
    case 'mode':
      return pick(random, MODES)
    case 'speed':
      return pick(random, [
        'low',
        'medium',
        'high',
        'max',
        'low',
        'medium',
        'high',
        'slow',
        'fast',
        'the lowest',
        'the highest',
        'full',
        'minimum',
        'maximum',
        'one',
        'two',
        'three',
        '1',
        '2',
        '3',
      ])
    case 'title':
      return title(random)
    case 'duration':
      return duration(random)
    case 'volume':
      return chance(random, 0.35) ? number(random, int(random, 0, 11)) : percent(random)
  }
}
/** Steps of temperature are small: "by 2 degrees". */
const stepDegrees = (random: Random) =>
  `${number(random, int(random, 1, 6))}${pick(random, [' degrees', ' degrees', ' degree', '', '°'])}`

const MEASURES = [
  'sensor',
  'power',
  'energy',
  'level',
  'usage',
  'voltage',
  '',
  'co2 sensor',
  'pressure',
  'signal',
  'n2o',
  'pm2.5 sensor',
  'ozone sensor',
  'speed',
  'weight',
  'program',
  'consumption',
]
/** A thing to measure: mostly with a name of its own that says what. */
function measured(random: Random): string {
  const roll = random()
  if (roll < 0.5) return thing(random, ['sensor'], 0.9).text
  if (roll < 0.75) {
    const { text } = thing(
      random,
      ['temperature', 'humidity', 'battery', 'energy', 'illuminance', 'air_quality'],
      0.9,
    )
    return chance(random, 0.4) ? text.replace(/\]$/, ' sensor]') : text
  }
  const measure = chance(random, 0.5)
    ? pick(random, MEASURES)
    : `${pick(random, MEASURED)}${chance(random, 0.5) ? ' sensor' : ''}`
  return oddThing(random).text.replace(/\]$/, measure ? ` ${measure}]` : ']')
}

/** Actions that people ask of "it". Steps ("turn it up") are left out: without a device they mean the sound. */
const PRONOUN = new Set<string>(['turn_on', 'turn_off', 'open', 'close', 'lock', 'unlock', 'start', 'stop'])

/** One command from one family: marked words and the action they mean. */
export function clause(random: Random, family: Family, split: Split): Clause | undefined {
  const kinds = family.kinds
  let pattern = pick(random, patternsOf(family.patterns, split))
  // without a device in the words, the first kind is what the sentence implies
  const moves = isDialogueAct(family.action)
  let kind: Kind | undefined =
    kinds && (/\{D[PS]?\}/.test(pattern) ? pick(random, kinds) : moves ? undefined : kinds[0])
  let quantifier = family.quantifier
  const location = place(random, family.placed ?? 0.3)
  let placed = false
  const rules: Rules = {
    R: room,
    F: floor,
    S: STAIRS,
    TN: r => (chance(r, 0.8) ? pick(r, TIMER_NAMES) : invented(r)),
    CL: clock,
    DUR: r => duration(r),
    DUA: r => duration(r, true),
    N: r =>
      expand(unmark(thing(r, ['light'], 0.8).text).words.replace(/^(the|my|our|that|this) /, ''), {}, r),
    SC: r => (chance(r, 0.75) ? pick(r, MODIFIERS.scene ?? []) : invented(r)),
    V: r =>
      `[val:${family.value === 'degrees' && family.step ? stepDegrees(r) : value(r, family.value ?? 'percent')}]`,
    // things to measure mostly carry a name that says what
    DM: measured,
    MS: MEASURED,
    ME: MEASURED,
    DT: r =>
      thing(r, ['washer', 'dryer', 'tv', 'fan', 'oven', 'dishwasher', 'light', 'thing', 'outlet', 'car'], 0.3)
        .text,
    PG: r => (chance(r, 0.85) ? pick(r, PROGRAMS) : invented(r)),
    K: r => {
      kind = pick(r, kinds ?? ['light'])
      return noun(r, kind)
    },
    DP: r =>
      `[dev:${chance(r, 0.25) ? `${room(r)} ` : chance(r, 0.12) ? `${pick(r, ['upstairs', 'downstairs', floor(r)])} ` : ''}${plural(noun(r, kind ?? 'light'))}]`,
    DS: r => `[dev:${chance(r, 0.2) ? `${room(r)} ` : ''}${noun(r, kind ?? 'light')}]`,
    PL: r =>
      chance(r, 0.4)
        ? place(r, 1).text
        : chance(r, 0.35)
          ? `on ${thing(r, ['tv', 'speaker', 'media_player']).text}`
          : '',
  }
  if (pattern.includes('{D}') && PRONOUN.has(family.action) && !family.value && chance(random, 0.02)) {
    // "turn it off": what it is, the session knows
    rules.D = [
      '[dev:it]',
      '[dev:it]',
      '[dev:them]',
      '[dev:that]',
      '[dev:that one]',
      '[dev:this one]',
      '[dev:those]',
    ]
    kind = 'thing'
  } else if (pattern.includes('{D}')) {
    const t = kind === 'thing' ? oddThing(random) : thing(random, [kind ?? 'light'], family.named)
    kind = t.kind
    quantifier ??= t.quantifier
    placed = t.placed && chance(random, 0.9)
    rules.D = [t.text]
  }
  const everywhere = pattern.includes('{L}') && !placed && location.everywhere
  rules.L = [placed ? '' : location.text]
  if (everywhere) quantifier ??= 'all'
  if (family.action === 'get_state' && quantifier === 'all' && family.quantifier !== 'all')
    quantifier = undefined
  pattern = expand(pattern, rules, random)
  if (/\{|\}/.test(pattern)) return undefined
  const { words, slots } = unmark(pattern)
  const action = { action: family.action } as Clause['action']
  // a device drawn by {PL} tells the kind of player
  if (kind)
    action.kind =
      slots.dev && family.action === 'play_media' && kind === 'thing' && !pattern.includes('{D}')
        ? 'media_player'
        : kind
  if (quantifier) action.quantifier = quantifier
  if (family.step) action.step = family.step
  if (family.media) action.media = family.media
  Object.assign(action, slots)
  if (!action.dev && kind === 'thing') action.kind = 'media_player'
  return { words, action }
}
