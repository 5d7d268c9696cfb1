/**
 * The process that listens for a wake word with PocketSphinx' keyword search. Holds no sound: what came is gone.
 * A second look at what was found (the last two seconds, denoised, as a whole, behind an easier first one) was tried and left
 * out: as many false alarms, and in noise at 6 dB it lost 6 of 24 wake words instead of 1.
 */
import { join } from 'node:path'
import { describe } from '../../base/errors.js'
import { SAMPLE_RATE } from '../audio/pcm.js'
import { errors } from '../errors.js'
import { serveParent } from './child-protocol.js'
import { lookUp } from './pocketsphinx-dictionary.js'
import { withFile } from './pocketsphinx-languages.js'
import { type Decoder, SphinxLibrary } from './pocketsphinx-library.js'
import { withRoomNoise } from './pocketsphinx-noise.js'
import { type WakeAnswer, WakeLoad, WakeQuestion } from './pocketsphinx-wake-protocol.js'

/**
 * With its default beam (1e-48) the phrase's path is lost before its end and no threshold brings it back: of 24 wake words in
 * espeak-ng's voices 2 were heard at any threshold, with this one up to 23, at the same cost.
 */
const BEAM = 1e-120
/** Of each word's ways to be said so many together; each is one more phrase. */
const MOST_WAYS = 8
/** What a search holds grows with the stream: it is begun anew this often, in samples. */
const LONGEST = 600 * SAMPLE_RATE
const SEARCH = 'wake'
const NO_WORDS = '/dev/null'

interface Listener {
  decoder: Decoder
  /** Samples since it was begun; undefined before. */
  heard: number | undefined
}

async function open(load: WakeLoad): Promise<(question: WakeQuestion) => Promise<WakeAnswer>> {
  const library = new SphinxLibrary()
  const words = [...new Set(load.phrase.split(' '))]
  const known = lookUp(join(load.modelFolder, 'cmudict-en-us.dict'), new Set(words))
  const unknown = words.filter(word => !known.has(word))
  const fail = (problem: string) => errors.wake_phrase_unheard({ phrase: load.phrase, problem })
  if (unknown.length > 0) throw fail(`no pronunciation is known of ${unknown.join(', ')}`)
  const list = waysToSay(load.phrase.split(' '), known)
    .map(way => `${way} /1e-${load.threshold}/\n`)
    .join('')

  const listen = (): Listener => {
    const decoder = library.decoder({
      '-hmm': join(load.modelFolder, 'en-us'),
      '-dict': NO_WORDS,
      '-beam': BEAM,
    })
    for (const [word, ways] of known)
      ways.forEach((phones, n) => {
        decoder.addWord(nameOf(word, n), phones)
      })
    try {
      withFile(list, path => decoder.setKeywords(SEARCH, path))
    } catch (error) {
      throw fail(describe(error))
    }
    return { decoder, heard: undefined }
  }
  // the first is made at once: what is wrong with the phrase is told when the engine starts
  const spare = [listen()]
  /** By stream, the last used last. */
  const listeners = new Map<string, Listener>()
  const listenerOf = (stream: string): Listener => {
    let listener = listeners.get(stream)
    listeners.delete(stream)
    if (!listener && listeners.size >= load.streams) {
      const [oldest] = listeners
      listener = oldest && stopped(oldest[1])
      if (oldest) listeners.delete(oldest[0])
    }
    listener ??= spare.pop() ?? listen()
    listeners.set(stream, listener)
    return listener
  }

  return async ({ stream, samples, anew }) => {
    const listener = listenerOf(stream)
    if (anew || (listener.heard ?? 0) > LONGEST) stopped(listener)
    if (listener.heard === undefined) listener.decoder.begin(SEARCH)
    listener.heard = (listener.heard ?? 0) + samples.length
    const heard = listener.decoder.feed(withRoomNoise(samples))
    // what was heard is found once
    if (heard) stopped(listener)
    return { heard }
  }
}

function stopped(listener: Listener): Listener {
  if (listener.heard !== undefined) listener.decoder.end()
  listener.heard = undefined
  return listener
}

/** As the decoder calls the n-th way to say a word. */
const nameOf = (word: string, n: number) => (n === 0 ? word : `${word}(${n + 1})`)

function waysToSay(words: readonly string[], known: ReadonlyMap<string, readonly string[]>): string[] {
  let ways = ['']
  for (const word of words)
    ways = ways
      .flatMap(way => (known.get(word) ?? []).map((_, n) => `${way} ${nameOf(word, n)}`.trim()))
      .slice(0, MOST_WAYS)
  return ways
}

serveParent({ load: WakeLoad, question: WakeQuestion, open })
