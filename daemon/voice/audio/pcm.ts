/** Inside, sound is always this: one channel, 16,000 samples a second, 16-bit signed. Speech has little above 8 kHz. */
export const SAMPLE_RATE = 16_000

/** Samples of sound at `SAMPLE_RATE`, one channel. */
export type Samples = Int16Array

/** How long samples last, milliseconds. */
export const durationMs = (samples: Samples) => (samples.length / SAMPLE_RATE) * 1000
