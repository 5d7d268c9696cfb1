/** What surrounds a command: politeness, a time of day, slips of spelling. */
import { type CompactAction, SPAN_SLOTS } from '../../../daemon/commands/compact.js'
import type { Kind } from '../../../daemon/commands/vocabulary.js'
import { chance, int, pick, type Random } from './expand.js'
import type { Pair } from './sentence.js'
import { clock, duration } from './values.js'

const POLITE_FRONT = [
  'please ',
  'please ',
  'can you ',
  'could you ',
  'can you please ',
  'could you please ',
  'would you ',
  'will you ',
  'will you please ',
  'would you please ',
  'i want you to ',
  'i need you to ',
  'i would like you to ',
  "i'd like you to ",
  'kindly ',
  'go ahead and ',
  'just ',
  'now ',
  'quickly ',
  "let's ",
  'may you ',
  'you should ',
  'i want to ',
  'i need to ',
  "i'd like to ",
  'help me ',
  'be so kind and ',
  'do me a favor and ',
  'would you mind to ',
  'it is time to ',
  'you need to ',
  'try to ',
  'make sure to ',
  'remember to ',
  'i would like to ',
  'can we ',
  'could we ',
  'hurry and ',
  'can i ask you to ',
]
export const WAKE = [
  'hey mouse ',
  'ok mouse ',
  'hey fieldmouse ',
  'fieldmouse ',
  'alexa ',
  'hey google ',
  'ok google ',
  'siri ',
  'hey siri ',
  'computer ',
  'hey jarvis ',
  'jarvis ',
  'olly ',
  'hey olly ',
  'house ',
  'hey house ',
  'hey ',
  'ok ',
  'okay ',
  'hi ',
  'hello ',
  'hey there ',
  'robot ',
  'assistant ',
  'hey assistant ',
  'hey computer ',
  'yo ',
  'listen ',
  'excuse me ',
]
export const FILLER = [
  'um ',
  'uh ',
  'so ',
  'well ',
  'er ',
  'like ',
  'hmm ',
  'right ',
  'actually ',
  'oh ',
  'and ',
  'but ',
  'i think ',
  'you know ',
  'alright ',
  'oh please ',
]
const POLITE_BACK = [
  ' please',
  ' please',
  ' please',
  ' thanks',
  ' thank you',
  ' now',
  ' now please',
  ' for me',
  ' for me please',
  ' right now',
  ' right away',
  ' immediately',
  ' will you',
  ' would you',
  ' if you can',
  ' asap',
  ' quickly',
  ' ok',
  ' okay',
  ' this instant',
  ' would you please',
  ' if you would',
  ' again',
  ' at once',
  ' alexa',
  ' olly',
  ' mouse',
  ' today',
  ' then',
  ' this minute',
  ' for a while',
  ' it is late',
]
const LATER: readonly Kind[] = [
  'light',
  'fan',
  'outlet',
  'switch',
  'coffee_maker',
  'vacuum',
  'climate',
  'thing',
  'tv',
  'oven',
  'washer',
  'dishwasher',
  'blind',
  'curtain',
  'garage_door',
  'speaker',
  'media_player',
  'heat',
  'lawn_mower',
  'valve',
  'lock',
  'door',
  'air_conditioner',
  'scene',
]

/** Politeness, wake words, a time of day: what surrounds a command. */
export function dress(
  random: Random,
  c: { words: string; action: CompactAction },
): { words: string; action: CompactAction } {
  const { action } = c
  let words = c.words
  const timed =
    action.action !== 'get_state' &&
    !action.action.endsWith('timer') &&
    !action.action.endsWith('timers') &&
    action.action !== 'timer_status' &&
    !action.for &&
    action.kind !== undefined &&
    LATER.includes(action.kind)
  if (timed && chance(random, 0.07)) {
    if (chance(random, 0.55)) {
      action.in = duration(random)
      words = chance(random, 0.75)
        ? `${words} ${pick(random, ['in', 'in', 'in', 'after'])} ${action.in}${chance(random, 0.1) ? ' from now' : ''}`
        : `in ${action.in} ${words}`
    } else {
      action.at = clock(random)
      words = chance(random, 0.8)
        ? `${words} ${pick(random, ['at', 'at', 'at', 'at', 'by'])} ${action.at}`
        : `at ${action.at} ${words}`
    }
  }
  const question = action.action === 'get_state' || action.action === 'timer_status'
  if (!question && chance(random, 0.22)) words = pick(random, POLITE_FRONT) + words
  else if (question && chance(random, 0.07))
    words =
      pick(random, [
        'please tell me ',
        'hey ',
        'tell me ',
        'can you tell me ',
        'do you know ',
        'i want to know ',
        'could you tell me ',
        'can you check ',
        'say ',
      ]) + words
  if (chance(random, 0.16)) words += pick(random, POLITE_BACK)
  return { words, action }
}

const swap = (word: string, random: Random) => {
  if (word.length < 4) return word
  const at = int(random, 1, word.length - 2)
  const roll = random()
  if (roll < 0.35) return word.slice(0, at) + word.slice(at + 1)
  if (roll < 0.65) return word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2)
  if (roll < 0.85) return word.slice(0, at) + word[at] + word.slice(at)
  return word.slice(0, at) + pick(random, [...'abcdefghijklmnopqrstuvwxyz']) + word.slice(at + 1)
}
/** Misspells one word wherever it stands, in the utterance and in the spans alike. */
export function typo(random: Random, pair: Pair): Pair {
  const words = pair.utterance.split(' ')
  const old = pick(random, words)
  if (!/^[a-z]{4,}$/.test(old)) return pair
  const fresh = swap(old, random)
  const fix = (text: string) =>
    text
      .split(' ')
      .map(w => (w === old ? fresh : w))
      .join(' ')
  return {
    utterance: fix(pair.utterance),
    command: pair.command.map(a => ({
      ...a,
      ...Object.fromEntries(SPAN_SLOTS.flatMap(s => (a[s] === undefined ? [] : [[s, fix(a[s])]]))),
    })),
  }
}
