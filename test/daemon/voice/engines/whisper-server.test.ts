import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { decodeAudio } from '../../../../daemon/voice/audio/decode.js'
import type { SpeechLanguage } from '../../../../daemon/voice/engine.js'
import { reachWhisperServer, WhisperServerEngine } from '../../../../daemon/voice/engines/whisper-server.js'

const never = new AbortController().signal
const language: SpeechLanguage = { id: 'x', pronunciations: new Map(), hints: ['kitchen light', 'Fan'] }
const tone = (length: number) =>
  Int16Array.from({ length }, (_, i) => Math.round(8_000 * Math.sin((2 * Math.PI * 440 * i) / 16_000)))

/** whisper-server's form: a multipart request to /inference, JSON back. @returns its address and what it was asked */
async function whisper(t: Test, answer: (response: ServerResponse, call: number) => void) {
  const asked: { path: string | undefined; fields: Record<string, string>; file: Uint8Array }[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    if (request.method === 'GET') return answer(response, 0)
    const form = await new Response(Buffer.concat(parts), {
      headers: { 'content-type': request.headers['content-type'] ?? '' },
    }).formData()
    const fields: Record<string, string> = {}
    let file = new Uint8Array(0)
    for (const [name, value] of form) {
      if (typeof value === 'string') fields[name] = value
      else file = new Uint8Array(await value.arrayBuffer())
    }
    answer(response, asked.push({ path: request.url, fields, file }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const json = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

t.test('an utterance goes as WAV with the names of the home, and comes back as plain words', async t => {
  const { url, asked } = await whisper(t, response => json(response, { text: ' Turn on the light.\n' }))
  const engine = new WhisperServerEngine({ url })
  await engine.start(never)
  const samples = tone(8_000)
  t.match(await engine.hear(samples, language, never), {
    hypotheses: [{ text: 'turn on the light', confidence: 0.5 }],
    ms: Number,
  })
  t.match(asked[0], {
    path: '/inference',
    fields: {
      response_format: 'verbose_json',
      temperature: '0.0',
      language: 'en',
      prompt: 'kitchen light, Fan',
    },
  })
  t.strictSame((await decodeAudio(asked[0]!.file, 'the file')).samples, samples)
  await engine.stop()
})

t.test('how sure the model is counts by segment; what it calls no speech is not trusted', async t => {
  const { url } = await whisper(t, (response, call) => {
    const segments =
      call === 1
        ? [
            { text: ' Lights', avg_logprob: Math.log(0.8), no_speech_prob: 0, tokens: [1], words: [] },
            { text: ' all off', avg_logprob: Math.log(0.4), no_speech_prob: 0.5 },
          ]
        : [{ text: ' Thank you.', avg_logprob: Math.log(0.6), no_speech_prob: 0.95 }]
    json(response, { task: 'transcribe', text: segments.map(({ text }) => text).join(''), segments })
  })
  const engine = new WhisperServerEngine({ url })
  const [sure] = (await engine.hear(tone(800), language, never)).hypotheses
  t.equal(sure?.text, 'lights all off')
  t.ok(Math.abs(sure!.confidence - (7 * 0.8 + 8 * 0.2) / 15) < 1e-9, `${sure?.confidence}`)
  const [silence] = (await engine.hear(tone(800), language, never)).hypotheses
  t.ok(silence!.confidence < 0.05, `${silence?.confidence}`)
})

t.test('silence is nothing', async t => {
  const { url } = await whisper(t, response => json(response, { text: ' [BLANK_AUDIO]\n', segments: [] }))
  t.strictSame((await new WhisperServerEngine({ url }).hear(tone(800), language, never)).hypotheses, [])
})

t.test('what goes wrong has a name, and the next utterance is heard', async t => {
  let mode = 'hang'
  const { url } = await whisper(t, response => {
    if (mode === 'error') return json(response, { error: 'failed to read audio data' }, 400)
    if (mode === 'html') return response.end('<html>')
    if (mode === 'loading') return json(response, { status: 'loading model' }, 503)
    if (mode === 'shape') return json(response, { text: 7 })
    if (mode === 'well') return json(response, { text: 'well' })
    if (mode === 'flood') {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more)
      }
      return more()
    }
    if (mode === 'redirect') {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' })
      response.end()
    }
  })
  const engine = new WhisperServerEngine({ url, answerMs: 200 })
  const hear = () => engine.hear(tone(800), language, never)
  await t.rejects(hear(), { code: 'speech_engine_hung', message: /200 ms/ })
  const slow = new WhisperServerEngine({ url, answerMs: 20_000 })
  for (const [next, code, message] of [
    ['error', 'speech_service_failed', /failed to read audio data/],
    ['html', 'speech_service_failed', /no JSON/],
    ['loading', 'speech_service_failed', /status 503/],
    ['shape', 'invalid_value', /text/],
    ['flood', 'speech_service_failed', /more than 524288 bytes/],
    ['redirect', 'speech_service_unreachable', /redirect/],
  ] as const) {
    mode = next
    await t.rejects(slow.hear(tone(800), language, never), { code, message }, next)
  }
  mode = 'well'
  t.match(await slow.hear(tone(800), language, never), { hypotheses: [{ text: 'well' }] })
  await t.rejects(new WhisperServerEngine({ url: 'http://127.0.0.1:1' }).hear(tone(800), language, never), {
    code: 'speech_service_unreachable',
  })
})

t.test('a server that dies under an utterance is asked once more', async t => {
  const { url } = await whisper(t, (response, call) => {
    if (call === 1) response.destroy()
    else json(response, { text: 'again' })
  })
  t.match(await new WhisperServerEngine({ url }).hear(tone(800), language, never), {
    hypotheses: [{ text: 'again' }],
  })
  const dying = await whisper(t, response => response.destroy())
  await t.rejects(new WhisperServerEngine({ url: dying.url }).hear(tone(800), language, never), {
    code: 'speech_engine_died',
  })
  t.equal(dying.asked.length, 2)
})

t.test('a caller that gives up gets its own reason', async t => {
  const { url } = await whisper(t, () => {})
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('enough')), 30)
  await t.rejects(new WhisperServerEngine({ url }).hear(tone(800), language, stop.signal), {
    message: 'enough',
  })
})

t.test('doctor learns whether a server is there and ready', async t => {
  let status = 200
  const { url } = await whisper(t, response => json(response, {}, status))
  await reachWhisperServer(url, never)
  status = 404
  await reachWhisperServer(url, never)
  status = 503
  await t.rejects(reachWhisperServer(url, never), { code: 'speech_service_failed', message: /loading/ })
  await t.rejects(reachWhisperServer('http://127.0.0.1:1', never), { code: 'speech_service_unreachable' })
  await t.rejects(reachWhisperServer('nonsense', never), { code: 'speech_service_unreachable' })
})
