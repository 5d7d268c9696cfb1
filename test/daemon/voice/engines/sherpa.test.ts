import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { SpeechLanguage } from '../../../../daemon/voice/engine.js'
import { SherpaEngine } from '../../../../daemon/voice/engines/sherpa.js'
import { modelFileProblem, readModelFolder } from '../../../../daemon/voice/engines/sherpa-model.js'

const never = new AbortController().signal
const language: SpeechLanguage = { id: 'x', pronunciations: new Map(), hints: [] }
/** The first bytes of an ONNX file, and nothing that could be read behind them. */
const ONNX = Buffer.concat([Buffer.from([8, 7]), Buffer.alloc(200, 0xff)])
const TRANSDUCER = { 'encoder.onnx': ONNX, 'decoder.onnx': ONNX, 'joiner.onnx': ONNX, 'tokens.txt': 'a 0' }

function folder(t: Test, name: string, files: Record<string, string | Buffer>): string {
  const path = join(mkdtempSync(join(tmpdir(), 'fieldmouse-sherpa-')), name)
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(path, file, '..'), { recursive: true })
    writeFileSync(join(path, file), content)
  }
  mkdirSync(path, { recursive: true })
  t.teardown(() => rmSync(join(path, '..'), { recursive: true, force: true, maxRetries: 10 }))
  return path
}

/** A package in the form of sherpa-onnx-node that does what the first sample says. The child it runs in is the real one. */
const PACKAGE = `
const { appendFileSync } = require('node:fs')
class OfflineRecognizer {
  constructor(config) {
    this.config = config
    if (config.modelConfig.tokens.includes('refused')) { console.error('tokens: not there'); throw new Error('Please check your config!') }
  }
  createStream(hotwords) {
    if (hotwords !== undefined && hotwords.includes('UNSPEAKABLE')) process.abort()
    return { hotwords, acceptWaveform({ samples, sampleRate }) { this.samples = samples; this.rate = sampleRate } }
  }
  decode(stream) {
    const order = Math.round(stream.samples[0] * 32768)
    if (order === 1) process.abort()
    if (order === 2) for (;;);
    if (order === 3) throw new Error('no frames')
  }
  getResult(stream) {
    const loudest = Math.max(...stream.samples)
    return { text: ' Heard ' + stream.samples.length + ' at ' + stream.rate + ', hints ' + stream.hotwords,
      ys_log_probs: loudest === 0 ? [] : [Math.log(0.5), Math.log(0.5)] }
  }
}
class OnlineRecognizer {
  createStream() { return { parts: [], acceptWaveform({ samples }) { this.parts.push(samples.length) }, inputFinished() { this.parts.push('end') } } }
  isReady(stream) { return stream.decoded === undefined }
  decode(stream) { stream.decoded = stream.parts.join(' ') }
  getResult(stream) { return { text: stream.decoded } }
}
module.exports = { OfflineRecognizer, OnlineRecognizer }
`
const packageFolder = (t: Test) =>
  folder(t, 'home', {
    'node_modules/sherpa-onnx-node/package.json': '{"name":"sherpa-onnx-node","main":"index.js"}',
    'node_modules/sherpa-onnx-node/index.js': PACKAGE,
  })

async function started(t: Test, name: string, files: Record<string, string | Buffer>, answerMs = 30_000) {
  const engine = new SherpaEngine({
    model: folder(t, name, files),
    packageFolder: packageFolder(t),
    answerMs,
  })
  t.teardown(() => engine.stop())
  await engine.start(never)
  return engine
}

t.test('a folder is recognised by its files, and by its name where files do not tell', async t => {
  const read = (path: string, ...files: string[]) =>
    readModelFolder({ path, files: [...files, 'tokens.txt'] })
  t.match(read('/m/zipformer', 'encoder.int8.onnx', 'encoder.onnx', 'decoder.onnx', 'joiner.onnx'), {
    family: 'transducer',
    kind: 'offline',
    files: ['encoder.int8.onnx', 'decoder.onnx', 'joiner.onnx'],
    config: {
      decodingMethod: 'greedy_search',
      modelConfig: {
        transducer: { encoder: '/m/zipformer/encoder.int8.onnx' },
        tokens: '/m/zipformer/tokens.txt',
      },
    },
  })
  t.match(
    read(
      '/m/zipformer-en/',
      'encoder-epoch-99-avg-1.int8.onnx',
      'decoder-epoch-99-avg-1.onnx',
      'joiner-epoch-99-avg-1.int8.onnx',
      'bpe.vocab',
    ),
    {
      hotwords: 'upper',
      config: {
        decodingMethod: 'modified_beam_search',
        modelConfig: { modelingUnit: 'bpe', bpeVocab: '/m/zipformer-en/bpe.vocab' },
      },
    },
  )
  t.match(
    read(
      '/m/z',
      'encoder-chunk-16-left-128.onnx',
      'decoder-chunk-16.onnx',
      'joiner-chunk-16.onnx',
      'bpe.vocab',
    ),
    { kind: 'online', hotwords: undefined, config: { decodingMethod: 'greedy_search' } },
  )
  t.match(read('/m/sherpa-onnx-streaming-zipformer-20M', 'encoder.onnx', 'decoder.onnx', 'joiner.onnx'), {
    kind: 'online',
  })
  t.match(read('/m/nemo-parakeet-tdt', 'encoder.int8.onnx', 'decoder.int8.onnx', 'joiner.int8.onnx'), {
    config: { modelConfig: { modelType: 'nemo_transducer' } },
  })
  t.match(
    read(
      '/m/tiny',
      'preprocess.onnx',
      'encode.int8.onnx',
      'uncached_decode.int8.onnx',
      'cached_decode.int8.onnx',
    ),
    { family: 'moonshine', files: { length: 4 } },
  )
  t.match(read('/m/tiny', 'encoder_model.ort', 'decoder_model_merged.ort'), {
    family: 'moonshine',
    config: { modelConfig: { moonshine: { mergedDecoder: '/m/tiny/decoder_model_merged.ort' } } },
  })
  t.match(
    readModelFolder(
      { path: '/m/x', files: ['tiny-encoder.onnx', 'tiny-decoder.onnx', 'tiny-tokens.txt'] },
      { language: 'de', threads: 4 },
    ),
    { family: 'whisper', config: { modelConfig: { whisper: { language: 'de' }, numThreads: 4 } } },
  )
  t.match(read('/m/sense-voice-2024', 'model.int8.onnx', 'model.onnx'), {
    family: 'senseVoice',
    files: ['model.int8.onnx'],
  })
  t.match(read('/m/paraformer-zh', 'model.onnx'), { family: 'paraformer', kind: 'offline' })
  t.match(read('/m/streaming-paraformer', 'encoder.onnx', 'decoder.onnx'), {
    family: 'paraformer',
    kind: 'online',
  })
  t.match(read('/m/nemo-ctc', 'model.onnx'), { family: 'nemoCtc' })
  t.match(read('/m/streaming-zipformer-ctc', 'model.onnx'), {
    kind: 'online',
    config: { modelConfig: { zipformer2Ctc: { model: '/m/streaming-zipformer-ctc/model.onnx' } } },
  })
})

t.test('what is missing is named', async t => {
  const missing = (path: string, ...files: string[]) =>
    (readModelFolder({ path, files }) as { missing?: string }).missing
  t.match(
    missing('/m/z', 'encoder.onnx', 'joiner.onnx'),
    /lacks decoder\.onnx, tokens\.txt of a transducer model/,
  )
  t.match(missing('/m/z', 'preprocess.onnx', 'tokens.txt'), /lacks encoder\.onnx, uncached_decode\.onnx/)
  t.match(missing('/m/mine', 'model.onnx', 'tokens.txt'), /holds model\.onnx.*set `family`/)
  t.match(missing('/m/mine'), /holds no model/)
  t.match(readModelFolder({ path: '/m/mine', files: ['model.onnx', 'tokens.txt'] }, { family: 'wenetCtc' }), {
    family: 'wenetCtc',
  })
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (path, files) => {
      const model = readModelFolder({ path, files })
      return 'missing' in model ? model.missing !== '' : model.files.every(file => files.includes(file))
    }),
  )
})

t.test('a file that is no model is known by its head', async t => {
  t.equal(modelFileProblem(ONNX), undefined)
  t.equal(modelFileProblem(Buffer.from('\x20\x00\x00\x00ORTM............')), undefined)
  t.match(modelFileProblem(Buffer.from('')), /empty/)
  t.match(modelFileProblem(Buffer.from('version https://git-lfs.github.com/spec/v1')), /Git LFS/)
  t.match(modelFileProblem(Buffer.from('<!DOCTYPE html><html>....')), /web page/)
  t.match(modelFileProblem(Buffer.alloc(64, 0x55)), /no ONNX/)
})

t.test('what cannot start says what to do', async t => {
  const start = (model: string, packages: string) =>
    new SherpaEngine({ model, packageFolder: packages }).start(never)
  const packages = packageFolder(t)
  const home = folder(t, 'nowhere', {})
  await t.rejects(start(join(home, 'none'), packages), {
    code: 'speech_engine_missing',
    message: /no model.*ENOENT/,
  })
  await t.rejects(start(folder(t, 'z', { ...TRANSDUCER, 'joiner.onnx': '' }), packages), {
    code: 'speech_model_broken',
    message: /joiner\.onnx is empty/,
  })
  await t.rejects(start(folder(t, 'z', TRANSDUCER), home), {
    code: 'speech_engine_missing',
    message: new RegExp(`npm i sherpa-onnx-node@1\\.13\\.8\` in ${home}`),
  })
  await t.rejects(start(folder(t, 'refused', TRANSDUCER), packages), { code: 'speech_model_broken' })
})

t.test('an utterance is heard, with hints where the model takes them', async t => {
  const engine = await started(t, 'z', { ...TRANSDUCER, 'bpe.vocab': 'a 0' })
  const samples = Int16Array.from({ length: 1_600 }, () => 5)
  const hints = ["Kate's lamp", 'fan/heater', '?']
  const [heard] = (await engine.hear(samples, { ...language, hints }, never)).hypotheses
  t.equal(heard?.text, "heard 1600 at 16000 hints kate's lamp fan heater")
  t.ok(Math.abs((heard?.confidence ?? 0) - 0.5) < 1e-9)
  t.ok(Math.abs((heard?.score ?? 0) - 2 * Math.log(0.5)) < 1e-9)
  await engine.stop()
  await t.rejects(engine.hear(samples, language, never), { code: 'speech_engine_died' })
  t.equal(engine.pid, undefined)
})

t.test('an online model gets its sound, a tail of silence, and the end', async t => {
  const engine = await started(t, 'streaming-z', TRANSDUCER)
  t.match(await engine.hear(new Int16Array(100), language, never), {
    hypotheses: [{ text: '100 8000 end', confidence: 0.5 }],
  })
})

t.test('a child that dies is replaced, and tried once more', async t => {
  const engine = await started(t, 'z', { ...TRANSDUCER, 'bpe.vocab': 'a 0' })
  const { pid } = engine
  await t.rejects(engine.hear(Int16Array.of(1), language, never), {
    code: 'speech_engine_died',
    message: /SIGABRT/,
  })
  t.equal(engine.losses, 2)
  t.match(await engine.hear(Int16Array.of(0), language, never), { hypotheses: [{ text: /heard 1/ }] })
  t.not(engine.pid, pid)
  process.kill(engine.pid!, 'SIGKILL')
  t.match(await engine.hear(Int16Array.of(0), language, never), { hypotheses: [{ text: /heard 1/ }] })
  const [heard] = (await engine.hear(Int16Array.of(0), { ...language, hints: ['unspeakable'] }, never))
    .hypotheses
  t.match(heard?.text, /hints undefined/, 'hints that kill it are left out')
})

t.test('a child that hangs is killed; one that fails goes on', async t => {
  const engine = await started(t, 'z', TRANSDUCER, 1_000)
  const { pid } = engine
  await t.rejects(engine.hear(Int16Array.of(3), language, never), {
    code: 'speech_model_broken',
    message: /no frames/,
  })
  t.equal(engine.pid, pid)
  await t.rejects(engine.hear(Int16Array.of(2), language, never), { code: 'speech_engine_hung' })
  t.match(await engine.hear(Int16Array.of(0), language, never), { hypotheses: [{ text: /heard 1/ }] })
  t.equal(engine.losses, 1)
})

const real = (() => {
  try {
    createRequire(import.meta.url).resolve('sherpa-onnx-node')
    return true
  } catch {
    return false
  }
})()
const skip = real ? false : 'npm i --no-save sherpa-onnx-node@1.13.8'

t.test('the real package ends over a corrupt model, and the daemon does not', { skip }, async t => {
  for (const name of ['z', 'streaming-z']) {
    const engine = new SherpaEngine({ model: folder(t, name, TRANSDUCER) })
    await t.rejects(engine.start(never), { code: 'speech_model_broken' })
    t.equal(engine.pid, undefined)
  }
})

t.test('the real package hears with toy models: loud is "on", quiet is "off"', { skip }, async t => {
  const engine = new SherpaEngine({ model: 'test/fixtures/sherpa/toy-nemo-ctc', threads: 1 })
  t.teardown(() => engine.stop())
  await engine.start(never)
  const loud = Int16Array.from({ length: 16_000 }, (_, i) => Math.round(20_000 * Math.sin(i / 3)))
  t.match(await engine.hear(loud, language, never), { hypotheses: [{ text: /^on/ }] })
  t.match(await engine.hear(new Int16Array(16_000), language, never), { hypotheses: [{ text: 'off' }] })
  t.strictSame((await engine.hear(new Int16Array(0), language, never)).hypotheses, [])
})

t.test('the real package heeds hints, and passes over those it cannot spell', { skip }, async t => {
  const engine = new SherpaEngine({ model: 'test/fixtures/sherpa/toy-zipformer', threads: 1 })
  t.teardown(() => engine.stop())
  await engine.start(never)
  const first = async (hints: string[]) => {
    const [heard] = (await engine.hear(new Int16Array(16_000), { ...language, hints }, never)).hypotheses
    return heard?.text.split(' ')[0]
  }
  t.equal(await first([]), 'chicken')
  t.equal(await first(['zebra lamp', 'kitchen']), 'kitchen')
  t.equal(engine.losses, 0)
})
