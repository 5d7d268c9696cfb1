/** From families and word lists to one training pair: an utterance and its short form. */
import { type CompactAction, type CompactCommand, SPAN_SLOTS } from '../../../daemon/commands/compact.js'
import { plural } from '../../../daemon/commands/lexicon.js'
import { normalise } from '../../../daemon/commands/normalise.js'
import type { Kind } from '../../../daemon/commands/vocabulary.js'
import { FAMILIES, type Family } from './commands.js'
import { MEDIA_FAMILIES } from './commands-media.js'
import { dress, FILLER, typo, WAKE } from './dress.js'
import { chance, expand, int, pick, type Random, type Rules, unmark } from './expand.js'
import { floor, noun, oddThing, place, room, thing } from './phrases.js'
import { QUESTION_FAMILIES } from './questions.js'
import { refusal } from './refusals.js'
import { amount, degrees, duration, kelvin, ovenDegrees, percent } from './values.js'
import {
  ADJECTIVES,
  COLORS,
  invented,
  MEASURED,
  MODES,
  MODIFIERS,
  number,
  ODD_NAMES,
  PEOPLE,
  ROOMS,
  STAIRS,
  TIMER_NAMES,
  TITLES,
  WHITES,
} from './words.js'

export interface Pair {
  utterance: string
  command: CompactCommand
}

const ALL: readonly Family[] = [...FAMILIES, ...MEDIA_FAMILIES, ...QUESTION_FAMILIES]
const TOTAL = ALL.reduce((sum, f) => sum + f.weight, 0)
function drawFamily(random: Random): Family {
  let at = random() * TOTAL
  for (const family of ALL) {
    at -= family.weight
    if (at < 0) return family
  }
  return ALL[0]!
}

/** Any words make a title. */
const TITLE_WORDS = [
  ...new Set(
    [...TITLES, ...ROOMS, ...TIMER_NAMES, ...COLORS, ...ADJECTIVES, ...PEOPLE, ...ODD_NAMES].flatMap(p =>
      p.split(/\s+/),
    ),
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
    chance(random, 0.3) ? invented(random) : pick(random, chance(random, 0.5) ? words : TITLE_WORDS),
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

/** One command from one family: marked words and the action they mean. */
function clause(random: Random, family: Family): { words: string; action: CompactAction } | undefined {
  const kinds = family.kinds
  let pattern = pick(random, family.patterns)
  // without a device in the words, the first kind is what the sentence implies
  let kind: Kind | undefined = kinds && (/\{D[PS]?\}/.test(pattern) ? pick(random, kinds) : kinds[0])
  let quantifier = family.quantifier
  const location = place(random, family.placed ?? 0.3)
  let placed = false
  const rules: Rules = {
    R: room,
    F: floor,
    S: STAIRS,
    TN: r => (chance(r, 0.8) ? pick(r, TIMER_NAMES) : invented(r)),
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
  if (pattern.includes('{D}')) {
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
  const action: CompactAction = { action: family.action }
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

/** Normalises and checks that every span is a run of whole words of the utterance. */
function finish(words: string, command: CompactCommand): Pair | undefined {
  const utterance = normalise(words)
  if (!utterance) return undefined
  const padded = ` ${utterance} `
  const out = command.map(a => {
    const b = { ...a }
    for (const slot of SPAN_SLOTS) if (a[slot] !== undefined) b[slot] = normalise(a[slot])
    return b
  })
  for (const a of out)
    for (const slot of SPAN_SLOTS)
      if (a[slot] !== undefined && (a[slot] === '' || !padded.includes(` ${a[slot]} `))) return undefined
  return { utterance, command: out }
}

const JOIN = [
  ' and ',
  ' and ',
  ' and ',
  ' and then ',
  ', then ',
  ' then ',
  ' and also ',
  ' also ',
  ', ',
  ', and ',
  ' plus ',
  ' after that ',
  ' as well as ',
  ' followed by ',
]

/** Two rooms or devices share a verb: "turn on the hall and kitchen lights". */
function shared(random: Random): { words: string; command: CompactCommand } {
  const on = chance(random, 0.5)
  const verb = on
    ? pick(random, ['turn on', 'switch on'])
    : pick(random, ['turn off', 'switch off', 'shut off'])
  const action = on ? 'turn_on' : 'turn_off'
  const kind: Kind = chance(random, 0.8) ? 'light' : 'fan'
  const base = plural(noun(random, kind))
  const a = room(random)
  const b = room(random)
  const both = pick(random, ['', '', 'both '])
  if (chance(random, 0.5))
    return {
      words: `${verb} ${both}the ${a} and ${b} ${base}`,
      command: [
        { action, kind, area: a },
        { action, kind, dev: `${b} ${base}` },
      ],
    }
  if (chance(random, 0.4))
    return {
      words: `${verb} the ${base} in the ${a} and ${chance(random, 0.5) ? 'the ' : ''}${b}`,
      command: [
        { action, kind, dev: base, area: a },
        { action, kind, area: b },
      ],
    }
  const x = thing(random, [kind])
  const y = thing(random, [pick(random, ['light', 'fan', 'tv', 'outlet'] as const)])
  const one = (t: typeof x): CompactAction => ({
    action,
    kind: t.kind,
    ...(t.quantifier ? { quantifier: t.quantifier } : {}),
    ...unmark(t.text).slots,
  })
  return {
    words: `${verb} ${both}${unmark(x.text).words} and ${unmark(y.text).words}`,
    command: [one(x), one(y)],
  }
}

/** How the mixture is drawn. Shares of the whole, 0 to 1. */
export const SHARES = { refusal: 0.24, several: 0.16, shared: 0.015, typo: 0.05, wake: 0.08, filler: 0.04 }

/** One training pair. Deterministic for a given `random`. */
export function sentence(random: Random): Pair {
  for (;;) {
    const roll = random()
    let pair: Pair | undefined
    if (roll < SHARES.refusal) pair = finish(refusal(random), [])
    else if (roll < SHARES.refusal + SHARES.shared) {
      const s = shared(random)
      pair = finish(s.words, s.command)
    } else {
      const count = chance(random, SHARES.several) ? (chance(random, 0.85) ? 2 : 3) : 1
      let words = ''
      const command: CompactCommand = []
      for (let i = 0; i < count; i++) {
        const c = clause(random, drawFamily(random))
        if (!c) continue
        const d = count === 1 ? dress(random, c) : chance(random, 0.35) ? dress(random, c) : c
        words += (words ? pick(random, JOIN) : '') + d.words
        command.push(d.action)
      }
      if (command.length === 0) continue
      pair = finish(words, command)
    }
    if (!pair) continue
    if (chance(random, SHARES.wake)) pair.utterance = normalise(pick(random, WAKE) + pair.utterance)
    if (chance(random, SHARES.filler)) pair.utterance = normalise(pick(random, FILLER) + pair.utterance)
    if (chance(random, SHARES.typo)) pair = typo(random, pair)
    const words = pair.utterance.split(' ').length
    if (words > 40) continue
    return pair
  }
}
