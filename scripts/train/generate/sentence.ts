/** From families and word lists to one training pair: an utterance and its short form. */
import { type CompactCommand, isDialogueAct, SPAN_SLOTS } from '../../../daemon/commands/compact.js'
import { NOUNS } from '../../../daemon/commands/lexicon.js'
import { normalise } from '../../../daemon/commands/normalise.js'
import { clause } from './clause.js'
import { FAMILIES, type Family } from './commands.js'
import { MEDIA_FAMILIES } from './commands-media.js'
import { DIALOGUE_FAMILIES } from './dialogue.js'
import { dress, FILLER, stumble, typo, WAKE } from './dress.js'
import { chance, pick, type Random } from './expand.js'
import { PEOPLE_FAMILIES } from './people.js'
import { QUESTION_FAMILIES } from './questions.js'
import { refusal } from './refusals.js'
import { shared } from './shared.js'
import { isHeldOutName, patternsOf, type Split } from './split.js'
import { COMMON, ODD_NAMES, PEOPLE, ROOMS } from './words.js'

export interface Pair {
  utterance: string
  command: CompactCommand
}

const ALL: readonly Family[] = [
  ...FAMILIES,
  ...MEDIA_FAMILIES,
  ...QUESTION_FAMILIES,
  ...PEOPLE_FAMILIES,
  ...DIALOGUE_FAMILIES,
]
/** Those that stand on their own: only they can be part of a sentence of several commands. */
const ALONE = ALL.filter(f => !isDialogueAct(f.action))
const usable = (families: readonly Family[], split: Split) => {
  const list = families.filter(f => patternsOf(f.patterns, split).length > 0)
  return { list, total: list.reduce((sum, f) => sum + f.weight, 0) }
}
const DRAWN = {
  all: { train: usable(ALL, 'train'), validation: usable(ALL, 'validation'), all: usable(ALL, 'all') },
  alone: {
    train: usable(ALONE, 'train'),
    validation: usable(ALONE, 'validation'),
    all: usable(ALONE, 'all'),
  },
}
function drawFamily(random: Random, split: Split, alone: boolean): Family {
  const { list, total } = DRAWN[alone ? 'alone' : 'all'][split]
  let at = random() * total
  for (const family of list) {
    at -= family.weight
    if (at < 0) return family
  }
  return list[0]!
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

/** How the mixture is drawn. Shares of the whole, 0 to 1; `several`, `negated` are of what is left after the first two. */
export const SHARES = {
  refusal: 0.27,
  shared: 0.04,
  several: 0.19,
  negated: 0.015,
  typo: 0.08,
  stumble: 0.06,
  wake: 0.08,
  filler: 0.04,
}

/** "Don't turn on the light" is no command to turn it on. */
const NOT = [
  "don't ",
  'do not ',
  'never ',
  "please don't ",
  'please do not ',
  "i don't want you to ",
  "you don't have to ",
  'under no circumstances ',
  'there is no need to ',
  'why would i ',
]
const IMPERATIVE =
  /^(turn|switch|set|put|open|close|shut|lock|unlock|dim|play|start|run|change|raise|lower|increase|decrease|brighten|activate|pause|skip|add|cancel|make|mute|vacuum|clean|brew|heat|cool|warm)\b/

/** Words of names that training never sees. Nouns and rooms are not among them: without those nothing can be said. */
const COMMON_WORDS = new Set([...ROOMS, ...Object.values(NOUNS).flat()].flatMap(n => n.split(' ')))
const HELD_OUT = new Set(
  [...COMMON, ...ODD_NAMES, ...PEOPLE]
    .flatMap(n => n.split(' '))
    .filter(w => w.length > 2 && !COMMON_WORDS.has(w) && isHeldOutName(w)),
)
const isNamedSo = (pair: Pair) => pair.utterance.split(' ').some(w => HELD_OUT.has(w.replace(/'s$/, '')))

/** One command, or several joined. */
function commands(random: Random, split: Split): Pair | undefined {
  const count = chance(random, SHARES.several) ? (chance(random, 0.8) ? 2 : 3) : 1
  let words = ''
  const command: CompactCommand = []
  for (let i = 0; i < count; i++) {
    const c = clause(random, drawFamily(random, split, count > 1), split)
    if (!c) continue
    if (
      count === 1 &&
      !isDialogueAct(c.action.action) &&
      chance(random, SHARES.negated) &&
      IMPERATIVE.test(c.words)
    )
      return finish(pick(random, NOT) + c.words, [])
    const d = count === 1 ? dress(random, c) : chance(random, 0.35) ? dress(random, c) : c
    words += (words ? pick(random, JOIN) : '') + d.words
    command.push(d.action)
  }
  return command.length ? finish(words, command) : undefined
}

/**
 * One training pair. Deterministic for a given `random`.
 * @param split `train` leaves out what `validation` is made of; see split.ts
 */
export function sentence(random: Random, split: Split = 'all'): Pair {
  for (;;) {
    const roll = random()
    let pair: Pair | undefined
    if (roll < SHARES.refusal) pair = finish(refusal(random, split), [])
    else if (roll < SHARES.refusal + SHARES.shared) {
      if (split === 'validation') continue
      const s = shared(random)
      pair = finish(s.words, s.command)
    } else pair = commands(random, split)
    if (!pair || (split === 'train' && isNamedSo(pair))) continue
    if (chance(random, SHARES.stumble)) pair = stumble(random, pair)
    if (chance(random, SHARES.wake)) pair.utterance = normalise(pick(random, WAKE) + pair.utterance)
    if (chance(random, SHARES.filler)) pair.utterance = normalise(pick(random, FILLER) + pair.utterance)
    if (chance(random, SHARES.typo)) pair = typo(random, pair)
    const words = pair.utterance.split(' ').length
    if (words > 40) continue
    return pair
  }
}
