/**
 * A time that was said but not read. What was asked for later must never be done at once: better refused than early.
 * Pure.
 */
import { type CompactCommand, isMove, SPAN_SLOTS } from './compact.js'

const HOUR =
  '(?:\\d{1,2}(?::\\d\\d)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?: (?:oh )?(?:five|ten|fifteen|twenty|thirty|forty|fifty))?'
const DAY = '(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekend|weekday|holiday)s?'
const LENGTH =
  '(?:an?|half an?|a couple of|a few|\\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety)(?: and a half)?(?: \\w+)? (?:second|sec|minute|min|hour|hr|day|week|month)s?'

/** What people say for a time. Politeness ("when you can", "in a second please") is not among it. */
const TIMES: readonly RegExp[] = [
  new RegExp(
    `\\b(?:at|by|before|until|till|after|around) ${HOUR} ?(?:am|pm|o'clock|in the (?:morning|evening|afternoon)|at night)\\b`,
  ),
  new RegExp(
    `\\b(?:at|by|until|till) ${HOUR}(?= (?:please|thanks|now|today|tonight|tomorrow|and|then)\\b| *$)`,
  ),
  /\b(?:at|by|before|until|till|after|around) (?:noon|midnight|midday|sunset|sunrise|sundown|sunup|dusk|dawn|nightfall|bedtime|half past \w+|quarter (?:past|to) \w+)\b/,
  new RegExp(`\\b(?:on|every|each|this|next) ${DAY}\\b`),
  /\b(?:every|each) (?:day|morning|evening|afternoon|night|hour|minute|week|month)\b/,
  /\b(?:tomorrow|the day after|next (?:week|month|year|morning))\b/,
  new RegExp(`\\b(?:in|after|within) ${LENGTH}\\b`),
  new RegExp(`\\b${LENGTH} (?:from now|later)\\b`),
  /\b(?:when|whenever|once|as soon as|until|till|after|before) (?:i|we|he|she|they|it|the|my|our|someone|somebody|anyone|nobody|everyone|dinner|mum|mom|dad)\b(?! (?:can|could|like|please|want|wish|ask))/,
  /\b(?:if|unless) (?:i|we|he|she|they|it|the|my|our|someone|somebody|anyone|nobody|everyone)\b(?! (?:is|are|was|would be|will be)? ?(?:ok|okay|fine|possible|not too much|all right|alright|you))/,
]

/** Actions whose value is a word that could have been a time. */
const MISREAD = new Set<string>(['set_color', 'set_color_temperature', 'set_mode'])

/** Slots that hold a time, so that one was read. */
const READ = ['in', 'at', 'for', 'timer'] as const

/**
 * Finds a time in the sentence that the reading has taken for nothing.
 * @param normalised the utterance after `normalise`
 * @returns its words, or undefined when there is none, or one was read, or nothing would be done anyway
 */
export function unreadTime(normalised: string, command: CompactCommand): string | undefined {
  const acts = command.filter(c => !isMove(c) && c.action !== 'get_state')
  if (acts.length === 0 || command.some(c => READ.some(slot => c[slot] !== undefined))) return undefined
  if (acts.every(c => /timer/.test(c.action))) return undefined
  // words of names and titles are no times: "play midnight train", "turn on the sunrise lamp"
  let rest = ` ${normalised} `
  // a value is a title or a program; a colour "sunset" is a time that was misread
  // a level or a title is no time; a colour "sunset" is one that was misread
  for (const c of command)
    for (const slot of SPAN_SLOTS)
      if (c[slot] !== undefined && !(slot === 'val' && MISREAD.has(c.action)))
        rest = rest.replace(` ${c[slot]} `, ' , ')
  for (const time of TIMES) {
    const found = rest.match(time)
    if (found) return found[0]
  }
  return undefined
}
