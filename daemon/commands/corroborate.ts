/**
 * Whether the home itself bears out a reading of which the model is not sure. A name that no model has seen ("la grande
 * lampe") makes it doubt every word, although the reading is right; that the home knows exactly these words, and that all
 * other words say the action, is better evidence than a probability. Pure.
 */
import { type CompactAction, type CompactCommand, isMove } from './compact.js'
import { fullyNamed } from './full-names.js'
import type { Home } from './home.js'
import { nounAtEnd, phrases, placeOf, rawWords, words } from './names.js'
import type { ActionName } from './vocabulary.js'

/** Words that say an action and nothing else, on devices whose names follow. */
const VERBS: Partial<Record<ActionName, readonly string[]>> = {
  turn_on: ['turn on', 'switch on', 'power on', 'put on'],
  turn_off: ['turn off', 'switch off', 'power off', 'shut off'],
  open: ['open'],
  close: ['close', 'shut'],
  lock: ['lock'],
  unlock: ['unlock'],
  start: ['start', 'run', 'turn on', 'switch on'],
  stop: ['stop', 'turn off', 'switch off'],
  activate: ['activate', 'start', 'run', 'turn on', 'switch on'],
}
const GLUE = new Set('the my our in on at of please can could you hey just'.split(' '))

/** @param said the utterance after `normalise` */
export function corroborated(command: CompactCommand, said: string, home: Home): boolean {
  const [c] = command
  if (!c || command.length > 1 || isMove(c) || !plain(c)) return false
  if (c.area !== undefined && !placeOf(words(c.area), home)) return false
  const spans = [c.dev, c.area].filter(span => span !== undefined)
  if (c.dev !== undefined && isName(c.dev, home) && saysOnly(c.action, without(said, spans))) return true
  const full = fullyNamed(said, home.devices, 'as said')
  return (
    full !== undefined &&
    saysOnly(c.action, without([...full.before, '\n', ...full.after].join(' '), [c.area ?? '']))
  )
}

/** Whether an action is no more than a verb and what it is done to. */
const plain = (c: CompactAction) =>
  [c.quantifier, c.except, c.step, c.val, c.for, c.in, c.at, c.name, c.timer].every(
    slot => slot === undefined,
  )

/** Whether some words are, letter for letter, a device's name or a sort of device. */
function isName(span: string, home: Home): boolean {
  const phrase = words(span).join(' ')
  const noun = nounAtEnd(rawWords(span))
  return (
    noun?.length === rawWords(span).length ||
    home.devices.some(d => phrases(d).some(p => p.join(' ') === phrase))
  )
}

/** The sentence with each span, once, cut out. */
function without(said: string, spans: readonly string[]): string {
  let left = ` ${said} `
  for (const span of [...spans].sort((a, b) => b.length - a.length)) left = left.replace(` ${span} `, ' \n ')
  return left
}

/** Whether what is left of a sentence is a verb of the action and words without a meaning of their own. */
function saysOnly(action: ActionName, left: string): boolean {
  const tokens = left.split(/\s+/).filter(Boolean)
  return (VERBS[action] ?? []).some(verb => {
    const needed = verb.split(' ')
    return (
      needed.every(word => tokens.includes(word)) &&
      tokens.every(word => needed.includes(word) || GLUE.has(word))
    )
  })
}
