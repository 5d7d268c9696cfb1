/**
 * The process that holds sherpa-onnx. The only importer of `sherpa-onnx-node`, which the owner installs. A model file
 * that is none ends this process (an exception of ONNX Runtime that nobody catches): that is why it is one.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe } from '../../base/errors.js'
import { SAMPLE_RATE } from '../audio/pcm.js'
import { serveParent } from './child-protocol.js'
import { PACKAGE, PACKAGE_VERSION, type SherpaAnswer, SherpaLoad, SherpaQuestion } from './sherpa-protocol.js'

/** What is used of the package. @source sherpa-onnx-node 1.13.8 non-streaming-asr.js, streaming-asr.js, types.js */
interface Sherpa {
  OfflineRecognizer: new (config: object) => OfflineRecognizer
  OnlineRecognizer: new (config: object) => OnlineRecognizer
}
interface Stream {
  acceptWaveform(sound: { samples: Float32Array; sampleRate: number }): void
}
interface OfflineRecognizer {
  createStream(hotwords?: string): Stream
  decode(stream: Stream): void
  getResult(stream: Stream): { text?: string; ys_log_probs?: number[] }
}
interface OnlineRecognizer {
  createStream(): Stream & { inputFinished(): void }
  isReady(stream: Stream): boolean
  decode(stream: Stream): void
  getResult(stream: Stream): { text?: string; ys_probs?: number[] }
}

/** Behind the end of speech, so that the last word comes out of an online model. */
const TAIL_SECONDS = 0.5

function findPackage(folder: string | undefined): Sherpa {
  try {
    const from = folder ? pathToFileURL(join(folder, 'package.json')) : import.meta.url
    return createRequire(from)(PACKAGE) as Sherpa
  } catch (error) {
    const [problem] = describe(error).split('\n')
    const where = folder ? ` in ${folder}` : ''
    throw new Error(`${problem}; run \`npm i ${PACKAGE}@${PACKAGE_VERSION}\`${where}`)
  }
}

function offline(
  recogniser: OfflineRecognizer,
  sound: Float32Array,
  hotwords: string | undefined,
): SherpaAnswer {
  const stream = hotwords ? recogniser.createStream(hotwords) : recogniser.createStream()
  stream.acceptWaveform({ samples: sound, sampleRate: SAMPLE_RATE })
  recogniser.decode(stream)
  const { text = '', ys_log_probs = [] } = recogniser.getResult(stream)
  return { text, logProbs: ys_log_probs }
}

function online(recogniser: OnlineRecognizer, sound: Float32Array): SherpaAnswer {
  const stream = recogniser.createStream()
  stream.acceptWaveform({ samples: sound, sampleRate: SAMPLE_RATE })
  stream.acceptWaveform({ samples: new Float32Array(SAMPLE_RATE * TAIL_SECONDS), sampleRate: SAMPLE_RATE })
  stream.inputFinished()
  while (recogniser.isReady(stream)) recogniser.decode(stream)
  const { text = '', ys_probs = [] } = recogniser.getResult(stream)
  return { text, logProbs: ys_probs }
}

serveParent({
  load: SherpaLoad,
  question: SherpaQuestion,
  async open({ packageFolder, kind, config }) {
    const sherpa = findPackage(packageFolder)
    const hear =
      kind === 'offline'
        ? offline.bind(undefined, new sherpa.OfflineRecognizer(config))
        : online.bind(undefined, new sherpa.OnlineRecognizer(config))
    return async ({ samples, hotwords }) =>
      hear(
        Float32Array.from(samples, s => s / 32_768),
        hotwords,
      )
  },
})
