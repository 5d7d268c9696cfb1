/**
 * Hashes of token lists in which single places can be exchanged: what a list would be with a value at a place is found
 * without writing it down. Collisions are harmless to callers who look again. Pure.
 */
import { WILD } from './tokens.js'

/** FNV-1a, 32 bits. @source www.isthe.com/chongo/tech/comp/fnv */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** A token at its place; sums of these are the hash of a list. */
const placed = (hash: number, place: number): number =>
  Math.imul(hash ^ Math.imul(place + 1, 0x9e3779b1), 0x85ebca6b)

const WILD_HASH = hashOf(WILD)

/** Of a whole list. */
export function listHash(tokens: readonly string[]): number {
  let sum = tokens.length
  for (let i = 0; i < tokens.length; i++) sum = (sum + placed(hashOf(tokens[i]!), i)) | 0
  return sum
}

/** For each place the hash of the list with a value there. @param most places */
export function wildHashes(tokens: readonly string[], most: number): number[] {
  const whole = listHash(tokens)
  return tokens
    .slice(0, most)
    .map((token, i) => (whole - placed(hashOf(token), i) + placed(WILD_HASH, i)) | 0)
}

/** The hash of the list with values at these places. */
export function maskedHash(tokens: readonly string[], places: readonly number[]): number {
  let hash = listHash(tokens)
  for (const i of places) hash = (hash - placed(hashOf(tokens[i]!), i) + placed(WILD_HASH, i)) | 0
  return hash
}
