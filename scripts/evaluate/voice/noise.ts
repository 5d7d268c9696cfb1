/** Noises for evaluations, made here: nothing of them is a recording. */
import { seeded } from '../../../daemon/base/random.js'
import { SAMPLE_RATE, type Samples } from '../../../daemon/voice/audio/pcm.js'
import { speak, VOICES } from './speak.js'
import { TALK } from './talk.js'

const clip = (x: number) => Math.max(-32_768, Math.min(32_767, Math.round(x)))

/** White noise. @param rms of 16-bit samples */
export function roomNoise(length: number, rms: number, seed: number): Samples {
  const random = seeded(seed)
  return Int16Array.from({ length }, () => clip((2 * (random() + random() + random()) - 3) * rms))
}

/** A household: hiss that falls with frequency, a hum, things that are put down, and people who talk next door. */
export async function murmur(seconds: number, seed: number): Promise<Samples> {
  const random = seeded(seed)
  const length = seconds * SAMPLE_RATE
  const out = new Float64Array(length)
  // pink noise by three filters. @source Paul Kellet, musicdsp.org 76 ("economy")
  let [a, b, c] = [0, 0, 0]
  for (let i = 0; i < length; i++) {
    const white = 2 * random() - 1
    a = 0.99765 * a + 0.099046 * white
    b = 0.963 * b + 0.2965164 * white
    c = 0.57 * c + 1.0526913 * white
    out[i] = 400 * (a + b + c + 0.1848 * white) + 300 * Math.sin((2 * Math.PI * 100 * i) / SAMPLE_RATE)
  }
  for (let n = 0; n < seconds * 1.5; n++) {
    const at = Math.floor(random() * (length - 4_000))
    const [hz, loud, fades] = [1_500 + 4_000 * random(), 1_500 + 6_000 * random(), 0.001 + 0.004 * random()]
    for (let i = 0; i < 4_000; i++) {
      const ring = 0.5 * Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE) + 0.5 * (2 * random() - 1)
      out[at + i]! += loud * Math.exp(-i * fades) * ring
    }
  }
  for (let n = 0; n < seconds / 2; n++) {
    const text = TALK[Math.floor(random() * TALK.length)]!
    const said = await speak(text, VOICES[Math.floor(random() * VOICES.length)]!, 0)
    const at = Math.floor(random() * Math.max(1, length - said.length))
    const loud = 0.05 + 0.15 * random()
    for (let i = 0; i < said.length && at + i < length; i++) out[at + i]! += loud * said[i]!
  }
  return Int16Array.from(out, clip)
}

const power = (samples: Samples, from = 0, length = samples.length) => {
  let sum = 0
  for (let i = 0; i < length; i++) sum += samples[from + i]! ** 2
  return sum / length
}

/** Speech in noise: mean power over mean power in the whole of it, the noise cut at a random place. */
export function mix(speech: Samples, noise: Samples, snrDb: number, random: () => number): Samples {
  const from = Math.floor(random() * (noise.length - speech.length))
  const gain = Math.sqrt(power(speech) / power(noise, from, speech.length) / 10 ** (snrDb / 10))
  return speech.map((value, i) => clip(value + gain * noise[from + i]!))
}

export function joined(parts: readonly Samples[]): Samples {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
