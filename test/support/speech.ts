/** Speech made by espeak-ng while a test runs; no recording is kept. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { SAMPLE_RATE, type Samples } from '../../daemon/voice/audio/pcm.js'

/** How a sentence is spoken by espeak-ng. */
export interface Voice {
  /** `en-us`, `en-gb`, `en-us+f3`. Default en-us. */
  voice?: string
  /** Words a minute. Default 150. */
  speed?: number
}

/** Real synthetic speech with a little silence around it. Needs Debian's `espeak-ng`. */
export function speak(text: string, { voice = 'en-us', speed = 150 }: Voice = {}): Samples {
  const wav = execFileSync('espeak-ng', ['-v', voice, '-s', String(speed), '--stdout', text], {
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const rate = wav.readUInt32LE(24)
  const from = wav.indexOf('data') + 8
  const count = (wav.length - from) >> 1
  const pad = SAMPLE_RATE / 4
  const out = new Int16Array(2 * pad + Math.floor((count / rate) * SAMPLE_RATE))
  const at = (i: number) => (i < count ? wav.readInt16LE(from + 2 * i) : 0)
  for (let i = 0; i < out.length - 2 * pad; i++) {
    const place = (i * rate) / SAMPLE_RATE
    const left = Math.floor(place)
    out[pad + i] = Math.round(at(left) + (place - left) * (at(left + 1) - at(left)))
  }
  return out
}

/** As a WAV file of 16 bits and one channel. */
export function wavOf(samples: Samples): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + samples.length * 2, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(SAMPLE_RATE, 24)
  head.writeUInt32LE(SAMPLE_RATE * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length * 2, 40)
  return Buffer.concat([head, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)])
}

/** What a spoken test needs on the machine: skipped where it is missing, and CI installs it. */
export const needsSpeech: { skip?: string } =
  spawnSync('espeak-ng', ['--version']).status === 0 &&
  existsSync('/usr/share/pocketsphinx/model/en-us/en-us/mdef')
    ? {}
    : { skip: 'espeak-ng or pocketsphinx-en-us is not installed' }

/** A sentence as a WAV file. */
export const spoken = (text: string, voice: Voice = {}): Buffer => wavOf(speak(text, voice))
