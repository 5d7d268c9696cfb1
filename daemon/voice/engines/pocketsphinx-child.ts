/** The process that holds PocketSphinx. */
import { join } from 'node:path'
import { systemClock } from '../../base/clock.js'
import { Denoiser, liftDb } from '../denoise.js'
import { serveParent } from './child-protocol.js'
import { confidenceOf, FILLER, fillerGrammar, fillerWords } from './pocketsphinx-confidence.js'
import { type Compiled, Languages } from './pocketsphinx-languages.js'
import { type Decoder, SphinxLibrary } from './pocketsphinx-library.js'
import { type Answer, type HeardAnswer, LoadOptions, Question } from './pocketsphinx-protocol.js'

/**
 * Wide beams: in noise the right path is often behind for a while. Measured on people's orders in kitchen noise at 6 dB:
 * 76 % with the defaults, 81 with these, for 1.5 times the time.
 */
const BEAMS = { '-beam': 1e-120, '-wbeam': 1e-80, '-pbeam': 1e-120 }

/** Utterances that stand out of their background by less get the denoiser, decibel. Above it nothing is gained. */
const CLEAN_DB = 45

async function open(options: LoadOptions): Promise<(question: Question) => Promise<Answer>> {
  const library = new SphinxLibrary()
  const model = {
    '-hmm': join(options.modelFolder, 'en-us'),
    '-dict': join(options.modelFolder, 'cmudict-en-us.dict'),
  }
  // behind RNNoise its own noise removal only takes away more of the voice
  const listener = library.decoder({
    ...model,
    ...BEAMS,
    '-remove_noise': options.denoise ? 'no' : 'yes',
  })
  const filler = library.decoder({
    ...model,
    '-dict': '/dev/null',
    ...FILLER,
    '-remove_noise': options.denoise ? 'no' : 'yes',
  })
  for (const [word, phones] of fillerWords()) filler.addWord(word, phones)
  filler.setGrammar('filler', fillerGrammar())
  const denoiser = options.denoise ? await Denoiser.load() : undefined
  const languages = new Languages(listener, options.languages)

  return async question => {
    const began = systemClock.monotonic()
    let compiled = languages.get(question.language)
    let dropped: readonly string[] = []
    if (!compiled) {
      if (!question.definition) return { type: 'needs_language' }
      compiled = languages.compile(question.language, question.definition)
      dropped = compiled.dropped
    }
    const clean =
      denoiser && liftDb(question.samples) < CLEAN_DB ? denoiser.denoise(question.samples) : question.samples
    const hypotheses = hear(listener, filler, compiled, clean, options.readings)
    return { type: 'heard', hypotheses, ms: systemClock.monotonic() - began, dropped: [...dropped] }
  }
}

/** With a closed and an open language both are asked, and what fits the sound better comes first. */
function hear(
  listener: Decoder,
  filler: Decoder,
  { grammar, ngram }: Compiled,
  samples: Int16Array,
  most: number,
): HeardAnswer['hypotheses'] {
  const closed = grammar ? listener.read(grammar, samples) : undefined
  const open = ngram ? listener.read(ngram, samples, most) : undefined
  const readings = [...(closed?.readings ?? []), ...(open?.readings ?? [])].sort((a, b) => b.score - a.score)
  if (readings.length === 0) return []
  const frames = Math.max(1, closed?.frames ?? 0, open?.frames ?? 0)
  const free = filler.read('filler', samples).readings[0]
  const seen = new Set<string>()
  return readings.flatMap(({ text, score }) => {
    if (seen.has(text)) return []
    seen.add(text)
    return [{ text, score, confidence: confidenceOf(score, free?.score, frames) }]
  })
}

serveParent({ load: LoadOptions, question: Question, open })
