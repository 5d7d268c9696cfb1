/**
 * Which recogniser and which voice the configuration asks for: the wire between `config` and the engines of `voice`. Each
 * is imported where it is made: a board holds the code of one at most, and mostly of none.
 */
import type { Clock } from './base/clock.js'
import { describe, FieldmouseError } from './base/errors.js'
import type { Config } from './config/schema.js'
import type { SpeechEngine } from './voice/engine.js'
import { chooseEngine, type EngineFact, type EngineName } from './voice/engines/choose-engine.js'
import { missingPocketsphinx } from './voice/engines/pocketsphinx-packages.js'
import type { PocketsphinxWake } from './voice/engines/pocketsphinx-wake.js'
import type { Speaker } from './voice/speak.js'

type Voice = Config['voice']

/** A recogniser's child ended, or words of a language had no sound. */
export type SpeechTold = (engine: string, what: string) => void

/** What is known of each recogniser. Files are looked at; nothing is started or asked. */
export async function engineFacts({ engines }: Voice): Promise<EngineFact[]> {
  const { pocketsphinx, sherpa, whisperServer, wyoming } = engines
  const missing = await missingPocketsphinx(pocketsphinx.modelDir)
  const model = sherpa.model
  const broken =
    model === undefined
      ? undefined
      : await (await import('./voice/engines/sherpa.js'))
          .checkModel({ model, language: sherpa.language })
          .then(
            () => undefined,
            (error: unknown) => error,
          )
  return [
    { engine: 'wyoming', configured: wyoming.host !== undefined },
    { engine: 'whisper.cpp', configured: whisperServer.url !== undefined },
    {
      engine: 'sherpa-onnx',
      configured: model !== undefined,
      ...(broken === undefined
        ? {}
        : {
            missing: describe(broken),
            ...(broken instanceof FieldmouseError ? { remedy: broken.remedy } : {}),
          }),
    },
    {
      engine: 'pocketsphinx',
      configured: true,
      ...(missing === undefined
        ? {}
        : { missing, remedy: 'Install it: `apt install pocketsphinx pocketsphinx-en-us`.' }),
    },
  ]
}

/** Why there is no recogniser. */
export interface NoSpeech {
  none: string
  remedy: string
}

/** Which recogniser is to listen, or why none does. Nothing is made yet. */
export async function chooseSpeechEngine(voice: Voice): Promise<EngineName | NoSpeech> {
  if (voice.engine === 'off')
    return { none: 'speech is turned off', remedy: 'Set `voice.engine` to auto in the configuration.' }
  const choice = chooseEngine(voice.engine, await engineFacts(voice))
  return choice.engine ?? { none: choice.reason, remedy: choice.remedy }
}

/** The recogniser, not started yet, or why there is none. */
export async function speechEngineFor(
  voice: Voice,
  clock: Clock,
  told: SpeechTold,
): Promise<SpeechEngine | NoSpeech> {
  const chosen = await chooseSpeechEngine(voice)
  return typeof chosen === 'string' ? makeSpeechEngine(chosen, voice, clock, told) : chosen
}

/** The recogniser of this name, not started yet. */
export async function makeSpeechEngine(
  name: EngineName,
  voice: Voice,
  clock: Clock,
  told: SpeechTold,
): Promise<SpeechEngine> {
  const { pocketsphinx, sherpa, whisperServer, wyoming } = voice.engines
  const answerMs = voice.timeoutMs
  switch (name) {
    case 'pocketsphinx': {
      const { PocketsphinxEngine } = await import('./voice/engines/pocketsphinx.js')
      return new PocketsphinxEngine({
        modelFolder: pocketsphinx.modelDir,
        denoise: voice.denoise !== 'off',
        hangMs: answerMs,
        onEvent: event => {
          if (event.type === 'died') told(name, event.how)
          else if (event.type === 'words_dropped')
            told(name, `these words have no sound and are not heard: ${event.words.join(', ')}`)
        },
      })
    }
    case 'sherpa-onnx': {
      const { SherpaEngine } = await import('./voice/engines/sherpa.js')
      return new SherpaEngine({
        model: sherpa.model!,
        ...(sherpa.packageFolder ? { packageFolder: sherpa.packageFolder } : {}),
        language: sherpa.language,
        threads: sherpa.threads,
        answerMs,
        clock,
        onEvent: event => {
          if (event.type === 'died') told(name, event.how)
        },
      })
    }
    case 'whisper.cpp': {
      const { WhisperServerEngine } = await import('./voice/engines/whisper-server.js')
      const { url, path, language } = whisperServer
      return new WhisperServerEngine({ url: url!, path, language, answerMs, clock })
    }
    case 'wyoming': {
      const { WyomingEngine } = await import('./voice/engines/wyoming.js')
      const { host, port, language, model } = wyoming
      return new WyomingEngine({ host: host!, port, language, answerMs, clock, ...(model ? { model } : {}) })
    }
  }
}

/** What waits for the wake word, not started yet; undefined where others do. */
export async function wakeFor(
  { wake, engines }: Voice,
  clock: Clock,
  trouble: (site: string, problem: string) => void,
  told: SpeechTold,
): Promise<PocketsphinxWake | undefined> {
  if (wake.engine === 'off') return undefined
  const { PocketsphinxWake } = await import('./voice/engines/pocketsphinx-wake.js')
  return new PocketsphinxWake({
    phrase: wake.phrase,
    threshold: wake.threshold,
    streams: wake.mostSites,
    modelFolder: engines.pocketsphinx.modelDir,
    clock,
    onEvent: event => {
      if (event.type === 'died') told('pocketsphinx wake word', event.how)
      if (event.type === 'deaf') trouble(event.stream, `wake word: ${event.problem}`)
    },
  })
}

/** What speaks answers; undefined when nothing does. */
export async function speakerFor({ speech }: Voice): Promise<Speaker | undefined> {
  const { engine, voice, wordsPerMinute, volume, wyomingHost, wyomingPort } = speech
  if (engine === 'off') return undefined
  if (engine === 'wyoming') {
    const { WyomingSpeaker } = await import('./voice/engines/wyoming-speaker.js')
    return new WyomingSpeaker({ host: wyomingHost!, port: wyomingPort })
  }
  const { EspeakSpeaker } = await import('./voice/speak.js')
  return new EspeakSpeaker({ voice, wordsPerMinute, volume })
}
