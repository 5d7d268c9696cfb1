/** `fieldmouse listen`: recordings of people who speak to an appliance, as orders with slots. */
import { readFile } from 'node:fs/promises'
import { describe } from '../base/errors.js'
import { jsonLinesWriter } from '../base/json-lines.js'
import { ApplianceEar } from '../voice/appliance/listen.js'
import { readVocabulary } from '../voice/appliance/vocabulary.js'
import { decodeAudio } from '../voice/audio/decode.js'
import type { SpeechEngine } from '../voice/engine.js'
import { PocketsphinxEngine } from '../voice/engines/pocketsphinx.js'
import { errors } from './errors.js'
import { idOf, readSound, told } from './sound-files.js'

export interface ListenOptions {
  /** File of the appliance's vocabulary (voice/appliance/vocabulary.ts). */
  vocabulary: string
  /** Files of sound, one utterance each. */
  in: readonly string[]
  /** JSON Lines, or `-`. */
  out: string
  /** Started and stopped here. Default: PocketSphinx. */
  engine?: SpeechEngine
}

/**
 * Writes `{id, text, intent, slots, confidence, ms}` for each file, in their order; intent is null where nothing was asked
 * of the appliance. A file that cannot be read or heard gives `{id, error}`, and the others go on.
 * @returns how many files, how many of them are orders, and how many failed: the exit status is 1 when any did
 * @throws unreadable_file and invalid_value for the vocabulary, speech_engine_missing, and the signal's reason
 */
export async function listenFiles(
  options: ListenOptions,
  signal: AbortSignal,
): Promise<{ files: number; orders: number; failed: number }> {
  const vocabulary = readVocabulary(await readJson(options.vocabulary), `vocabulary ${options.vocabulary}`)
  const engine = options.engine ?? new PocketsphinxEngine()
  const counts = { files: 0, orders: 0, failed: 0 }
  await engine.start(signal)
  try {
    const ear = new ApplianceEar(engine, vocabulary)
    const writer = jsonLinesWriter(options.out)
    try {
      for (const path of options.in) {
        signal.throwIfAborted()
        counts.files++
        const id = idOf(path)
        try {
          const { samples } = await decodeAudio(await readSound(path), path)
          const { text, intent, slots, confidence, ms } = await ear.listen(samples, signal)
          if (intent !== null) counts.orders++
          const row = { id, text, intent, slots, confidence: round(confidence, 4), ms: round(ms, 1) }
          await writer.writeWhenRoom(row)
        } catch (error) {
          signal.throwIfAborted()
          counts.failed++
          await writer.writeWhenRoom({ id, error: told(error) })
        }
      }
    } finally {
      await writer.close()
    }
  } finally {
    await engine.stop()
  }
  return counts
}

const round = (value: number, digits: number) => Number(value.toFixed(digits))

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw errors.unreadable_file({ path, problem: describe(error) }, error)
  }
}
