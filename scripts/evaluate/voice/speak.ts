/** Sentences as sound: espeak-ng to memory, at the recogniser's rate, with the quiet noise of a room. */
import { spawn } from 'node:child_process'
import { seeded } from '../../../daemon/base/random.js'
import { SAMPLE_RATE, type Samples } from '../../../daemon/voice/audio/pcm.js'

/** A voice of espeak-ng and its speed in words a minute. */
export interface Voice {
  readonly name: string
  readonly speed: number
}

/** Men and women of America, England, Scotland and the Caribbean, slow and fast. */
export const VOICES: readonly Voice[] = [
  { name: 'en-us', speed: 160 },
  { name: 'en-gb', speed: 160 },
  { name: 'en-gb-scotland', speed: 150 },
  { name: 'en-us+f3', speed: 170 },
  { name: 'en-gb-x-rp+m3', speed: 140 },
  { name: 'en-029', speed: 180 },
]

/**
 * Loudness of the room's noise, root mean square of a 16-bit sample; 100 is -50 dBFS, some 30 dB under the voice. A
 * synthesiser's silence is digital zero, which no microphone gives: models of speech that never saw it fail on it (word
 * errors of PocketSphinx on 90 sentences: 58 % without, 28 % with).
 */
const ROOM_NOISE = 100
/** Silence before and after, milliseconds. */
const AROUND_MS = 200

/** Speaks a sentence. The same sentence in the same voice is the same sound. */
export async function speak(text: string, voice: Voice, noise = ROOM_NOISE): Promise<Samples> {
  const wav = await espeak(text, voice)
  const rate = wav.readUInt32LE(24)
  // espeak-ng writes to a pipe: the length in its header is no length
  const samples = new Int16Array(Math.floor((wav.length - 44) / 2))
  for (let i = 0; i < samples.length; i++) samples[i] = wav.readInt16LE(44 + 2 * i)
  const spoken = resample(samples, rate, SAMPLE_RATE)
  const around = Math.round((AROUND_MS / 1000) * SAMPLE_RATE)
  const out = new Int16Array(spoken.length + 2 * around)
  out.set(spoken, around)
  const random = seeded(text.length * 7919 + voice.speed)
  // three uniform numbers make a bell; its standard deviation is one when each is spread over two
  for (let i = 0; i < out.length; i++)
    out[i] = clip(out[i]! + (2 * (random() + random() + random()) - 3) * noise)
  return out
}

const clip = (x: number) => Math.max(-32_768, Math.min(32_767, Math.round(x)))

function espeak(text: string, voice: Voice): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('espeak-ng', ['-v', voice.name, '-s', String(voice.speed), '--stdin', '--stdout'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', code =>
      code === 0 && chunks.length ? resolve(Buffer.concat(chunks)) : reject(new Error(`espeak-ng: ${code}`)),
    )
    child.stdin.end(text)
  })
}

/** Windowed sinc, 32 points, cut off a little below half of the lower rate. */
function resample(samples: Samples, from: number, to: number): Samples {
  if (from === to) return samples
  const ratio = to / from
  const cut = Math.min(1, ratio) * 0.95
  const out = new Int16Array(Math.floor(samples.length * ratio))
  for (let i = 0; i < out.length; i++) {
    const at = i / ratio
    const middle = Math.floor(at)
    let sum = 0
    for (let k = Math.max(0, middle - 15); k <= Math.min(samples.length - 1, middle + 16); k++) {
      const x = at - k
      const angle = Math.PI * x * cut
      sum +=
        samples[k]! *
        cut *
        (angle === 0 ? 1 : Math.sin(angle) / angle) *
        (0.5 + 0.5 * Math.cos((Math.PI * x) / 17))
    }
    out[i] = clip(sum)
  }
  return out
}
