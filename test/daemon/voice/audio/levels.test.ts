import t, { type Test } from 'tap'
import { measureLevels } from '../../../../daemon/voice/audio/levels.js'
import { EspeakSpeaker } from '../../../../daemon/voice/speak.js'
import { amplified, tone } from '../../../../daemon/voice/tones.js'
import { bits16, levelAt, noise, sine } from '../../../support/sound.js'

const near = (t: Test, value: number, wanted: number, by: number) =>
  t.ok(Math.abs(value - wanted) <= by, `${value} is near ${wanted}`)

t.test('levels of a tone are known', t => {
  const levels = measureLevels(bits16(sine(440, 1, 0.5)))
  near(t, levels.peakDbfs, -6.02, 0.05)
  near(t, levels.rmsDbfs, -9.03, 0.05)
  near(t, levels.dcOffset, 0, 0.001)
  t.equal(levels.clipped, 0)
  near(t, levels.snrDb, 0, 0.5)
  near(t, measureLevels(noise(2, 0.1)).rmsDbfs, -20, 0.2)
  t.end()
})

t.test('advice for each trouble, none for good speech', async t => {
  const said = await new EspeakSpeaker().speak('turn on the kitchen light', new AbortController().signal)
  const cases: [string, Int16Array, RegExp | undefined][] = [
    ['good', said, undefined],
    ['clipped', said.map(value => Math.max(-32768, Math.min(32767, value * 20))), /clipped/],
    ['far away', said.map(value => value / 300), /too quiet/],
    ['nothing', new Int16Array(16_000), /silent/],
    ['no samples at all', new Int16Array(0), /silent/],
    ['a fan', noise(2, 0.1), /only steady noise/],
    ['a broken wire', said.map(value => value / 4 + 12_000), /around zero/],
  ]
  for (const [name, samples, advice] of cases) {
    const levels = measureLevels(samples)
    if (advice) t.match(levels.advice, advice, name)
    else t.equal(levels.advice, undefined, name)
    for (const [key, value] of Object.entries(levels))
      if (key !== 'advice') t.ok(Number.isFinite(value), `${name}: ${key}`)
  }
})

t.test('done rises, not understood falls, and neither clicks', t => {
  const half = (samples: Int16Array, second: boolean) =>
    samples.subarray(second ? samples.length / 2 : 0, second ? samples.length : samples.length / 2)
  t.ok(levelAt(half(tone('done'), false), 659.3) > 0.2)
  t.ok(levelAt(half(tone('done'), true), 880) > 0.2)
  t.ok(levelAt(half(tone('not_understood'), true), 329.6) > 0.2)
  for (const kind of ['done', 'not_understood', 'listening'] as const) {
    const samples = tone(kind)
    t.ok(Math.abs(samples[0]!) < 50 && Math.abs(samples.at(-1)!) < 50)
    t.ok(samples.length < 16_000 / 2, 'short')
  }
  t.ok(Math.max(...tone('done', 0)) === 0)
  t.end()
})

t.test('louder is bent, never beyond what can be stored', t => {
  const loud = amplified(bits16(sine(440, 0.1, 0.9)), 4)
  t.ok(Math.max(...loud) <= 32767 && Math.min(...loud) >= -32767)
  near(t, levelAt(amplified(bits16(sine(440, 0.5, 0.2)), 2), 440), 0.4, 0.01)
  near(t, levelAt(amplified(bits16(sine(440, 0.5, 0.5)), 0.5), 440), 0.25, 0.01)
  t.end()
})
