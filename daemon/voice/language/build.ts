/** From a home to what its recogniser listens for. */
import { createHash } from 'node:crypto'
import type { Home } from '../../commands/home.js'
import type { SpeechLanguage } from '../engine.js'
import { arpa } from './arpa.js'
import type { Dictionary } from './dictionary.js'
import { expand, type Filled } from './expand.js'
import { absentNouns, namesByClass } from './names.js'
import { accented, pronounce, type Reader } from './pronounce.js'
import type { SoundingName } from './repair.js'
import type { Said } from './said.js'
import { spoken } from './spoken.js'
import { spellingsOf } from './written.js'

/** The language of a home, and what rescoring needs to know of it. */
export interface HomeSpeech extends SpeechLanguage {
  readonly ngram: string
  /** Names of devices, places and routines with their phones. */
  readonly names: readonly SoundingName[]
  /** The usual phones of every word of the language. */
  readonly sounds: ReadonlyMap<string, string>
  /** See written.ts. */
  readonly spellings: ReadonlyMap<string, string>
}

/** Figures of the model; measured with scripts/evaluate/voice.ts, see daemon/voice/language/README.md. */
export interface BuildOptions {
  /**
   * Share of a class that its usual names have where the home has names of its own, 0 to 1. Not 0: "the garage" must be
   * heard in a home without one, and refused, rather than become "the garden".
   */
  common: number
  /** What sentences about what the home has nothing of count, 0 to 1. */
  absent: number
  /** What a counted sentence weighs against the unseen. */
  scale: number
  /** See arpa.ts. */
  prune: number
}
export const BUILD: BuildOptions = { common: 0.15, absent: 0.3, scale: 0.03, prune: 0.5 }

/** Classes that are the same in every home. */
const FIXED = new Set(['<number>', '<color>', '<title>', '<timer>', '<word>'])

/** What stands for each class in a home. */
export function fill(said: Said, home: Home, options: BuildOptions): Map<string, Filled> {
  const own = namesByClass(home)
  const out = new Map<string, Filled>()
  for (const [label, usual] of said.classes) {
    const mine = own.get(label)
    const common = shares(usual)
    if (!mine?.size || FIXED.has(label))
      out.set(label, { names: common, factor: FIXED.has(label) ? 1 : options.absent })
    else {
      const names = new Map<string, number>()
      for (const [name, p] of shares(mine)) names.set(name, p * (1 - options.common))
      for (const [name, p] of common) names.set(name, (names.get(name) ?? 0) + p * options.common)
      out.set(label, { names, factor: 1 })
    }
  }
  return out
}

function shares(names: ReadonlyMap<string, number>): Map<string, number> {
  let total = 0
  for (const n of names.values()) total += n
  return new Map([...names].map(([name, n]) => [name, n / total]))
}

/** What a language is made from; the same text means the same language. */
export function contentOf(home: Home): string {
  const named = ({ name, aliases }: { name: string; aliases: readonly string[] }) => [name, ...aliases]
  return JSON.stringify([
    home.floors.map(f => [f.id, named(f)]),
    home.areas.map(a => [a.id, named(a), a.floor]),
    home.devices.map(d => [named(d), d.area, d.kind, d.class, d.programs?.map(named)]),
    home.routines.map(named),
  ])
}

/** What a language is built from beside the home. */
export interface Sources {
  readonly said: Said
  /** The engine's own. */
  readonly dictionary: Dictionary
  readonly read: Reader
  /** Other accents in which the words of the dictionary are expected too. */
  readonly accents?: readonly Reader[]
}

/** Builds the language. Takes a second or so: not for the daemon's own thread (see worker.ts). */
export async function build(
  home: Home,
  sources: Sources,
  options: BuildOptions = BUILD,
): Promise<HomeSpeech> {
  const { said, dictionary, read, accents = [] } = sources
  const own = namesByClass(home)
  const factors = new Map([...absentNouns(home, own)].map(word => [word, options.absent]))
  const counts = expand(said, fill(said, home, options), factors)
  const words = counts.words.filter(word => !word.startsWith('<'))
  const pronunciations = await pronounce(words, dictionary, read)
  for (const accent of accents)
    for (const [word, ways] of await accented(words, dictionary, accent))
      pronunciations.set(word, [...new Set([...(pronunciations.get(word) ?? []), ...ways])])
  const { text } = arpa(counts, options)
  const hints = [...new Set([...own.values()].flatMap(names => [...names.keys()]))]
  const sounds = new Map<string, string>()
  for (const word of counts.words) {
    const phones = dictionary.get(word)?.[0] ?? pronunciations.get(word)?.[0]
    if (phones) sounds.set(word, phones)
  }
  const id = createHash('sha256')
    .update(text)
    .update(JSON.stringify([...pronunciations]))
    .digest('hex')
    .slice(0, 32)
  return {
    id,
    ngram: text,
    pronunciations,
    hints,
    names: soundingNames(home, sounds),
    sounds,
    spellings: spellingsOf(home),
  }
}

/** Names as their owner wrote them; one with a word that nobody knows how to say is left out. */
function soundingNames(home: Home, sounds: ReadonlyMap<string, string>): SoundingName[] {
  const named = [...home.devices, ...home.areas, ...home.floors, ...home.routines]
  const names = new Set(named.flatMap(n => [n.name, ...n.aliases]).map(n => spoken(n)))
  return [...names].flatMap(name => {
    const phones = name.split(' ').map(word => sounds.get(word))
    return name && phones.every(p => p !== undefined) ? [{ name, phones: phones.join(' ') }] : []
  })
}
