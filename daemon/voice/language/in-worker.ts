/** Builds a language in a thread of its own. */
import { Worker } from 'node:worker_threads'
import type { Home } from '../../commands/home.js'
import { errors } from '../errors.js'
import type { HomeSpeech } from './build.js'

/** What the thread is told. */
export interface ToWorker {
  readonly home: Home
  readonly dictionary: string
  readonly espeak: string
  readonly accents: readonly string[]
}
/** What it answers, once. */
export type FromWorker =
  | { readonly speech: HomeSpeech; readonly troubles: readonly string[] }
  | { readonly failed: string }

/** Builds the language of a home; `troubles` says what it had to do without. */
export type Builder = (
  home: Home,
  signal: AbortSignal,
) => Promise<{ speech: HomeSpeech; troubles: readonly string[] }>

export interface WorkerOptions {
  /** Pronouncing dictionary of the engine. */
  dictionary?: string
  /** Program that reads words that the dictionary lacks. */
  espeak?: string
  /**
   * Voices of espeak-ng whose accents are expected too, such as `en-gb`; their readings go beside those of the dictionary,
   * which is American. Default none: more ways to say a word are more ways to mishear one.
   */
  accents?: readonly string[]
}

/** Where Debian's package `pocketsphinx-en-us` puts it. */
export const DICTIONARY = '/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict'

/**
 * A builder that uses a thread for each build: its memory goes back when it ends.
 * @throws speech_language_failed
 */
export function workerBuilder(options: WorkerOptions = {}): Builder {
  return (home, signal) =>
    new Promise((resolve, reject) => {
      const message: ToWorker = {
        home: plain(home),
        dictionary: options.dictionary ?? DICTIONARY,
        espeak: options.espeak ?? 'espeak-ng',
        accents: options.accents ?? [],
      }
      const worker = new Worker(new URL('./worker.js', import.meta.url), {
        workerData: message,
        resourceLimits: { maxOldGenerationSizeMb: 256 },
      })
      let settled = false
      const settle = (then: () => void) => {
        if (settled) return
        settled = true
        signal.removeEventListener('abort', abort)
        void worker.terminate()
        then()
      }
      const fail = (problem: unknown) =>
        settle(() => reject(errors.speech_language_failed({ problem: String(problem) }, problem)))
      const abort = () => settle(() => reject(signal.reason))
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) return abort()
      worker.on('message', (answer: FromWorker) =>
        'failed' in answer ? fail(answer.failed) : settle(() => resolve(answer)),
      )
      worker.on('error', error => fail(error.message))
      worker.on('exit', code => fail(`its thread ended with ${code}`))
    })
}

/** What a language is made of, and nothing else: settings of devices may hold what cannot be handed to a thread. */
function plain(home: Home): Home {
  const { id, name, units, floors, areas, routines } = home
  const devices = home.devices.map(d => ({
    id: d.id,
    name: d.name,
    aliases: d.aliases,
    area: d.area,
    kind: d.kind,
    class: d.class,
    capabilities: d.capabilities,
    ...(d.programs ? { programs: d.programs } : {}),
  }))
  return { id, name, units, floors, areas, routines, devices }
}
