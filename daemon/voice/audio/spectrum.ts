/**
 * Power of a window of sound in some bands, by a fast Fourier transform of 512 points (radix 2, tables kept).
 * Reused from frame to frame: allocates nothing after its making.
 */
export class Bands {
  /** Mean power of each band, in squares of sample steps; at least 1. */
  readonly power: Float64Array
  readonly #edges: Int32Array
  readonly #window = new Float64Array(WINDOW)
  readonly #re = new Float64Array(POINTS)
  readonly #im = new Float64Array(POINTS)

  /** @param edgesHz growing; one more than there are bands */
  constructor(edgesHz: readonly number[], rate: number) {
    this.#edges = Int32Array.from(edgesHz, hz => Math.round((hz * POINTS) / rate))
    this.power = new Float64Array(edgesHz.length - 1)
    for (let i = 0; i < WINDOW; i++)
      this.#window[i] = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / WINDOW)
  }

  /** @param samples the last `WINDOW` samples */
  measure(samples: Float64Array): void {
    const re = this.#re.fill(0)
    const im = this.#im.fill(0)
    for (let i = 0; i < WINDOW; i++) re[i] = samples[i]! * this.#window[i]!
    transform(re, im)
    for (let band = 0; band < this.power.length; band++) {
      const from = this.#edges[band]!
      const to = Math.max(from + 1, this.#edges[band + 1]!)
      let sum = 0
      for (let k = from; k < to; k++) sum += re[k]! * re[k]! + im[k]! * im[k]!
      this.power[band] = 1 + sum / (to - from) / WINDOW
    }
  }
}

/** 25 ms at 16 kHz: what recognisers look at. */
export const WINDOW = 400
const POINTS = 512
const COS = Float64Array.from({ length: POINTS / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / POINTS))
const SIN = Float64Array.from({ length: POINTS / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / POINTS))

function transform(re: Float64Array, im: Float64Array): void {
  for (let i = 1, j = 0; i < POINTS; i++) {
    let bit = POINTS >> 1
    for (; j & bit; bit >>= 1) j ^= bit
    j ^= bit
    if (i < j) {
      const t = re[i]!
      re[i] = re[j]!
      re[j] = t
    }
  }
  for (let half = 1; half < POINTS; half <<= 1) {
    const step = POINTS / (2 * half)
    for (let start = 0; start < POINTS; start += 2 * half)
      for (let k = 0; k < half; k++) {
        const a = start + k
        const b = a + half
        const c = COS[k * step]!
        const s = -SIN[k * step]!
        const vr = re[b]! * c - im[b]! * s
        const vi = re[b]! * s + im[b]! * c
        re[b] = re[a]! - vr
        im[b] = im[a]! - vi
        re[a]! += vr
        im[a]! += vi
      }
  }
}
