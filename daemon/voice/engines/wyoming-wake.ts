import { parse } from '../../base/schema.js'
import { event } from '../../bus/wyoming/event.js'
import { Detection } from '../../bus/wyoming/vocabulary.js'
import { SAMPLE_RATE, type Samples } from '../audio/pcm.js'
import { brokeOff, callWyoming, hearEvent, sendChunks, type WyomingService } from './wyoming-call.js'

/** Which service listens for which words. `answerMs` does not count here: the stream may be a day long. */
export interface WakeOptions extends Omit<WyomingService, 'answerMs'> {
  /** Of the service's models. Default all that it has loaded. */
  names?: readonly string[]
  /** How long the service may think after the sound has ended. Default 5 s. */
  lastWordMs?: number
}

/** A wake word was heard. */
export interface Wake {
  readonly word: string
  /** Milliseconds of the stream at which the service noticed it. */
  readonly atMs?: number
}

const LAST_WORD_MS = 5_000
/** A timer takes no more: 24 days. */
const NO_LIMIT_MS = 2 ** 31 - 1

/**
 * Listens until a wake word is heard. Takes no more from `sound` after that; what it took and did not need is lost.
 * @param sound samples as they come; once there was a word, its iterator is returned with the next that come
 * @returns undefined when the sound ended without one
 * @throws wyoming_unreachable, wyoming_lost, speech_service_left, speech_service_failed, what `sound` throws, the reason
 * of `signal`
 */
export function detectWake(
  options: WakeOptions,
  sound: AsyncIterable<Samples>,
  signal: AbortSignal,
): Promise<Wake | undefined> {
  const { host, port, connectMs, names, lastWordMs = LAST_WORD_MS } = options
  const service = { host, port, ...(connectMs ? { connectMs } : {}), answerMs: NO_LIMIT_MS }
  return callWyoming(service, signal, async (stream, within) => {
    const over = new AbortController()
    await stream.send(event('detect', { names: names ? [...names] : null }))
    await stream.send(event('audio-start', { rate: SAMPLE_RATE, width: 2, channels: 1, timestamp: 0 }))
    const answer = (async (): Promise<Wake | undefined> => {
      for (;;) {
        const next = await hearEvent(stream, within)
        if (next.type === 'not-detected') return undefined
        if (next.type !== 'detection') continue
        const { name, timestamp } = parse(Detection, next.data, `detection of ${stream.peer}`)
        if (names && name && !names.includes(name)) continue
        return { word: name ?? '', ...(timestamp == null ? {} : { atMs: timestamp }) }
      }
    })()
    const feeding = (async (): Promise<undefined> => {
      let sent = 0
      for await (const samples of sound) {
        if (over.signal.aborted) return undefined
        sent = await sendChunks(stream, samples, sent)
      }
      await stream.send(event('audio-stop', { timestamp: Math.round((sent / SAMPLE_RATE) * 1000) }))
      await patience(lastWordMs, over.signal)
      return undefined
    })()
    try {
      return await Promise.race([answer, feeding.catch(error => afterwards(error, answer))])
    } finally {
      over.abort()
      // the one that lost the race fails when the connection is closed: told by the other
      answer.catch(() => {})
      feeding.catch(() => {})
    }
  })
}

/** A service may hang up with its word, while it is still being fed: what it said counts. */
async function afterwards(error: unknown, answer: Promise<Wake | undefined>): Promise<Wake | undefined> {
  if (brokeOff(error) === undefined) throw error
  return answer
}

/** Ends early, without an error, when `signal` is aborted. */
function patience(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}
