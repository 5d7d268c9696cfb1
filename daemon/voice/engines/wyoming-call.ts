/** One request to somebody else's Wyoming service: a connection of its own, as Home Assistant does it. */
import { codeOf, describe } from '../../base/errors.js'
import { parse } from '../../base/schema.js'
import { connectWyoming } from '../../bus/wyoming/client.js'
import { event, type WyomingEvent } from '../../bus/wyoming/event.js'
import type { WyomingStream } from '../../bus/wyoming/stream.js'
import { ErrorData, Info } from '../../bus/wyoming/vocabulary.js'
import { SAMPLE_RATE, type Samples } from '../audio/pcm.js'
import { errors } from '../errors.js'
import { deadline } from './deadline.js'

/** A service, and how patient we are with it. */
export interface WyomingService {
  host: string
  port: number
  /** Default 3 s. */
  connectMs?: number
  /** For the whole request. Default 30 s. */
  answerMs?: number
}

const ANSWER_MS = 30_000
/** Samples of one chunk: 64 ms. */
const CHUNK_SAMPLES = 1024
const FORMAT = { rate: SAMPLE_RATE, width: 2, channels: 1 } as const

/**
 * Connects, talks, hangs up.
 * @throws wyoming_unreachable, wyoming_lost, speech_engine_hung, the reason of `signal`
 */
export async function callWyoming<T>(
  service: WyomingService,
  signal: AbortSignal,
  talk: (stream: WyomingStream, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { answerMs = ANSWER_MS } = service
  const late = () =>
    errors.speech_engine_hung({ engine: `the service at ${service.host}:${service.port}`, ms: answerMs })
  const limit = deadline(signal, answerMs, late)
  let stream: WyomingStream | undefined
  const hangUp = () => stream?.destroy()
  limit.signal.addEventListener('abort', hangUp)
  try {
    stream = await connectWyoming(service, limit.signal)
    return await talk(stream, limit.signal)
  } catch (error) {
    // hanging up makes other errors: the reason for it is what counts
    limit.signal.throwIfAborted()
    throw error
  } finally {
    limit.close()
    limit.signal.removeEventListener('abort', hangUp)
    stream?.destroy()
  }
}

/** The next event, or why there is none. @throws speech_service_failed, wyoming_lost */
export async function hearEvent(stream: WyomingStream, signal: AbortSignal): Promise<WyomingEvent> {
  const next = await stream.next({ signal })
  if (!next) throw errors.speech_service_left({ service: stream.peer })
  if (next.type === 'error') {
    const { text, code } = parse(ErrorData, next.data, `event error of ${stream.peer}`)
    throw errors.speech_service_failed({
      service: stream.peer,
      problem: (code ? `${text} (${code})` : text).slice(0, 300),
    })
  }
  return next
}

/** `audio-start`, the sound in chunks, `audio-stop`. */
export async function sendSound(stream: WyomingStream, samples: Samples): Promise<void> {
  await stream.send(event('audio-start', { ...FORMAT, timestamp: 0 }))
  await sendChunks(stream, samples, 0)
  await stream.send(event('audio-stop', { timestamp: msOf(samples.length) }))
}

/** @param before samples that were sent before these @returns samples sent by now */
export async function sendChunks(stream: WyomingStream, samples: Samples, before: number): Promise<number> {
  for (let at = 0; at < samples.length; at += CHUNK_SAMPLES) {
    const part = samples.subarray(at, at + CHUNK_SAMPLES)
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
    await stream.send(event('audio-chunk', { ...FORMAT, timestamp: msOf(before + at) }, bytes))
  }
  return before + samples.length
}

/**
 * What a service offers; `doctor` asks.
 * @throws wyoming_unreachable, wyoming_lost, wyoming_malformed, speech_engine_hung, invalid_value
 */
export function describeService(service: WyomingService, signal: AbortSignal): Promise<Info> {
  return callWyoming(service, signal, async (stream, within) => {
    await stream.send(event('describe'))
    for (;;) {
      const next = await hearEvent(stream, within)
      if (next.type === 'info') return parse(Info, next.data, `event info of ${stream.peer}`)
    }
  })
}

/** How the connection broke under a request; undefined for errors that trying at once again cannot heal. */
export function brokeOff(error: unknown): string | undefined {
  return ['wyoming_lost', 'speech_service_left'].includes(codeOf(error) ?? '') ? describe(error) : undefined
}

const msOf = (samples: number) => Math.round((samples / SAMPLE_RATE) * 1000)
