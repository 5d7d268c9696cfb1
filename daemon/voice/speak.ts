/** Text to speech by espeak-ng: one child for each sentence, which takes 30 to 120 ms and leaves nothing alive between. */
import { spawn } from 'node:child_process'
import { decodeAudio } from './audio/decode.js'
import { durationMs, type Samples } from './audio/pcm.js'
import { errors } from './errors.js'
import { amplified } from './tones.js'

/** Something that says a text. */
export interface Speaker {
  /** @throws the room's errors */
  speak(text: string, signal: AbortSignal): Promise<Samples>
}

export interface EspeakOptions {
  /** Default `espeak-ng`. */
  program?: string
  /** Of `espeak-ng --voices`; a letter, then letters, digits, `-`, `+`, `_`. Default `en-us`. */
  voice?: string
  /** Words a minute, 80 to 450. Default 165. */
  wordsPerMinute?: number
  /** 0 (silent) to 1. Default 1. */
  volume?: number
  /** Longer texts are cut at a word. Default 600 characters, about 40 s. */
  longestText?: number
  /** Default 10,000. */
  timeoutMs?: number
  /** Of samples kept for phrases said before. Default 4 MiB: two minutes. 0 keeps none. */
  cacheBytes?: number
}

/** How many may wait while one is spoken. */
const MOST_WAITING = 1
/** 600 characters take some 45 s at 165 words a minute; slower voices more. */
const LONGEST_SECONDS = 180
/** espeak-ng writes 44 kB for a second; nothing sensible is longer than this. */
const MOST_BYTES = 16 * 2 ** 20
const VOICE = /^[a-z][A-Za-z0-9_+-]{0,31}$/

/** espeak-ng behind a cache. One is spoken at a time, one waits, more are refused. */
export class EspeakSpeaker implements Speaker {
  readonly #o: Required<EspeakOptions>
  /** Least recently used first. */
  readonly #cache = new Map<string, Samples>()
  #cachedBytes = 0
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  /** @throws RangeError for a voice, speed or volume that is none */
  constructor(options: EspeakOptions = {}) {
    this.#o = {
      program: 'espeak-ng',
      voice: 'en-us',
      wordsPerMinute: 165,
      volume: 1,
      longestText: 600,
      timeoutMs: 10_000,
      cacheBytes: 4 * 2 ** 20,
      ...options,
    }
    const { voice, wordsPerMinute, volume } = this.#o
    if (!VOICE.test(voice)) throw new RangeError(`no name of a voice: ${voice}`)
    if (!(wordsPerMinute >= 80 && wordsPerMinute <= 450))
      throw new RangeError(`${wordsPerMinute} words a minute`)
    if (!(volume >= 0 && volume <= 1)) throw new RangeError(`volume ${volume}`)
  }

  /**
   * @returns samples at the room's rate; none for a text without a word
   * @throws speech_synthesis_missing, speech_synthesis_failed, speech_synthesis_busy, or the signal's reason
   */
  async speak(text: string, signal: AbortSignal): Promise<Samples> {
    signal.throwIfAborted()
    const said = speakable(text, this.#o.longestText)
    if (!/[\p{L}\p{N}]/u.test(said)) return new Int16Array(0)
    const kept = this.#kept(said)
    if (kept) return kept
    if (this.#waiting > MOST_WAITING) throw errors.speech_synthesis_busy({})
    this.#waiting++
    const turn = this.#last.then(() => this.#kept(said) ?? this.#synthesise(said, signal))
    this.#last = turn.catch(() => {}) // told to its caller; the next one has its turn
    try {
      return await turn
    } finally {
      this.#waiting--
    }
  }

  #kept(said: string): Samples | undefined {
    const samples = this.#cache.get(said)
    if (!samples) return undefined
    this.#cache.delete(said)
    this.#cache.set(said, samples)
    return samples.slice()
  }

  #keep(said: string, samples: Samples): void {
    const { cacheBytes } = this.#o
    if (samples.byteLength > cacheBytes / 4) return // one long text must not push out all short ones
    this.#cache.set(said, samples.slice())
    this.#cachedBytes += samples.byteLength
    for (const [oldest, { byteLength }] of this.#cache) {
      if (this.#cachedBytes <= cacheBytes) break
      this.#cache.delete(oldest)
      this.#cachedBytes -= byteLength
    }
  }

  async #synthesise(said: string, signal: AbortSignal): Promise<Samples> {
    signal.throwIfAborted()
    const { voice, wordsPerMinute, volume, program } = this.#o
    // the text goes through stdin: it is never an argument, and no shell sees it
    const args = ['--stdin', '--stdout', '-b', '1', '-v', voice, '-s', `${Math.round(wordsPerMinute)}`]
    const wav = await this.#run(args, said, signal)
    const { samples } = await decodeAudio(wav, `the speech of ${program}`, {
      longestSeconds: LONGEST_SECONDS,
    })
    const loud = amplified(samples, volume)
    if (durationMs(loud) > 0) this.#keep(said, loud)
    return loud
  }

  #run(args: string[], input: string, signal: AbortSignal): Promise<Uint8Array> {
    const { program, timeoutMs } = this.#o
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
      const out: Buffer[] = []
      let bytes = 0
      let told = ''
      let problem: Error | undefined
      const end = (error: Error) => {
        problem ??= error
        child.kill('SIGKILL')
      }
      const failed = (how: string) => errors.speech_synthesis_failed({ program, how })
      const timer = setTimeout(() => end(failed(`nothing within ${timeoutMs} ms`)), timeoutMs)
      const onAbort = () => end(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      const over = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
      }
      child.once('error', (error: NodeJS.ErrnoException) => {
        over()
        const missing = error.code === 'ENOENT'
        reject(missing ? errors.speech_synthesis_missing({ program }, error) : failed(error.message))
      })
      child.once('exit', () => {
        // what it may have started itself must not hold its pipes open
        if (problem) child.stdout.destroy()
        if (problem) child.stderr.destroy()
      })
      child.once('close', (code, killed) => {
        over()
        if (problem) reject(problem)
        else if (code !== 0) reject(failed(`${killed ?? `exit code ${code}`}${told ? `: ${told}` : ''}`))
        else resolve(Buffer.concat(out))
      })
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MOST_BYTES) end(failed(`more than ${MOST_BYTES} bytes`))
        else out.push(chunk)
      })
      child.stderr.on('data', (chunk: Buffer) => {
        told = (told + chunk.toString()).slice(0, 200).trim()
      })
      child.stdin.on('error', () => {}) // it ended before it read all: its exit says why
      child.stdin.end(input)
    })
  }
}

/**
 * A text as it may be read out: no markup, no control characters, none of the brackets that espeak-ng reads as phonemes, one
 * line, cut at a word.
 */
export function speakable(text: string, longest: number): string {
  const plain = text
    .slice(0, longest * 4)
    .replace(/<[^<>]*>/g, ' ')
    .replace(/[<>[\]{}|\\]/g, ' ')
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .trim()
  if (plain.length <= longest) return plain
  const cut = plain.slice(0, longest + 1).lastIndexOf(' ')
  return plain.slice(0, cut > 0 ? cut : longest).replace(/[\ud800-\udbff]$/, '')
}
