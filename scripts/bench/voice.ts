/**
 * Spoken commands over a real broker: from the last byte of sound to the device, and to the reply; from the last speech of a
 * satellite that streams, whose end has to be found; then satellites that speak at the same time.
 *
 *   node dist/scripts/bench/voice.js [--rounds 5] [--streamed 2] [--sites 10] [--noise 5]
 *
 * Synthetic speech (espeak-ng) with the quiet noise of a room. Needs mosquitto, pocketsphinx-en-us, espeak-ng.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connectAsync } from 'mqtt'
import { sleep } from '../../daemon/base/clock.js'
import { seeded } from '../../daemon/base/random.js'
import { encode } from '../../daemon/bus/hermes/codec.js'
import type { Hermes } from '../../daemon/bus/hermes/messages.js'
import { loadConfig } from '../../daemon/config/load.js'
import { Daemon } from '../../daemon/main.js'
import { silentLog } from '../../daemon/observability/log.js'
import { durationMs, type Samples } from '../../daemon/voice/audio/pcm.js'
import { encodeWav } from '../../daemon/voice/audio/wav.js'
import { speak } from '../evaluate/voice/speak.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    /** Rounds of streamed orders. */
    streamed: { type: 'string', default: '2' },
    sites: { type: 'string', default: '10' },
    /** Root mean square of the room's noise; 5 is as quiet as most recordings of people, from some 20 on it is taken off. */
    noise: { type: 'string', default: '5' },
  },
})
/** Sentence, the topic of the device, and what it is told. */
const ORDERS = [
  ['turn on the kitchen light', 'turn off the kitchen light'],
  ['turn on the bedside lamp', 'turn off the bedside lamp'],
  ['open the living room blind', 'close the living room blind'],
  ['turn on the television', 'turn off the television'],
].flat()
const VOICE = { name: 'en-us', speed: 150 }
const FRAME = 480
const MODEL = { modelId: 'm', modelVersion: '', modelType: 'personal', currentSensitivity: 0.5 }

/** Where the last sound above a thirtieth of the loudest is, milliseconds: a synthesiser ends with silence of its own. */
function lastSpeechMs(samples: Samples): number {
  const loudest = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  return samples.findLastIndex(x => Math.abs(x) > loudest / 30) / 16
}

const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-bench-'))
const file = join(folder, 'mouse.yaml')
writeFileSync(file, JSON.stringify({ voice: { hermes: { enabled: 'on' }, ask_below: 0, min_confidence: 0 } }))
const { config } = loadConfig({
  env: { FIELDMOUSE_CONFIG: file, FIELDMOUSE_DATA: folder, FIELDMOUSE_BROKER: 'embedded:0' },
})
const daemon = new Daemon({ config, log: silentLog })
const at = (sorted: number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
const line = (text: string) => process.stdout.write(`${text}\n`)

await daemon.start(new AbortController().signal)
const client = await connectAsync(daemon.brokerUrl, { protocolVersion: 5 })
try {
  const listeners = new Set<(topic: string, payload: Buffer) => void>()
  client.on('message', (topic, payload) => {
    for (const listener of listeners) listener(topic, payload)
  })
  await client.subscribeAsync(['demo/#', 'answers', 'hermes/#'])
  const next = (
    passes: (topic: string, payload: Buffer) => boolean,
    withinMs = 30_000,
  ): Promise<number | undefined> =>
    new Promise(resolve => {
      const done = (ms: number | undefined) => {
        clearTimeout(late)
        listeners.delete(listener)
        resolve(ms)
      }
      const listener = (topic: string, payload: Buffer) => passes(topic, payload) && done(performance.now())
      const late = setTimeout(() => done(undefined), withinMs)
      listeners.add(listener)
    })
  const sounds = new Map<string, Samples>()
  const speechMs = new Map<string, number>()
  for (const order of ORDERS) {
    sounds.set(order, await speak(order, VOICE, Number(values.noise)))
    speechMs.set(order, lastSpeechMs(await speak(order, VOICE, 0)))
  }

  const toDevice: number[] = []
  const toReply: number[] = []
  let audioMs = 0
  let asrMs = 0
  let understood = 0
  for (let round = -1; round < Number(values.rounds); round++)
    for (const order of ORDERS) {
      const samples = sounds.get(order)!
      const began = performance.now()
      const device = next(topic => /^demo\/.*\/set/.test(topic), 3_000)
      let heard: { ok: boolean; result?: { heard?: { asr_ms: number } } } | undefined
      const reply = next((topic, payload) => {
        if (topic !== 'answers') return false
        heard = JSON.parse(payload.toString())
        return true
      })
      await client.publishAsync('fieldmouse/demo/request/voice', Buffer.from(encodeWav(samples)), {
        qos: 1,
        properties: { responseTopic: 'answers', userProperties: { session: `s${round}${order}` } },
      })
      const [told, replied] = [heard?.ok === false ? undefined : await device, await reply]
      // the first round loads the recogniser and builds the language
      if (round < 0) continue
      audioMs += durationMs(samples)
      asrMs += heard?.result?.heard?.asr_ms ?? 0
      if (heard?.ok) understood++
      if (told !== undefined) toDevice.push(told - began)
      if (replied !== undefined) toReply.push(replied - began)
    }
  for (const times of [toDevice, toReply]) times.sort((a, b) => a - b)
  const said = ORDERS.length * Number(values.rounds)
  line(`${said} utterances of ${(audioMs / said / 1000).toFixed(1)} s, ${understood} carried out`)
  line(
    `end of sound to device p50 ${at(toDevice, 0.5).toFixed(0)} ms, p95 ${at(toDevice, 0.95).toFixed(0)} ms`,
  )
  line(`end of sound to reply  p50 ${at(toReply, 0.5).toFixed(0)} ms, p95 ${at(toReply, 0.95).toFixed(0)} ms`)
  line(`recogniser and choice: real-time factor ${(asrMs / audioMs).toFixed(3)}`)

  const count = Number(values.sites)
  const told = { captured: 0, ended: 0, busy: 0 }
  const counting = (topic: string) => {
    if (topic === 'hermes/asr/textCaptured') told.captured++
    if (topic === 'hermes/dialogueManager/sessionEnded') told.ended++
    if (topic === 'hermes/error/asr') told.busy++
  }
  const send = (message: Hermes) => {
    const { topic, payload } = encode(message)
    return client.publishAsync(topic, payload as Buffer, { qos: message.kind === 'audioFrame' ? 0 : 1 })
  }
  const wake = (siteId: string) =>
    send({ kind: 'hotwordDetected', wakewordId: 'mouse', siteId, ...MODEL } as Hermes)
  /** At the pace of a microphone. @returns when it began */
  const stream = async (siteId: string, samples: Samples, quiet: Samples) => {
    const started = performance.now()
    for (let from = 0; from < samples.length + quiet.length; from += FRAME) {
      const [source, at] = from < samples.length ? [samples, from] : [quiet, from - samples.length]
      await send({ kind: 'audioFrame', siteId, wav: encodeWav(source.subarray(at, at + FRAME)) } as Hermes)
      const due = started + (from + FRAME) / 16 - performance.now()
      if (due > 0) await sleep(due)
    }
    return started
  }
  const random = seeded(1)
  const room = Int16Array.from({ length: 80 * FRAME }, () =>
    Math.round(Number(values.noise) * (2 * (random() + random() + random()) - 3)),
  )
  const afterSpeech: number[] = []
  for (let round = 0; round < Number(values.streamed); round++)
    for (const order of ORDERS) {
      const device = next(topic => /^demo\/.*\/set/.test(topic), 12_000)
      const ended = next(topic => topic === 'hermes/dialogueManager/sessionEnded', 12_000)
      await wake('bench')
      await sleep(300)
      const spokenAt = (await stream('bench', sounds.get(order)!, room)) + speechMs.get(order)!
      const told = await device
      if (told !== undefined) afterSpeech.push(told - spokenAt)
      await ended
    }
  afterSpeech.sort((a, b) => a - b)
  if (afterSpeech.length > 0)
    line(
      `${afterSpeech.length} of ${ORDERS.length * Number(values.streamed)} streamed: last speech to device p50 ${at(afterSpeech, 0.5).toFixed(0)} ms, p95 ${at(afterSpeech, 0.95).toFixed(0)} ms, of which the silence that ends an utterance is 700`,
    )

  listeners.add(counting)
  const cpu = process.cpuUsage()
  const began = performance.now()
  await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const siteId = `site${n}`
      await wake(siteId)
      await sleep(300)
      await stream(siteId, sounds.get(ORDERS[n % ORDERS.length]!)!, new Int16Array(80 * FRAME))
    }),
  )
  for (let waited = 0; told.ended < count && waited < 60_000; waited += 100) await sleep(100)
  const used = process.cpuUsage(cpu)
  line(
    `${count} satellites at once: ${told.captured} sentences captured, ${told.ended} sessions ended, ${told.busy} busy, in ${((performance.now() - began) / 1000).toFixed(1)} s; daemon, satellites and broker's client ${((used.user + used.system) / 1e6).toFixed(1)} s of one core`,
  )
} finally {
  await client.endAsync(true)
  await daemon.stop()
  rmSync(folder, { recursive: true })
}
