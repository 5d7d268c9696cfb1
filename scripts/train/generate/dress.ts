/** What surrounds a command: politeness, a time of day, slips of spelling. */
import { SPAN_SLOTS } from '../../../daemon/commands/compact.js'
import type { Kind } from '../../../daemon/commands/vocabulary.js'
import type { Clause } from './clause.js'
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
  'would you be so kind as to ',
  'i was wondering if you could ',
  'is it possible for you to ',
  'is there any way you could ',
  "if you don't mind ",
  "if it's not too much trouble ",
  "i'd be grateful if you could ",
  'think you could ',
  'i would like to have you ',
  'i would appreciate it if you could ',
  'may i ask you to ',
  'be a dear and ',
  'it would be great if you could ',
  "why don't you ",
  'you can ',
  'you may ',
  'i would be happy if you ',
  'when you have a moment ',
  'mind if i ask you to ',
  'i order you to ',
  'i command you to ',
  'get to work and ',
  'let me ask you to ',
]
/** What is said before the command itself. */
const CONTEXT = [
  "i'm home ",
  "i'm cooking ",
  "we're leaving ",
  "i'm going out ",
  "it's late ",
  "i'm in the middle of something ",
  'dinner is ready ',
  'the guests are coming ',
  'the movie is starting ',
  'before i forget ',
  'by the way ',
  'first of all ',
  'one more thing ',
  "i'm going to bed ",
  "i'm reading ",
  "i'm working ",
  'the kids are asleep ',
  'good morning ',
  'good evening ',
  'good night ',
  "i'm busy so ",
  'my hands are full ',
  "i'm back ",
  "it's getting late so ",
  'the baby is sleeping so ',
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
  ' when you get a chance',
  ' if possible',
  ' for a bit',
  ' buddy',
  ' dude',
  ' my friend',
  ' before bed',
  ' for dinner',
  ' for the party',
  ' for the kids',
  ' for the night',
  ' so we can sleep',
  ' so i can see',
  " i'm tired",
  " i'm leaving",
  " i'm home",
  ' before i go',
  ' while i am here',
  ' if you please',
  ' as soon as possible',
  ' straight away',
  ' now thank you',
  ' computer',
  ' jarvis',
  ' google',
  ' already',
  ' once and for all',
  ' a.s.a.p.',
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
export function dress(random: Random, c: Clause): Clause {
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
  if (!question && chance(random, 0.03)) words = pick(random, CONTEXT) + words
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
/** Words that the grammar of the short form looks for: misspelt, they would not open the slot that they announce. */
const OPENS_A_SLOT =
  /^(except|besides|apart|other|excluding|without|minus|save|wait|delay|postpone|after|within|later|from|noon|midnight|midday|tonight|morning|evening|afternoon|past)$/

/** Misspells one word wherever it stands, in the utterance and in the spans alike. */
export function typo(random: Random, pair: Pair): Pair {
  const words = pair.utterance.split(' ')
  const old = pick(random, words)
  if (!/^[a-z]{4,}$/.test(old) || OPENS_A_SLOT.test(old)) return pair
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

const UH = ['uh', 'um', 'er', 'uhm', 'hmm', 'like', 'you know', 'ah']
/** Words that speech recognition mishears for one another. Never inside a name: the span must stay what was said. */
const HOMOPHONES: readonly (readonly [RegExp, string])[] = [
  [/\bto (\d+|[a-z]+) percent\b/, 'two $1 percent'],
  [/\bturn off\b/, 'turn of'],
  [/\bturn off the\b/, 'turn of the'],
  [/\bturn on\b/, 'trun on'],
  [/\bturn\b/, 'tun'],
  [/\bturn on\b/, 'turn in'],
  [/\bdim\b/, 'dem'],
  [/\bmute\b/, 'moot'],
  [/\bset\b/, 'said'],
  [/\bfor (\w+) minutes\b/, 'four $1 minutes'],
  [/\bplease\b/, 'pleas'],
  [/\bclose\b/, 'clothes'],
  [/\btheir\b/, 'there'],
]

/**
 * Spoken slips: a hesitation in the middle, a word said twice, a false start, articles swallowed, a word misheard. The
 * spans stay whole: what is put in goes between them, and what would break one is left out.
 */
export function stumble(random: Random, pair: Pair): Pair {
  const words = pair.utterance.split(' ')
  const at = int(random, 0, words.length - 1)
  const roll = random()
  let utterance = pair.utterance
  if (roll < 0.25) utterance = [...words.slice(0, at), pick(random, UH), ...words.slice(at)].join(' ')
  else if (roll < 0.45) utterance = [...words.slice(0, at + 1), words[at], ...words.slice(at + 1)].join(' ')
  else if (roll < 0.6)
    utterance = `${words.slice(0, int(random, 1, Math.min(3, words.length))).join(' ')} ${pair.utterance}`
  else if (roll < 0.9)
    utterance = pair.utterance.replace(/\b(the|a|an|my) /g, m => (chance(random, 0.7) ? '' : m))
  else {
    const [heard, said] = pick(random, HOMOPHONES)
    utterance = pair.utterance.replace(heard, said)
  }
  const padded = ` ${utterance} `
  const whole = pair.command.every(a =>
    SPAN_SLOTS.every(s => a[s] === undefined || padded.includes(` ${a[s]} `)),
  )
  return whole ? { ...pair, utterance } : pair
}
