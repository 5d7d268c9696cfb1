/**
 * Words out of the model's dictionary of 134,000: PocketSphinx looks through all that it holds for every language (3 to 4 s of
 * processor time for a small n-gram model with the whole dictionary), so it is given only those that are needed.
 */
import { readFileSync } from 'node:fs'

/** @param path lines of `word PH ON ES`, further ways as `word(2) PH ON ES` @returns the ways to say each word that is there */
export function lookUp(path: string, words: ReadonlySet<string>): Map<string, string[]> {
  const found = new Map<string, string[]>()
  if (words.size === 0) return found
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const cut = line.indexOf(' ')
    if (cut <= 0) continue
    const end = line.charCodeAt(cut - 1) === CLOSING ? line.lastIndexOf('(', cut) : cut
    const word = line.slice(0, end)
    if (!words.has(word)) continue
    const ways = found.get(word) ?? []
    found.set(word, ways)
    ways.push(line.slice(cut + 1).trim())
  }
  return found
}

const CLOSING = ')'.charCodeAt(0)
