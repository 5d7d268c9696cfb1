import fc from 'fast-check'
import t from 'tap'
import wavefile from 'wavefile'
import { FieldmouseError } from '../../../../daemon/base/errors.js'
import { decodeAudio, FrameStream } from '../../../../daemon/voice/audio/decode.js'
import { encodeWav } from '../../../../daemon/voice/audio/wav.js'
import { bits16, encodeFlac, levelAt, sine } from '../../../support/sound.js'

const HZ = 440
const RATES = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]

/** A file of the library's own making. @param code its name of a format: 8, 16, 24, 32, 32f, 64, 8a, 8m */
function wave(channels: Float32Array[], rate: number, code: string): Uint8Array {
  const file = new wavefile.WaveFile()
  const plain = /^(8|16|24|32)$/.test(code)
  const scaled = (channel: Float32Array, bits: number) =>
    Array.from(channel, value => Math.round(value * (2 ** (bits - 1) - 1)) + (bits === 8 ? 128 : 0))
  const packed = /^(8a|8m)$/.test(code)
  const bits = packed ? 16 : Number.parseInt(code, 10)
  const samples = channels.map(channel => (plain || packed ? scaled(channel, bits) : Array.from(channel)))
  file.fromScratch(channels.length, rate, packed ? '16' : code, samples.length === 1 ? samples[0]! : samples)
  if (code === '8a') file.toALaw()
  if (code === '8m') file.toMuLaw()
  return file.toBuffer()
}

const wav16 = (seconds = 0.5) => encodeWav(bits16(sine(HZ, seconds)))
const codeOf = (bytes: Uint8Array, options = {}) =>
  decodeAudio(bytes, 'it', options).then(
    () => 'decoded',
    error => (error instanceof FieldmouseError ? error.code : `${error}`),
  )

t.test('a tone stays that tone in every format and at every rate', async t => {
  for (const rate of RATES)
    for (const code of ['8', '16', '24', '32', '32f', '64', '8a', '8m']) {
      const { samples, source } = await decodeAudio(wave([sine(HZ, 0.5, 0.5, rate)], rate, code), 'it')
      const about = `${code} at ${rate}`
      const level = levelAt(samples, HZ)
      t.ok(Math.abs(level - 0.5) < 0.01, `${about}: ${level}`)
      t.ok(levelAt(samples, 3 * HZ) < 0.01, `${about}: nothing beside it`)
      // the library pads an odd number of bytes
      t.ok(Math.abs(samples.length - 8_000) <= 2, `${about}: ${samples.length}`)
      t.match(source, { rate, channels: 1, bits: Number.parseInt(code, 10) })
    }
})

t.test('FLAC, one channel and two, at every rate', async t => {
  for (const rate of RATES)
    for (const channels of [1, 2]) {
      const mono = bits16(sine(HZ, 0.5, 0.5, rate))
      const both = Int16Array.from(
        { length: mono.length * channels },
        (_, i) => mono[Math.floor(i / channels)]!,
      )
      const { samples, source } = await decodeAudio(encodeFlac(both, rate, channels), 'it')
      t.ok(Math.abs(levelAt(samples, HZ) - 0.5) < 0.01, `${rate}, ${channels}`)
      t.match(source, { format: 'FLAC', rate, channels, bits: 16 })
      if (rate === 16_000) t.same(samples, mono, 'not a sample differs')
    }
})

t.test('16 bits at our rate come through as they are', async t => {
  await fc.assert(
    fc.asyncProperty(fc.int16Array({ minLength: 1_600, maxLength: 4_000 }), async samples => {
      t.same((await decodeAudio(encodeWav(samples), 'it')).samples, samples)
    }),
    { numRuns: 20 },
  )
})

t.test('channels are mixed: half of each', async t => {
  const stereo = wave([sine(HZ, 0.5, 0.5), sine(1_000, 0.5, 0.5)], 16_000, '16')
  const { samples } = await decodeAudio(stereo, 'it')
  t.ok(Math.abs(levelAt(samples, HZ) - 0.25) < 0.01)
  t.ok(Math.abs(levelAt(samples, 1_000) - 0.25) < 0.01)
})

t.test('what speech does not have does not fold back into it', async t => {
  const { samples } = await decodeAudio(wave([sine(13_000, 0.5, 0.5, 48_000)], 48_000, '16'), 'it')
  t.ok(levelAt(samples, 3_000) < 0.001)
})

t.test('lengths that lie: what came is taken', async t => {
  for (const size of [0, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 17_000]) {
    const bytes = wav16()
    new DataView(bytes.buffer).setUint32(40, size, true)
    const { samples } = await decodeAudio(bytes, 'it')
    t.equal(samples.length, 8_000, `a length of ${size}`)
  }
  t.equal((await decodeAudio(wav16().subarray(0, 10_001), 'it')).samples.length, 4_978, 'cut within a sample')
  const flac = encodeFlac(bits16(sine(HZ, 1)), 16_000)
  const cut = await decodeAudio(flac.subarray(0, flac.length >> 1), 'it')
  t.ok(cut.samples.length > 3_000, 'FLAC that lacks its end')
})

t.test('a chunk between header and sound is stepped over; one that never ends is an end', async t => {
  const bytes = wav16()
  const list = Buffer.from('LIST\x05\0\0\0hello\0', 'latin1')
  const longer = Buffer.concat([bytes.subarray(0, 36), list, bytes.subarray(36)])
  t.equal((await decodeAudio(longer, 'it')).samples.length, 8_000)
  longer.writeUInt32LE(0xffffffff, 40)
  t.equal(await codeOf(longer), 'audio_unreadable')
})

t.test('headers that make no sense', async t => {
  const changed = (at: number, value: number, bytes: 2 | 4) => {
    const file = wav16()
    const view = new DataView(file.buffer)
    if (bytes === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    return file
  }
  for (const [name, file] of Object.entries({
    'no channel': changed(22, 0, 2),
    '1000 channels': changed(22, 1_000, 2),
    '0 Hz': changed(24, 0, 4),
    '4 GHz': changed(24, 0xffffffff, 4),
    '7 bits': changed(34, 7, 2),
    'IMA ADPCM': changed(20, 0x11, 2),
    '16 bits of mu-law': changed(20, 7, 2),
    'a format nobody knows': changed(20, 0x1234, 2),
    'only a header': wav16().subarray(0, 30),
    'half a header': wav16().subarray(0, 9),
    'FLAC of nothing but its name': new TextEncoder().encode('fLaC'),
    'FLAC and then garbage': Uint8Array.from([
      ...encodeFlac(new Int16Array(0), 16_000, 1, { claimed: 99 }),
      ...Array(999).fill(7),
    ]),
  }))
    t.equal(await codeOf(file), 'audio_unreadable', name)
  t.equal(await codeOf(new Uint8Array(0)), 'audio_empty')
  t.equal(await codeOf(encodeWav(new Int16Array(0))), 'audio_empty')
  t.equal(await codeOf(encodeWav(new Int16Array(1_599))), 'audio_empty', 'less than a tenth of a second')
})

t.test('other kinds of sound are called by their name', async t => {
  for (const [head, name] of [
    ['OggS\0\x02', 'Ogg'],
    ['ID3\x04', 'MP3'],
    ['\xff\xfb\x90d', 'MP3'],
    ['\0\0\0\x20ftypM4A ', 'M4A'],
    ['{"text": "hello"}', 'JSON'],
    ['hello there', '68 65 6c 6c'],
  ] as const)
    await t.rejects(decodeAudio(Buffer.from(head, 'latin1'), 'it'), { message: new RegExp(name) })
})

t.test('too long is refused before it is unpacked', async t => {
  t.equal(await codeOf(wav16(3), { longestSeconds: 2 }), 'audio_too_long')
  t.equal(await codeOf(encodeFlac(bits16(sine(HZ, 3)), 16_000), { longestSeconds: 2 }), 'audio_too_long')
  const bomb = encodeFlac(new Int16Array(0), 16_000, 2, { constantFrames: 5_000, claimed: 0 })
  t.ok(bomb.length < 100_000)
  const before = process.memoryUsage()
  t.equal(await codeOf(bomb), 'audio_too_long', '5 hours of silence in 90 kB')
  t.ok(process.memoryUsage().rss - before.rss < 200e6)
})

t.test('numbers that are none are silence', async t => {
  const floats = sine(HZ, 0.5)
  floats[100] = Number.NaN
  floats[200] = Number.POSITIVE_INFINITY
  floats[300] = 1e30
  for (const rate of [16_000, 48_000]) {
    const { samples } = await decodeAudio(wave([floats], rate, '32f'), 'it')
    t.ok(samples.some(value => value !== 0))
    if (rate === 16_000) t.equal(samples[100], 0)
  }
})

t.test('any bytes at all: sound, or an error of the catalogue', async t => {
  const told = console.error
  let noise = 0
  console.error = () => noise++
  t.teardown(() => {
    console.error = told
  })
  const tails = fc.uint8Array({ maxLength: 600 })
  const starts = fc.constantFrom(
    new Uint8Array(0),
    wav16(0.2),
    wav16(0.2).subarray(0, 44),
    encodeFlac(bits16(sine(HZ, 0.2)), 16_000),
    encodeFlac(new Int16Array(0), 16_000).subarray(0, 42),
    wave([sine(HZ, 0.2, 0.5, 8_000)], 8_000, '8a'),
  )
  const changes = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(starts, tails, changes, fc.nat(2_000), async (start, tail, changes, cut) => {
      const bytes = Uint8Array.from([...start, ...tail]).subarray(0, cut < 500 ? cut : undefined)
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      try {
        const { samples } = await decodeAudio(bytes, 'it', { longestSeconds: 5 })
        return samples.length >= 1_600 && samples.length <= 80_001
      } catch (error) {
        return error instanceof FieldmouseError && /^audio_(empty|unreadable|too_long)$/.test(error.code)
      }
    }),
    { numRuns: 400 },
  )
  t.equal(noise, 0, 'and nothing is told behind our back')
})

t.test('a stream of frames is the same sound as the whole, however it is cut', async t => {
  for (const [rate, channels, width] of [
    [16_000, 1, 2],
    [48_000, 2, 2],
    [44_100, 1, 4],
    [22_050, 1, 3],
    [8_000, 1, 1],
  ] as const) {
    const tone = sine(HZ, 1, 0.5, rate)
    const code = `${width * 8}`
    const bytes = wave(Array(channels).fill(tone), rate, code).subarray(44)
    const file = await decodeAudio(wave(Array(channels).fill(tone), rate, code), 'it')
    const held = fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9_999 }), { minLength: 1 }), async sizes => {
        const stream = new FrameStream('it')
        const all: number[] = []
        const results: Promise<Int16Array>[] = []
        for (let at = 0, i = 0; at < tone.length * channels * width; i++) {
          const size = sizes[i % sizes.length]!
          results.push(stream.fromPcm(bytes.subarray(at, at + size), { rate, channels, width }))
          at += size
        }
        for (const result of results) all.push(...(await result))
        stream.close()
        // what is still in the filter is missing at the end
        if (file.samples.length - all.length > 40) return false
        return all.every((value, i) => Math.abs(value - file.samples[i]!) <= 1)
      }),
      { numRuns: 8 },
    )
    await t.resolves(held, `${rate}, ${channels}, ${width}`)
  }
})

t.test('frames that are WAV files of their own, as Hermes sends them', async t => {
  const stream = new FrameStream('it')
  t.teardown(() => stream.close())
  const tone = bits16(sine(HZ, 1))
  const all: number[] = []
  for (let at = 0; at < tone.length; at += 320)
    all.push(...(await stream.fromWav(encodeWav(tone.subarray(at, at + 320)))))
  t.same(Int16Array.from(all), tone)
  await t.rejects(stream.fromWav(Buffer.from('hello')), { code: 'audio_unreadable' })
  await t.rejects(stream.fromPcm(new Uint8Array(9), { rate: 0, channels: 1, width: 2 }), {
    code: 'audio_unreadable',
  })
  await t.rejects(stream.fromPcm(new Uint8Array(9), { rate: 16_000, channels: 1, width: 9 }), {
    code: 'audio_unreadable',
  })
  t.equal((await stream.fromWav(encodeWav(tone.subarray(0, 320)))).length, 320, 'and it goes on')
})
