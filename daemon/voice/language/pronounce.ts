/** Pronunciations for words that a dictionary lacks: derived from its words, spelled out, or as espeak-ng reads them. */
import { spawn } from 'node:child_process'
import type { Dictionary } from './dictionary.js'
import { phonesOf, spelledOut } from './phones.js'
import { spoken } from './spoken.js'

/** How words sound that nothing is known of: one answer a word, in IPA; empty where it has none. */
export type Reader = (words: readonly string[]) => Promise<readonly string[]>

/** Variants of one word at most: each one more is one more way to be misheard. */
const MOST_VARIANTS = 4

/**
 * Pronunciations of words that are not in the dictionary. Words without any way to say them are left out.
 * @param read for words that neither the dictionary nor its parts explain
 */
export async function pronounce(
  words: Iterable<string>,
  dictionary: Dictionary,
  read: Reader,
): Promise<Map<string, string[]>> {
  const missing = [...new Set(words)].filter(word => !dictionary.has(word))
  const readable = missing.filter(word => /^[\p{L}\p{M}\p{N}']+$/u.test(word))
  const sounds = new Map<string, string>()
  const ipa = readable.length ? await read(readable) : []
  readable.forEach((word, i) => {
    sounds.set(word, phonesOf(ipa[i] ?? ''))
  })
  const out = new Map<string, string[]>()
  for (const word of missing) {
    const ways = [...derived(word, dictionary), sounds.get(word) ?? '', ...letters(word)]
    const variants = [...new Set(ways.filter(Boolean))].slice(0, MOST_VARIANTS)
    if (variants.length) out.set(word, variants)
  }
  return out
}

/**
 * Further ways of saying words that the dictionary has, as another accent says them: what the dictionary has first, in its
 * order, then the new one, so that an engine can tell which of them it lacks. Words that sound the same are left out.
 * @param read a reader with the voice of that accent
 */
export async function accented(
  words: Iterable<string>,
  dictionary: Dictionary,
  read: Reader,
): Promise<Map<string, string[]>> {
  const known = [...new Set(words)].filter(word => dictionary.has(word) && /^[\p{L}\p{M}']+$/u.test(word))
  const ipa = known.length ? await read(known) : []
  const out = new Map<string, string[]>()
  known.forEach((word, i) => {
    const usual = dictionary.get(word) ?? []
    const phones = phonesOf(ipa[i] ?? '')
    if (phones && !usual.includes(phones)) out.set(word, [...usual, phones])
  })
  return out
}

/** From words of the dictionary: an ending, or two words written as one ("worktop"). */
function derived(word: string, dictionary: Dictionary): string[] {
  const possessive = /^(.+?)(?:'s|s')$/.exec(word)
  if (possessive) {
    const base = dictionary.get(word.endsWith("s'") ? `${possessive[1]}s` : possessive[1]!)
    if (base) return word.endsWith("s'") ? [...base] : base.map(withS)
  }
  if (word.endsWith('s')) {
    const base = dictionary.get(word.slice(0, -1))
    if (base) return base.map(withS)
  }
  // the longest first part: "doorbell" is door and bell, not do and orbell
  for (let cut = word.length - 3; cut >= 3; cut--) {
    const front = dictionary.get(word.slice(0, cut))
    const back = dictionary.get(word.slice(cut))
    if (front && back) return [`${front[0]} ${back[0]}`]
  }
  return []
}

/** The plural, as English says it: S after what has no voice, IH Z after what hisses, else Z. */
function withS(phones: string): string {
  const last = phones.slice(phones.lastIndexOf(' ') + 1)
  if (/^(S|Z|SH|ZH|CH|JH)$/.test(last)) return `${phones} IH Z`
  return `${phones} ${/^(P|T|K|F|TH)$/.test(last) ? 'S' : 'Z'}`
}

/** Words that are read as letters: short ones without a vowel, and letters with figures ("co2"). */
function letters(word: string): string[] {
  const mixed = word.match(/\p{L}+|\d+/gu) ?? []
  if (mixed.length > 1 && /\d/.test(word)) {
    const parts = mixed.map(part =>
      /\d/.test(part)
        ? spoken(part)
            .split(' ')
            .map(n => NUMBERS[n] ?? '')
            .join(' ')
        : spelledOut(part),
    )
    return parts.every(Boolean) ? [parts.join(' ')] : []
  }
  if (word.length > 5 || (word.length > 4 && /[aeiouy]/.test(word))) return []
  const spelled = spelledOut(word)
  return spelled ? [spelled] : []
}

/** @source CMU Pronouncing Dictionary */
const NUMBERS: Readonly<Record<string, string>> = {
  zero: 'Z IH R OW', one: 'W AH N', two: 'T UW', three: 'TH R IY', four: 'F AO R', five: 'F AY V', six: 'S IH K S',
  seven: 'S EH V AH N', eight: 'EY T', nine: 'N AY N', ten: 'T EH N', eleven: 'IH L EH V AH N', twelve: 'T W EH L V',
  thirteen: 'TH ER T IY N', fourteen: 'F AO R T IY N', fifteen: 'F IH F T IY N', sixteen: 'S IH K S T IY N',
  seventeen: 'S EH V AH N T IY N', eighteen: 'EY T IY N', nineteen: 'N AY N T IY N', twenty: 'T W EH N T IY',
  thirty: 'TH ER D IY', forty: 'F AO R T IY', fifty: 'F IH F T IY', sixty: 'S IH K S T IY', seventy: 'S EH V AH N T IY',
  eighty: 'EY T IY', ninety: 'N AY N T IY', hundred: 'HH AH N D R AH D', thousand: 'TH AW Z AH N D', point: 'P OY N T',
} // biome-ignore format: pairs

/** Words that espeak-ng reads in one go, and how long that may take: a tenth of a second on a laptop. */
const AT_ONCE = 400
const LONGEST_MS = 30_000

/**
 * Reads words with espeak-ng. Words go through its standard input, one a paragraph, never through a shell or an argument.
 * Where it is missing or fails nothing is read: names are then derived and spelled, which is better than no language.
 * @param onTrouble told once why it could not read
 */
export function espeakReader(
  onTrouble: (problem: string) => void,
  program = 'espeak-ng',
  voice = 'en-us',
): Reader {
  return async words => {
    const out: string[] = []
    for (let i = 0; i < words.length; i += AT_ONCE) {
      const some = words.slice(i, i + AT_ONCE)
      try {
        const lines = (await run(program, voice, some)).split('\n').map(l => l.trim())
        // a word for which it says nothing leaves no line: then it is asked about one at a time
        if (lines.filter(Boolean).length === some.length) out.push(...lines.filter(Boolean))
        else
          for (const word of some) out.push((await run(program, voice, [word])).replaceAll('\n', ' ').trim())
      } catch (error) {
        onTrouble(error instanceof Error ? error.message : String(error))
        return words.map((_, j) => out[j] ?? '')
      }
    }
    return out
  }
}

function run(program: string, voice: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-q', '--ipa=1', '-v', voice, '--stdin'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: AbortSignal.timeout(LONGEST_MS),
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    child.on('error', reject)
    child.stdin.on('error', reject)
    child.on('close', (code, signal) =>
      code === 0 ? resolve(text) : reject(new Error(`${program} ended with ${signal ?? code}`)),
    )
    child.stdin.end(words.map(word => `${word}.\n\n`).join(''))
  })
}
