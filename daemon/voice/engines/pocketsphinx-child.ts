/** The process that holds PocketSphinx. */
import { join } from 'node:path'
import { systemClock } from '../../base/clock.js'
import { measureLevels } from '../audio/levels.js'
import type { Samples } from '../audio/pcm.js'
import { Denoiser } from '../denoise.js'
import { serveParent } from './child-protocol.js'
import { confidenceOf, FILLER, fillerGrammar, fillerWords } from './pocketsphinx-confidence.js'
import { Languages, withFile } from './pocketsphinx-languages.js'
import { type Decoder, type Reading, SphinxLibrary } from './pocketsphinx-library.js'
import { withRoomNoise } from './pocketsphinx-noise.js'
import { type Answer, type HeardAnswer, LoadOptions, Question } from './pocketsphinx-protocol.js'

/**
 * Wide beams: in noise the right path is often behind for a while. Measured on people's orders in kitchen noise at 6 dB: 89.2 %
 * with the defaults (behind the denoiser), 91.7 with these, for 1.4 times the time; with 1e-120, 1e-80, 1e-120 the same
 * 91.7 for 1.7 times.
 */
const WIDE = { '-beam': 1e-80, '-wbeam': 1e-60, '-pbeam': 1e-80 }

/** Sound whose loudest tenth stands out of its quietest by more needs no denoiser, decibel: most of the work is saved. */
const CLEAN_DB = 45

/**
 * What a recogniser may hear between words. The model's own list has `[SPEECH]` too, a sound for words that nobody knows: it
 * swallows whole sentences that are none of the language and makes an order of the rest.
 */
const PAUSES = '<s> SIL\n</s> SIL\n<sil> SIL\n[NOISE] +NSN+\n'
/** In an open language noise swallows words as well: any word can be left out there. */
const SILENCE = '<s> SIL\n</s> SIL\n<sil> SIL\n'

/** Words are added when a language needs them. */
const NO_WORDS = '/dev/null'

async function open(options: LoadOptions): Promise<(question: Question) => Promise<Answer>> {
  const library = new SphinxLibrary()
  const dictionary = join(options.modelFolder, 'cmudict-en-us.dict')
  const common = {
    '-hmm': join(options.modelFolder, 'en-us'),
    // behind RNNoise its own noise removal only takes away more of the voice
    '-remove_noise': options.denoise ? 'no' : 'yes',
  }
  const { closed, filler } = withFile(PAUSES, fdict => ({
    closed: library.decoder({ ...common, ...WIDE, '-dict': NO_WORDS, '-fdict': fdict }),
    filler: library.decoder({ ...common, ...FILLER, '-dict': NO_WORDS }),
  }))
  for (const [word, phones] of fillerWords()) filler.addWord(word, phones)
  filler.setGrammar('filler', fillerGrammar())
  // its own beams, and made when first needed
  let open: Decoder | undefined
  const openDecoder = () => {
    open ??= withFile(SILENCE, fdict => library.decoder({ ...common, '-dict': NO_WORDS, '-fdict': fdict }))
    return open
  }
  const denoiser = options.denoise ? await Denoiser.load() : undefined
  const languages = new Languages(closed, openDecoder, dictionary, options.languages)
  const cleaned = (samples: Samples) => {
    const noisy = measureLevels(samples).snrDb < CLEAN_DB
    return withRoomNoise(denoiser && noisy ? denoiser.denoise(samples) : samples)
  }
  // an utterance is often asked about in several languages, of the home and its appliances, one after the other
  let last: { samples: Samples; clean: Samples; ran: boolean; free?: number | undefined } | undefined

  return async ({ samples, language, definition }) => {
    const began = systemClock.monotonic()
    let compiled = languages.get(language)
    let dropped: readonly string[] = []
    if (!compiled) {
      if (!definition) return { type: 'needs_language' }
      compiled = languages.compile(language, definition)
      dropped = compiled.dropped
    }
    const now = last && same(last.samples, samples) ? last : { samples, clean: cleaned(samples), ran: false }
    last = now
    const { clean } = now
    const { grammar, ngram } = compiled
    // with a closed and an open language both are asked, and what fits the sound better comes first
    const passes = [
      ...(grammar ? [closed.read(grammar, clean)] : []),
      ...(ngram ? [openDecoder().read(ngram, clean, options.readings)] : []),
    ]
    const hypotheses = rated(passes, () => {
      if (!now.ran) now.free = filler.read('filler', clean).readings[0]?.score
      now.ran = true
      return now.free
    })
    return { type: 'heard', hypotheses, ms: systemClock.monotonic() - began, dropped: [...dropped] }
  }
}

const same = (a: Samples, b: Samples) => a.length === b.length && a.every((value, i) => value === b[i])

/** All readings, best first, each once, with their confidence. The free run is made only when there is something to rate. */
function rated(
  passes: readonly { readings: readonly Reading[]; frames: number }[],
  free: () => number | undefined,
): HeardAnswer['hypotheses'] {
  const readings = passes.flatMap(pass => pass.readings).sort((a, b) => b.score - a.score)
  if (readings.length === 0) return []
  const frames = Math.max(1, ...passes.map(pass => pass.frames))
  const freeScore = free()
  const best = new Map<string, number>()
  for (const { text, score } of readings) if (!best.has(text)) best.set(text, score)
  return [...best].map(([text, score]) => ({
    text,
    score,
    confidence: confidenceOf(score, freeScore, frames),
  }))
}

serveParent({ load: LoadOptions, question: Question, open })
