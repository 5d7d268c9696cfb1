import { SAMPLE_RATE, type Samples } from '../audio/pcm.js'
import type { Sound } from './session.js'

/** Two notes each, up for yes and down for no: told apart over any loudspeaker. Hertz. */
const NOTES: Record<Sound, readonly number[]> = { done: [660, 880], sorry: [440, 330] }
const NOTE_S = 0.09
const FADE_S = 0.01
/** A fifth of full scale: it comes unasked, often at night. */
const LEVEL = 0.2 * 32767

/** A short sound in place of words, under a fifth of a second. */
export function earcon(sound: Sound): Samples {
  const notes = NOTES[sound]
  const length = Math.round(NOTE_S * SAMPLE_RATE)
  const fade = FADE_S * SAMPLE_RATE
  const samples = new Int16Array(length * notes.length)
  for (const [index, hertz] of notes.entries())
    for (let n = 0; n < length; n++) {
      const loud = Math.min(1, n / fade, (length - 1 - n) / fade)
      samples[index * length + n] = LEVEL * loud * Math.sin((2 * Math.PI * hertz * n) / SAMPLE_RATE)
    }
  return samples
}
