/** Names that sound like what was heard: "kitten light" in a home with a kitchen light. Pure. */
import { phoneDistance } from './phone-distance.js'

/** A name of the home as it is said, with its phones. */
export interface SoundingName {
  readonly name: string
  readonly phones: string
}

/** A sentence with one name put right. */
export interface Repair {
  readonly text: string
  readonly heard: string
  readonly name: string
  /** 0 to 1, see phone-distance.ts. */
  readonly distance: number
}

/*
 * Bounds. A name of fewer phones has too many neighbours; beyond the distance it is another word ("news" is as far from
 * "noose" as "four" from "for", but a home's "blinds" are 0.4 from "friends"). Found with pairs of common English words
 * against names of homes that the project wrote itself, see test/daemon/voice/language/repair.test.ts.
 */
const LEAST_PHONES = 4
export const FARTHEST = 0.25
/** A second name must be this much farther, or nothing is put right. */
const APART = 0.05

/**
 * Sentences in which one run of words is replaced by the one name that it nearly sounds like, nearest first.
 * @param words the sentence as heard
 * @param phonesOf of one word; undefined when unknown, then no run with it is looked at
 */
export function repairs(
  words: readonly string[],
  names: readonly SoundingName[],
  phonesOf: (word: string) => string | undefined,
): Repair[] {
  const out: Repair[] = []
  const known = new Set(names.map(n => n.name))
  const longest = Math.max(0, ...names.map(n => n.name.split(' ').length)) + 1
  for (let from = 0; from < words.length; from++)
    for (let to = from + 1; to <= Math.min(words.length, from + longest); to++) {
      const heard = words.slice(from, to)
      const phones = heard.map(phonesOf)
      if (known.has(heard.join(' ')) || phones.some(p => p === undefined)) continue
      const sound = phones.join(' ')
      if (sound.split(' ').length < LEAST_PHONES) continue
      const near = names
        .filter(n => n.phones.split(' ').length >= LEAST_PHONES)
        .map(n => ({ name: n.name, distance: phoneDistance(sound, n.phones) }))
        .filter(n => n.distance <= FARTHEST)
        .sort((a, b) => a.distance - b.distance)
      const [best] = near
      if (!best || near.some(n => n.name !== best.name && n.distance < best.distance + APART)) continue
      const text = [...words.slice(0, from), best.name, ...words.slice(to)].join(' ')
      out.push({ text, heard: heard.join(' '), name: best.name, distance: best.distance })
    }
  return out.sort((a, b) => a.distance - b.distance)
}
