import { SAMPLE_RATE, type Samples } from './pcm.js'
import { Bands, WINDOW } from './spectrum.js'

/** 10 ms. */
export const FRAME = SAMPLE_RATE / 100

/** What a frame of 10 ms looks like. */
export interface FrameView {
  /** How far the bands of speech stand above their noise, mean of all bands, dB; each counts 0 to 20. */
  above: number
  /** Level of the bands of speech, dB; only differences mean something. */
  level: number
}

/** Bands as wide as the ear's, 200 to 4,500 Hz: below is hum, above is hiss. */
const EDGES_HZ = [200, 320, 460, 620, 810, 1030, 1280, 1580, 1930, 2330, 2800, 3350, 3980, 4500]
/** The noise of a band is its least smoothed power of this time: longer than a word, shorter than a dishwasher's breath. */
const PARTS = 10
const PART_FRAMES = 15
/** The least of many is below the mean of noise. @source Martin 2001, "minimum statistics" */
const BIAS_DB = 4
const MOST_DB = 20
const SMOOTH = 0.7

/**
 * Tells speech from the noise of the room by what stands out of each band's own floor, which is tracked. Steady noise and
 * long tones become floor within 1.5 s; a cough or a plate does not.
 */
export class VoiceDetector {
  readonly #bands = new Bands(EDGES_HZ, SAMPLE_RATE)
  readonly #window = new Float64Array(WINDOW)
  readonly #smooth: Float64Array
  /** Least power of each band, one row for each part of the time. */
  readonly #least: Float64Array[]
  readonly #floor: Float64Array
  #frames = 0

  constructor() {
    const count = this.#bands.power.length
    this.#smooth = new Float64Array(count)
    this.#floor = new Float64Array(count)
    this.#least = Array.from({ length: PARTS }, () => new Float64Array(count).fill(Number.POSITIVE_INFINITY))
  }

  /** @param frame `FRAME` samples */
  push(frame: Samples): FrameView {
    this.#window.copyWithin(0, FRAME)
    this.#window.set(frame, WINDOW - FRAME)
    this.#bands.measure(this.#window)
    const { power } = this.#bands
    const part = Math.floor(this.#frames / PART_FRAMES) % PARTS
    if (this.#frames % PART_FRAMES === 0) this.#least[part]!.fill(Number.POSITIVE_INFINITY)
    const smooth = this.#frames === 0 ? 0 : SMOOTH
    this.#frames++
    let above = 0
    let sum = 0
    for (let band = 0; band < power.length; band++) {
      const now = power[band]!
      sum += now
      this.#smooth[band] = this.#smooth[band]! * smooth + now * (1 - smooth)
      this.#least[part]![band] = Math.min(this.#least[part]![band]!, this.#smooth[band]!)
      let floor = Number.POSITIVE_INFINITY
      for (const row of this.#least) floor = Math.min(floor, row[band]!)
      this.#floor[band] = floor
      above += Math.max(0, Math.min(MOST_DB, 10 * Math.log10(now / floor) - BIAS_DB))
    }
    return { above: above / power.length, level: 10 * Math.log10(sum / power.length) }
  }
}
