/** Which recogniser and which voice the configuration asks for: the wire between `config` and the engines of `voice`. */
import type { Clock } from './base/clock.js'
import { describe, FieldmouseError } from './base/errors.js'
import type { Config } from './config/schema.js'
import type { SpeechEngine } from './voice/engine.js'
import { chooseEngine, type EngineFact, type EngineName } from './voice/engines/choose-engine.js'
import { PocketsphinxEngine } from './voice/engines/pocketsphinx.js'
import { missingPocketsphinx } from './voice/engines/pocketsphinx-packages.js'
import { PocketsphinxWake } from './voice/engines/pocketsphinx-wake.js'
import { checkModel, SherpaEngine } from './voice/engines/sherpa.js'
import { WhisperServerEngine } from './voice/engines/whisper-server.js'
import { WyomingEngine } from './voice/engines/wyoming.js'
import { WyomingSpeaker } from './voice/engines/wyoming-speaker.js'
import { EspeakSpeaker, type Speaker } from './voice/speak.js'

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
      : await checkModel({ model, language: sherpa.language }).then(
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

/** The recogniser, not started yet, or why there is none. */
export async function speechEngineFor(
  voice: Voice,
  clock: Clock,
  told: SpeechTold,
): Promise<SpeechEngine | { none: string; remedy: string }> {
  if (voice.engine === 'off')
    return { none: 'speech is turned off', remedy: 'Set `voice.engine` to auto in the configuration.' }
  const choice = chooseEngine(voice.engine, await engineFacts(voice))
  if (choice.engine === undefined) return { none: choice.reason, remedy: choice.remedy }
  return make(choice.engine, voice, clock, told)
}

function make(name: EngineName, voice: Voice, clock: Clock, told: SpeechTold): SpeechEngine {
  const { pocketsphinx, sherpa, whisperServer, wyoming } = voice.engines
  const answerMs = voice.timeoutMs
  switch (name) {
    case 'pocketsphinx':
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
    case 'sherpa-onnx':
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
    case 'whisper.cpp': {
      const { url, path, language } = whisperServer
      return new WhisperServerEngine({ url: url!, path, language, answerMs, clock })
    }
    case 'wyoming': {
      const { host, port, language, model } = wyoming
      return new WyomingEngine({ host: host!, port, language, answerMs, clock, ...(model ? { model } : {}) })
    }
  }
}

/** What waits for the wake word, not started yet; undefined where others do. */
export function wakeFor(
  { wake, engines }: Voice,
  clock: Clock,
  trouble: (site: string, problem: string) => void,
  told: SpeechTold,
): PocketsphinxWake | undefined {
  if (wake.engine === 'off') return undefined
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
export function speakerFor({ speech }: Voice): Speaker | undefined {
  const { engine, voice, wordsPerMinute, volume, wyomingHost, wyomingPort } = speech
  if (engine === 'off') return undefined
  if (engine === 'wyoming') return new WyomingSpeaker({ host: wyomingHost!, port: wyomingPort })
  return new EspeakSpeaker({ voice, wordsPerMinute, volume })
}
