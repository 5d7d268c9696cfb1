/** Stand-in until sound is decoded for real: WAV and FLAC of 16 kHz, one channel. */
import { FLACDecoder } from '@wasm-audio-decoders/flac'
import { errors } from '../errors.js'
import { SAMPLE_RATE, type Samples } from './pcm.js'

/** @throws audio_empty, audio_unreadable */
export async function decodeAudio(bytes: Uint8Array, what: string): Promise<{ samples: Samples }> {
  if (bytes.length === 0) throw errors.audio_empty({ what })
  const head = Buffer.from(bytes.subarray(0, 4)).toString('latin1')
  if (head === 'RIFF') {
    const data = Buffer.from(bytes).indexOf('data') + 8
    return { samples: new Int16Array(Uint8Array.from(bytes.subarray(data)).buffer) }
  }
  if (head !== 'fLaC') throw errors.audio_unreadable({ what, problem: 'neither WAV nor FLAC' })
  const decoder = new FLACDecoder()
  await decoder.ready
  try {
    const { channelData, sampleRate } = await decoder.decodeFile(bytes)
    if (sampleRate !== SAMPLE_RATE) throw errors.audio_unreadable({ what, problem: `${sampleRate} Hz` })
    return {
      samples: Int16Array.from(channelData[0]!, v =>
        Math.max(-32768, Math.min(32767, Math.round(v * 32768))),
      ),
    }
  } finally {
    decoder.free()
  }
}
