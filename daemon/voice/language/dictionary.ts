/** A pronouncing dictionary in the form of the CMU's: `word PH ON ES`, further variants as `word(2) PH ON ES`. */
import { readFile } from 'node:fs/promises'

/** Words with their pronunciations, the first the usual one. */
export type Dictionary = ReadonlyMap<string, readonly string[]>

/** Reads a dictionary file. @throws the reader's error when it is missing */
export async function readDictionary(path: string): Promise<Dictionary> {
  return parseDictionary(await readFile(path, 'utf8'))
}

/** Lines that are no entries are left out. */
export function parseDictionary(text: string): Dictionary {
  const out = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const cut = line.search(/\s/)
    if (cut <= 0 || line.startsWith(';;;')) continue
    const word = line.slice(0, cut).replace(/\(\d+\)$/, '')
    const phones = line.slice(cut).trim()
    if (!phones) continue
    const known = out.get(word)
    if (known) known.push(phones)
    else out.set(word, [phones])
  }
  return out
}
