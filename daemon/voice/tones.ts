import { SAMPLE_RATE, type Samples } from './audio/pcm.js'

/** What a short sound says. */
export type Tone = 'done' | 'not_understood' | 'listening'

/** Notes of each, Hz: rising is yes, falling is no. */
const NOTES: Record<Tone, readonly number[]> = {
  done: [659.3, 880],
  not_understood: [440, 329.6],
  listening: [880],
}
const NOTE_S = 0.11
/** Soft ends: without them a tone clicks. */
const EDGE_S = 0.012
const LEVEL = 0.35

/** A sound in place of words. @param volume 0 to 1 */
export function tone(kind: Tone, volume = 1): Samples {
  const each = Math.round(NOTE_S * SAMPLE_RATE)
  const edge = EDGE_S * SAMPLE_RATE
  const notes = NOTES[kind]
  return Int16Array.from({ length: notes.length * each }, (_, i) => {
    const at = i % each
    const soft = Math.min(1, at / edge, (each - 1 - at) / edge)
    const angle = (2 * Math.PI * notes[Math.floor(i / each)]! * at) / SAMPLE_RATE
    return Math.round(32767 * LEVEL * volume * soft * (Math.sin(angle) + 0.2 * Math.sin(2 * angle)))
  })
}

/** Where the soft limit begins, of full scale. */
const KNEE = 0.8

/**
 * Louder or quieter. Above 0.8 of full scale it is bent, not cut.
 * @param gain factor, 0 to 4
 */
export function amplified(samples: Samples, gain: number): Samples {
  if (gain === 1) return samples
  return samples.map(value => {
    const size = Math.abs(value * gain) / 32768
    const bent = size <= KNEE ? size : KNEE + (1 - KNEE) * Math.tanh((size - KNEE) / (1 - KNEE))
    return Math.sign(value) * Math.round(bent * 32767)
  })
}
