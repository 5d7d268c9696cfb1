/** The board's microphone: an `arecord` child whose output is samples, started again when it ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { type Backoff, waitMs } from '../base/backoff.js'
import { type Clock, systemClock } from '../base/clock.js'
import type { FieldmouseError } from '../base/errors.js'
import type { Part } from '../base/part.js'
import { SAMPLE_RATE, type Samples } from './audio/pcm.js'
import { littleEndian16 } from './audio/wav.js'
import { errors } from './errors.js'

/** What becomes of the microphone, for logs and conditions. */
export type CaptureEvent =
  /** Sound comes (again). */
  | { type: 'hearing' }
  /** It ended, or gave nothing for too long and was ended; it is tried again. */
  | { type: 'lost'; error: FieldmouseError; inMs: number; attempt: number }

export interface CaptureOptions {
  /** ALSA's name of it (`arecord -L`). Default `default`. */
  device?: string
  /** Default `arecord`. */
  program?: string
  /** In place of arecord's, for another program that writes raw 16-bit samples at the room's rate. */
  args?: readonly string[]
  onSamples: (samples: Samples) => void
  onEvent?: (event: CaptureEvent) => void
  /** No samples for so long: it hangs. Default 5,000. */
  silentMs?: number
  backoff?: Backoff
  clock?: Clock
}

const BACKOFF: Backoff = { firstMs: 500, maxMs: 30_000, factor: 2 }
/** One that has given sound for so long is sound: its next end counts as the first. */
const STEADY_MS = 10_000
const KILL_MS = 1_000
/** What a child that ended had written arrives within this. */
const DRAIN_MS = 200
const MOST_TOLD = 300

/** Starts without a microphone too: one that is plugged in later is found by a later try. */
export class Capture implements Part {
  readonly name = 'microphone'
  readonly #o: Required<Omit<CaptureOptions, 'onEvent'>> & Pick<CaptureOptions, 'onEvent'>
  #child: ChildProcess | undefined
  #stopping = true
  #attempt = 0
  #again: NodeJS.Timeout | undefined
  #watch: NodeJS.Timeout | undefined

  constructor(options: CaptureOptions) {
    const device = options.device ?? 'default'
    this.#o = {
      device,
      program: 'arecord',
      args: ['-q', '-D', device, '-f', 'S16_LE', '-r', `${SAMPLE_RATE}`, '-c', '1', '-t', 'raw'],
      silentMs: 5_000,
      backoff: BACKOFF,
      clock: systemClock,
      ...options,
    }
  }

  /** Of the child, for tests and for `doctor`. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** @throws microphone_program_missing */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#stopping = false
    this.#attempt = 0
    await this.#launch()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#again)
    clearTimeout(this.#watch)
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>(resolve => {
      const kill = setTimeout(() => child.kill('SIGKILL'), KILL_MS)
      child.once('close', () => {
        clearTimeout(kill)
        resolve()
      })
      child.kill('SIGTERM')
    })
  }

  /** Resolves when the program runs. What it does later is told by events. */
  #launch(): Promise<void> {
    const { program, args, clock, onSamples, silentMs } = this.#o
    const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    const startedAt = clock.monotonic()
    let hearing = false
    let odd: Buffer = Buffer.alloc(0)
    let told = ''
    let why: string | undefined
    const watch = () => {
      clearTimeout(this.#watch)
      this.#watch = setTimeout(() => {
        why = `no sound for ${silentMs} ms`
        child.kill('SIGKILL')
      }, silentMs)
      this.#watch.unref()
    }
    watch()
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#child !== child) return
      watch()
      const bytes = odd.length > 0 ? Buffer.concat([odd, chunk]) : chunk
      odd = Buffer.from(bytes.subarray(bytes.length & ~1))
      if (!hearing) this.#o.onEvent?.({ type: 'hearing' })
      hearing = true
      if (bytes.length > 1) onSamples(littleEndian16(bytes))
    })
    child.stderr.on('data', (chunk: Buffer) => {
      told = (told + chunk.toString()).slice(-MOST_TOLD)
    })
    child.once('exit', () => {
      // what it may have started itself must not hold its pipes open
      const drained = setTimeout(() => {
        child.stdout.destroy()
        child.stderr.destroy()
      }, DRAIN_MS)
      child.once('close', () => clearTimeout(drained))
    })
    child.once('close', (code, killed) => {
      if (this.#child !== child) return
      clearTimeout(this.#watch)
      if (hearing && clock.monotonic() - startedAt > STEADY_MS) this.#attempt = 0
      const said = told.trim().replace(/\s+/g, ' ')
      const how = why ?? `${killed ? `signal ${killed}` : `exit code ${code}`}${said ? `, ${said}` : ''}`
      this.#lost(errors.microphone_unusable({ device: this.#o.device, how }))
    })
    return new Promise((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (error: NodeJS.ErrnoException) => {
        // no child came to be: nothing is to be watched or closed
        clearTimeout(this.#watch)
        child.removeAllListeners('close')
        this.#child = undefined
        const { device } = this.#o
        reject(
          error.code === 'ENOENT'
            ? errors.microphone_program_missing({ program }, error)
            : errors.microphone_unusable({ device, how: error.message }, error),
        )
      })
    })
  }

  #lost(error: FieldmouseError): void {
    this.#child = undefined
    if (this.#stopping) return
    const inMs = waitMs(this.#o.backoff, this.#attempt)
    this.#attempt++
    this.#o.onEvent?.({ type: 'lost', error, inMs, attempt: this.#attempt })
    this.#again = setTimeout(() => {
      this.#launch().catch((failed: FieldmouseError) => this.#lost(failed))
    }, inMs)
  }
}
