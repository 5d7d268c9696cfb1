import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { systemClock } from '../../../daemon/base/clock.js'
import { decodeGguf } from '../../../daemon/base/gguf.js'
import { FactoryStage } from '../../../daemon/commands/stages/factory.js'
import {
  CALIBRATION_FEATURES_KEY,
  CALIBRATION_KEY,
  type Calibration,
  calibrationOf,
  confidenceOf,
  FEATURE_NAMES,
  featuresOf,
} from '../../../daemon/inference/confidence.js'
import { SupervisedEngine } from '../../../daemon/inference/supervisor.js'
import { ggufBytes, withMetadata } from '../../support/gguf.js'
import { factoryModelPath } from '../../support/model.js'

const share = fc.double({ min: 0, max: 1, noNaN: true })
const token = fc.record({ text: fc.constant(''), probability: share, rejected: share, forced: fc.boolean() })
const answer = fc.record({ tokens: fc.array(token, { maxLength: 20 }), none: fc.boolean() })
const weight = fc.double({ min: -20, max: 20, noNaN: true })

t.test('without weights the confidence is the product of what was chosen', async t => {
  const of = (probability: number, forced = false) => ({ text: '', probability, rejected: 0, forced })
  const features = featuresOf({ tokens: [of(0.9), of(1, true), of(0.5), of(0.2, true)] }, false)
  t.ok(Math.abs(confidenceOf(features) - 0.45) < 1e-12)
  t.match(features, { one: 1, choices: Math.log1p(2), rejected: 0, none: 0 })
  t.ok(Math.abs(features.logit_p - Math.log(0.45 / 0.55)) < 1e-9)
  t.equal(confidenceOf(featuresOf({ tokens: [] }, true)), 1)
})

t.test('the confidence of any answer by any weights is from 0 to 1', async t => {
  fc.assert(
    fc.property(answer, fc.array(weight, { minLength: 6, maxLength: 6 }), ({ tokens, none }, weights) => {
      const features = featuresOf({ tokens }, none)
      return [undefined, { features: FEATURE_NAMES, weights }].every(calibration => {
        const p = confidenceOf(features, calibration)
        return p >= 0 && p <= 1
      })
    }),
  )
  t.pass()
})

t.test('a likelier answer is never less sure when the weights of its probability are positive', async t => {
  fc.assert(
    fc.property(answer, weight, fc.double({ min: 0, max: 20, noNaN: true }), share, (a, one, w, raise) => {
      const calibration: Calibration = { features: ['one', 'log_p', 'logit_p'], weights: [one, w, w / 2] }
      const likelier = a.tokens.map(x => ({
        ...x,
        probability: x.probability + (1 - x.probability) * raise,
      }))
      const before = confidenceOf(featuresOf(a, a.none), calibration)
      return confidenceOf(featuresOf({ tokens: likelier }, a.none), calibration) >= before - 1e-12
    }),
  )
  t.pass()
})

/** Weights of a file with this metadata. */
function read(metadata: Record<string, string | number | number[]>) {
  const bytes = ggufBytes({ metadata })
  return calibrationOf(decodeGguf(bytes, bytes.length, 'x.gguf')!, 'x.gguf')
}

t.test(
  'weights are read from the metadata; broken ones are refused, unknown features passed over',
  async t => {
    const key = CALIBRATION_KEY
    const features = CALIBRATION_FEATURES_KEY
    t.equal(read({}), undefined)
    t.strictSame(read({ [key]: [3, 0.5], [features]: 'one log_p' }), {
      features: ['one', 'log_p'],
      weights: [3, 0.5],
    })
    t.equal(read({ [key]: [3, 0.5], [features]: 'one of_a_later_version' }), undefined)
    const broken = { code: 'gguf_broken', message: /fieldmouse\.calibration/, remedy: String }
    t.throws(() => read({ [key]: [3, Number.NaN], [features]: 'one log_p' }), broken)
    t.throws(() => read({ [key]: [3, Number.POSITIVE_INFINITY], [features]: 'one log_p' }), broken)
    t.throws(() => read({ [key]: [3], [features]: 'one log_p' }), broken)
    t.throws(() => read({ [key]: 'three', [features]: 'one log_p' }), broken)
    t.throws(() => read({ [key]: [3, 0.5] }), broken)
  },
)

t.test('a model that carries weights answers with them, one with broken weights is not loaded', async t => {
  const folder = t.testdir({})
  const path = join(folder, 'calibrated.gguf')
  // the factory model without its own weights: their keys are misspelt, at the same length
  const factory = Buffer.from(
    readFileSync(factoryModelPath())
      .toString('latin1')
      .replaceAll(CALIBRATION_KEY, `${CALIBRATION_KEY.slice(0, -1)}_`),
    'latin1',
  )
  const bare = join(folder, 'bare.gguf')
  writeFileSync(bare, factory)
  const keys = (weights: number[]) => ({
    [CALIBRATION_KEY]: weights,
    [CALIBRATION_FEATURES_KEY]: 'one log_p',
  })
  const start = async (file: string) => {
    const engine = new SupervisedEngine({
      model: { path: file },
      clock: systemClock,
      threads: 1,
      sequences: 1,
    })
    t.teardown(() => engine.stop())
    await engine.start(new AbortController().signal)
    return engine
  }
  writeFileSync(path, withMetadata(factory, keys([2, 0.25])))
  const engine = await start(path)
  t.strictSame(engine.info?.calibration, { features: ['one', 'log_p'], weights: [2, 0.25] })
  const plain = await start(bare)
  t.equal(plain.info?.calibration, undefined)
  for (const normalised of ['turn on the hall lamp', 'who painted the ceiling', 'xqz blorp nim']) {
    const utterance = { normalised, dialogue: false }
    const raw = await new FactoryStage(plain).run(utterance)
    const calibrated = await new FactoryStage(engine).run(utterance)
    t.strictSame(calibrated.value.command, raw.value.command, 'what is read stays the same')
    const features = {
      one: 1,
      log_p: Math.log(raw.confidence),
      logit_p: 0,
      choices: 0,
      rejected: 0,
      none: 0,
    }
    t.ok(Math.abs(calibrated.confidence - confidenceOf(features, engine.info?.calibration)) < 1e-3)
  }
  const broken = join(folder, 'broken.gguf')
  writeFileSync(broken, withMetadata(factory, keys([2])))
  await t.rejects(start(broken), { code: 'gguf_broken', remedy: String })
})
