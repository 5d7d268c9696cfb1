/**
 * Which patterns and names are kept for validation. The choice is by a hash of the text, so that it stays when lists
 * grow; a validation sentence is built of patterns that training never shows, and names among them that it never shows.
 */
/** Training sentences, validation sentences, or (for a last run) both. */
export type Split = 'train' | 'validation' | 'all'

/** One pattern in so many is for validation. */
const PATTERNS = 33
/** Only from lists of so many or more: in a short one, each pattern is needed. */
const ENOUGH = 15
/** One name in so many is for validation. */
const NAMES = 16

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), its bits mixed once more. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h ^= h >>> 15
  return Math.imul(h, 0x2c1b3c6d) >>> 0
}

/** Whether a pattern is for validation. */
export const isHeldOut = (pattern: string): boolean => hash(pattern) % PATTERNS === 0
/** Whether a name is for validation. */
export const isHeldOutName = (name: string): boolean => hash(`name ${name}`) % NAMES === 0

const PARTS = new WeakMap<readonly string[], Record<Split, readonly string[]>>()
/** The patterns of a list that a split may use; each list is parted once. */
export function patternsOf(list: readonly string[], split: Split): readonly string[] {
  let parts = PARTS.get(list)
  if (!parts) {
    const held = list.length < ENOUGH ? [] : list.filter(isHeldOut)
    parts = { train: list.filter(p => !held.includes(p)), validation: held, all: list }
    PARTS.set(list, parts)
  }
  return parts[split]
}
