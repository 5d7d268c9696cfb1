import { randomBytes } from 'node:crypto'

/** A short unique id for requests, sessions and files: 12 hexadecimal digits. The only caller of randomness at run time. */
export function uniqueId(): string {
  return randomBytes(6).toString('hex')
}

/** A number in [0, 1), for jitter. */
export function jitter(): number {
  return Math.random()
}

/**
 * A seeded generator (mulberry32), for anything that must come out the same again.
 * @source Tommy Ettinger, mulberry32 (public domain)
 */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
