import fc from 'fast-check'
import t from 'tap'
import { seeded } from '../../../daemon/base/random.js'
import type { Samples } from '../../../daemon/voice/audio/pcm.js'
import { Denoiser } from '../../../daemon/voice/denoise.js'
import { FRAME_48, Rnnoise } from '../../../daemon/voice/rnnoise/rnnoise.js'

/** Something that swings like a voice, in noise. */
function babble(length: number, seed = 1): Samples {
  const random = seeded(seed)
  return Int16Array.from({ length }, (_, i) => {
    const voice = Math.sin(i * 0.05 + 20 * Math.sin(i * 0.001)) * (0.5 + 0.5 * Math.sin(i * 0.0008))
    return Math.round(4000 * voice + 1500 * (random() - 0.5))
  })
}

const power = (samples: Samples) => samples.reduce((sum, x) => sum + x * x, 0) / samples.length

t.test('several numbers at a time give the same sound, bit for bit', async t => {
  const [fast, plain] = [await Rnnoise.load(), await Rnnoise.load('plain')]
  t.equal(fast.wide, true, 'the module in the package is the one that is known')
  t.equal(plain.wide, false)
  const [a, b] = [fast.open(), plain.open()]
  const sound = babble(300 * FRAME_48)
  let different = 0
  let loud = 0
  for (let n = 0; n < 300; n++) {
    const frame = Float32Array.from(sound.subarray(n * FRAME_48, (n + 1) * FRAME_48))
    a.frame.set(frame)
    b.frame.set(frame)
    a.process()
    b.process()
    different += a.frame.filter((x, i) => x !== b.frame[i]).length
    loud += a.frame.filter(x => x !== 0).length
  }
  t.equal(different, 0)
  t.ok(loud > 100 * FRAME_48, 'something came out')
  a.close()
  a.close()
  b.close()
})

t.test('sound in pieces gives the same as the whole of it', async t => {
  const denoiser = await Denoiser.load()
  const whole = babble(24_000)
  const pieces = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length }), pieces, (length, sizes) => {
      const sound = whole.subarray(0, length)
      const stream = denoiser.stream()
      const out: number[] = []
      for (let at = 0, n = 0; at < length; n++) {
        const size = Math.max(1, sizes[n % sizes.length]!)
        out.push(...stream.push(sound.subarray(at, at + size)))
        at += size
      }
      out.push(...stream.end())
      stream.close()
      const expected = denoiser.denoise(sound)
      return out.length === length && expected.every((x, i) => x === out[i])
    }),
    { numRuns: 30 },
  )
  t.pass()
})

t.test('noise goes, in its place', async t => {
  const random = seeded(3)
  const noise = Int16Array.from({ length: 48_000 }, () => Math.round(2_000 * (random() - 0.5)))
  const left = (await Denoiser.load()).denoise(noise)
  t.equal(left.length, noise.length)
  t.ok(
    power(left.subarray(16_000)) < 0.1 * power(noise),
    'less than a tenth: what is mixed in again is a twenty-fifth',
  )
})

t.test('streams give back what they hold', async t => {
  const denoiser = await Denoiser.load()
  // a state takes 70 KB of 16 MB
  for (let n = 0; n < 1_000; n++) denoiser.stream().close()
  t.equal(denoiser.denoise(babble(1_600)).length, 1_600)
})
