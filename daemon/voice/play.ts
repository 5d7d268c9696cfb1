/** The board's loudspeaker: an `aplay` child for each sound. */
import { spawn } from 'node:child_process'
import { durationMs, SAMPLE_RATE, type Samples } from './audio/pcm.js'
import { errors } from './errors.js'

export interface PlayerOptions {
  /** ALSA's name of it (`aplay -L`). */
  device: string
  /** Default `aplay`. */
  program?: string
  /** In place of aplay's, for another program that takes raw 16-bit samples at the room's rate. */
  args?: readonly string[]
}

/** Beyond the length of the sound: opening the device takes a moment. */
const GRACE_MS = 5_000

/** Plays samples to their end. */
export class Player {
  readonly #program: string
  readonly #device: string
  readonly #args: readonly string[]

  constructor({ device, program = 'aplay', args }: PlayerOptions) {
    this.#device = device
    this.#program = program
    this.#args = args ?? ['-q', '-D', device, '-f', 'S16_LE', '-r', `${SAMPLE_RATE}`, '-c', '1', '-t', 'raw']
  }

  /** Resolves when it was played. @throws loudspeaker_unusable, and the signal's reason */
  play(samples: Samples, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
    return new Promise((resolve, reject) => {
      const child = spawn(this.#program, [...this.#args], { stdio: ['pipe', 'ignore', 'pipe'] })
      let said = ''
      const unusable = (how: string) => errors.loudspeaker_unusable({ device: this.#device, how })
      const late = setTimeout(() => child.kill('SIGKILL'), durationMs(samples) + GRACE_MS)
      const abort = () => child.kill('SIGKILL')
      signal.addEventListener('abort', abort, { once: true })
      const end = (then: () => void) => {
        clearTimeout(late)
        signal.removeEventListener('abort', abort)
        then()
      }
      child.stderr.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-300)
      })
      child.once('error', error => end(() => reject(unusable(error.message))))
      child.once('close', (code, killed) =>
        end(() => {
          if (signal.aborted) reject(signal.reason)
          else if (code === 0) resolve()
          else reject(unusable(said.trim() || `it ended with ${killed ?? code}`))
        }),
      )
      // a player that ends before all is written says why when it closes
      child.stdin.on('error', () => {})
      child.stdin.end(bytes)
    })
  }
}
