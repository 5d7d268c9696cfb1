/** `fieldmouse transcribe`: files of sound to sentences, through the same code as the daemon's requests. */
import { join } from 'node:path'
import { commandFiles } from '../active-files.js'
import { systemClock } from '../base/clock.js'
import { jsonLinesWriter } from '../base/json-lines.js'
import { loadHomeFile } from '../commands/home.js'
import { FactoryStage } from '../commands/stages/factory.js'
import { MemoStage } from '../commands/stages/memo.js'
import { understand } from '../commands/understand.js'
import type { Flags } from '../config/environment.js'
import { loadConfig } from '../config/load.js'
import { SupervisedEngine } from '../inference/supervisor.js'
import { speechEngineFor } from '../speech-engine.js'
import { decodeAudio } from '../voice/audio/decode.js'
import { errors as voiceErrors } from '../voice/errors.js'
import { HomeLanguage } from '../voice/language/home-language.js'
import { workerBuilder } from '../voice/language/in-worker.js'
import { Transcriber } from '../voice/transcribe.js'
import { weighed } from '../weighed.js'
import { idOf, readSound, told } from './sound-files.js'

export interface TranscribeOptions {
  files: readonly string[]
  out: string
  flags: Flags
}

/** One line of output. */
export interface TranscribedRow {
  /** Name of the file without its ending. */
  id: string
  text: string
  /** 0 to 1; 0 where nothing was understood. */
  confidence: number
  ms: number
  error?: { code: string; message: string; remedy: string }
}

/**
 * Transcribes files one after the other, in the words of the home.
 * @returns how many rows were written, and how many of them are errors
 * @throws speech_engine_missing, and what is wrong with home, model or language
 */
export async function transcribeFiles(
  { files, out, flags }: TranscribeOptions,
  signal: AbortSignal,
): Promise<{ rows: number; failed: number }> {
  const { config } = loadConfig({ flags })
  const { voice } = config
  const home = (await loadHomeFile(config.home.file))[0]!
  const speech = await speechEngineFor(voice, systemClock, () => {})
  if ('none' in speech)
    throw voiceErrors.speech_engine_missing({ engine: voice.engine, missing: speech.none })
  const model = new SupervisedEngine({
    model: await commandFiles(config, signal),
    clock: systemClock,
    threads: config.model.threads === 'auto' ? 0 : config.model.threads,
    sequences: 1,
  })
  const language = new HomeLanguage({
    home,
    build: workerBuilder({ dictionary: join(voice.engines.pocketsphinx.modelDir, 'cmudict-en-us.dict') }),
    monotonic: () => systemClock.monotonic(),
  })
  const writer = jsonLinesWriter(out)
  let failed = 0
  try {
    await Promise.all([model.start(signal), speech.start(signal), language.start(signal)])
    const cascade = {
      stages: [new FactoryStage(model)],
      memo: new MemoStage(500),
      minConfidence: config.commands.minConfidence,
    }
    const transcriber = new Transcriber({
      engine: speech,
      clock: systemClock,
      appliances: [],
      home: abort => language.ready(abort),
      understand: async (text, _, abort) => weighed(await understand(text, { home }, cascade, abort)),
    })
    for (const file of files) {
      const row: TranscribedRow = { id: idOf(file), text: '', confidence: 0, ms: 0 }
      try {
        const { samples } = await decodeAudio(await readSound(file), file)
        const { text, confidence, ms } = await transcriber.transcribe(samples, { site: '' }, signal)
        Object.assign(row, {
          text,
          confidence: Math.round(confidence * 1e4) / 1e4,
          ms: Math.round(ms * 10) / 10,
        })
      } catch (error) {
        if (signal.aborted) throw error
        failed++
        row.error = told(error)
      }
      writer.write(row)
    }
  } finally {
    await writer.close()
    await Promise.all([language.stop(), speech.stop(), model.stop()])
  }
  return { rows: files.length, failed }
}
