/** What "it", "the other lamp" and "brighter" are about: the devices of the command before. Pure. */
import type { CompactAction } from '../compact.js'
import type { Device, Home } from '../home.js'
import { nounAtEnd, rawWords } from '../names.js'
import type { Refusal } from '../parsed-command.js'
import { actionOn, supports } from '../resolve.js'
import { type ActionName, reachOf } from '../vocabulary.js'

const PRONOUN = /^(it|them|that|this|those|these|that one|this one|the same one|it all|them all)$/
const IT = /\b(it|them|that|those)\b/
const SOUND = /\b(volume|sound|music|loud|louder|quiet|quieter|audio|song|voice|speak)\b/
const OTHER = /^(?:the )?other(?: (.+))?$/

/** "Turn it up" is read as the sound. Of a device without sound it is what there is to turn up. */
const LIKE_VOLUME: readonly ActionName[] = ['set_brightness', 'set_temperature', 'set_fan_speed']

export type Pointed = { targets: string[]; action: ActionName } | { refusal: Refusal }

/** Whether the words stand for something said before. */
export const isPronoun = (dev: string | undefined): boolean => dev !== undefined && PRONOUN.test(dev)

/**
 * Devices that a reading points at rather than names.
 * @param said the sentence, after `normalise`
 * @param referents ids of the devices of the command before; undefined when there is none
 * @param sameSentence whether the referents were named in this very sentence
 * @returns undefined when the reading does not point, so that it is grounded as usual
 */
export function pointedAt(
  c: CompactAction,
  said: string,
  referents: readonly string[] | undefined,
  home: Home,
  sameSentence = false,
): Pointed | undefined {
  const last = (referents ?? []).flatMap(id => home.devices.filter(d => d.id === id))
  const other = c.dev === undefined ? null : OTHER.exec(c.dev)
  if (other) return last.length ? theOther(c.action, other[1], last, home) : undefined
  if (isPronoun(c.dev)) {
    if (last.length === 0) return { refusal: unknownIt(c.dev!) }
    return on(c, last, true) ?? { refusal: cannot(last[0]!, c.action) }
  }
  // "brighter", "make it blue": no device at all
  if (c.dev !== undefined || c.area !== undefined || c.except !== undefined || c.quantifier) return undefined
  if (last.length === 0 || c.action === 'get_state') return undefined
  const it = IT.test(said)
  // within a sentence only "it" is about what was named before it: "lights off and volume up" are two things
  if (!it && (sameSentence || c.step === undefined)) return undefined
  const found = on(c, last, it && !SOUND.test(said))
  // "make it red" right after a lamp without colours is about that lamp, not about another one
  const domain = c.kind && reachOf(c.kind)[0]?.domain
  const same = it ? last.find(d => d.kind === domain) : undefined
  return found ?? (same && { refusal: cannot(same, c.action) })
}

/** The action on those devices that can do it, or, of "turn it up", the like of it. */
function on(c: CompactAction, devices: readonly Device[], orLike: boolean): Pointed | undefined {
  const actions = orLike && c.step && c.action === 'set_volume' ? [c.action, ...LIKE_VOLUME] : [c.action]
  for (const action of actions) {
    const able = devices.filter(d => supports(action, d))
    if (able.length)
      return { targets: able.map(d => d.id), action: able.length === 1 ? actionOn(action, able[0]!) : action }
  }
  return undefined
}

/** The device beside the ones that were meant: of their kind, or of the kind that is said, in their room first. */
function theOther(
  action: ActionName,
  noun: string | undefined,
  last: readonly Device[],
  home: Home,
): Pointed {
  const said = noun === undefined || noun === 'one' ? undefined : nounAtEnd(rawWords(noun))
  const kinds = said ? said.kinds.flatMap(kind => reachOf(kind).map(k => k.domain)) : last.map(d => d.kind)
  const areas = new Set(last.map(d => d.area))
  const rest = home.devices.filter(
    d => kinds.includes(d.kind) && supports(action, d) && !last.some(l => l.id === d.id),
  )
  const near = rest.filter(d => areas.has(d.area))
  const found = near.length ? near : rest
  if (found.length === 1) return { targets: [found[0]!.id], action }
  if (found.length === 0)
    return {
      refusal: {
        reason: 'unknown_device',
        message: `There is no other ${noun && noun !== 'one' ? noun : last[0]!.kind.replace(/_/g, ' ')} here.`,
        remedy: 'Name the device that you mean.',
      },
    }
  return {
    refusal: {
      reason: 'ambiguous',
      message: `There are ${found.length} others.`,
      remedy: 'Name the device or its room.',
      candidates: found.map(d => d.id),
    },
  }
}

const unknownIt = (word: string): Refusal => ({
  reason: 'ambiguous',
  message: `What do you mean by "${word}"?`,
  remedy: 'Name the device: nothing was said before that this could be about, or it is too long ago.',
})
const cannot = (device: Device, action: ActionName): Refusal => ({
  reason: 'unsupported',
  message: `${device.name} cannot ${action.replace(/_/g, ' ')}.`,
  remedy:
    'Ask for something this device can do; what it can do stands in the home file or in its announcement.',
})
