/** The thread in which a language is built: it takes a second of one core and tens of megabytes, and ends when it is done. */
import { parentPort, workerData } from 'node:worker_threads'
import { describe } from '../../base/errors.js'
import type { Home } from '../../commands/home.js'
import { build } from './build.js'
import { type Dictionary, readDictionary } from './dictionary.js'
import type { FromWorker, ToWorker } from './in-worker.js'
import { espeakReader } from './pronounce.js'
import { readSaid } from './said.js'

const { home, dictionary: path, espeak, accents } = workerData as ToWorker
const say = (message: FromWorker) => parentPort?.postMessage(message)
const troubles: string[] = []

async function work(of: Home): Promise<void> {
  let dictionary: Dictionary = new Map()
  try {
    dictionary = await readDictionary(path)
  } catch (error) {
    // the engine's dictionary comes with the engine: without it every word is read by espeak-ng
    troubles.push(describe(error))
  }
  const read = espeakReader(problem => troubles.push(problem), espeak)
  const speech = await build(of, {
    said: await readSaid(),
    dictionary,
    read,
    accents: accents.map(voice => espeakReader(problem => troubles.push(problem), espeak, voice)),
  })
  say({ speech, troubles })
}

work(home).catch(error => say({ failed: describe(error) }))
