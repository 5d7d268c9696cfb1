import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { Classifier } from '../../../../daemon/triage/classifier/classifier.js'
import {
  FEATURES_VERSION,
  LINE_BUCKETS,
  PLAIN_BUCKETS,
} from '../../../../daemon/triage/classifier/features.js'
import { madeWeights, NUMBERS } from '../../../support/weights.js'

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { code?: string }).code ?? 'another error'
  }
}
const buckets = (most: number) => fc.array(fc.integer({ min: 0, max: most - 1 }), { maxLength: 200 })
const saidAll = ({ severity, category, component, human }: ReturnType<Classifier['classify']>) => {
  const sums = [severity, category, component].map(of => Object.values(of).reduce((a, b) => a + b, 0))
  const all = [severity, category, component].flatMap(of => Object.values<number>(of))
  return sums.every(s => Math.abs(s - 1) < 1e-3) && [...all, human].every(p => p >= 0 && p <= 1)
}

t.test('whatever a file holds, it is refused by name or says probabilities of every line', async t => {
  const whole = madeWeights({ says: { severity: 'critical', category: 'leak', component: 'pump' } })
  const header = 8 + whole.readUInt32LE(4)
  const place = fc.oneof(
    fc.integer({ min: 0, max: header - 1 }),
    fc.integer({ min: 0, max: whole.length - 1 }),
    fc.integer({ min: whole.length - 700, max: whole.length - 1 }),
  )
  const change = fc.record({ place, byte: fc.integer({ min: 0, max: 255 }) })
  let refused = 0
  let read = 0
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 1, maxLength: 8 }),
      buckets(LINE_BUCKETS),
      buckets(PLAIN_BUCKETS),
      (changes, line, plain) => {
        const bytes = Buffer.from(whole)
        for (const { place, byte } of changes) bytes[place] = byte
        let classifier: Classifier
        try {
          classifier = new Classifier(bytes)
        } catch (error) {
          refused++
          return (error as { code?: string }).code === 'classifier_broken'
        }
        read++
        return saidAll(classifier.classify(line, plain))
      },
    ),
    { numRuns: 300 },
  )
  t.ok(refused > 0 && read > 0, `${refused} refused, ${read} read`)
})

t.test('weights as large as are allowed still say probabilities', async t => {
  for (const sign of [1, -1]) {
    const classifier = new Classifier(madeWeights({ numbers: i => (i % 3 === 0 ? sign : 1) * 1e4 }))
    t.ok(saidAll(classifier.classify([1, 2, 3], [4, 5])))
  }
})

t.test('a weight that is no number is refused, wherever it stands', async t => {
  const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30, -1e5)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: NUMBERS - 1 }), bad, (at, number) => {
      const bytes = madeWeights({ numbers: i => (i === at ? number : 0) })
      return codeOf(() => new Classifier(bytes)) === 'classifier_broken'
    }),
    { numRuns: 20 },
  )
  t.equal(
    codeOf(() => new Classifier(madeWeights())),
    undefined,
  )
})

t.test('what another version has made is refused', async t => {
  for (const header of [
    { version: FEATURES_VERSION + 1 },
    { version: FEATURES_VERSION - 1 },
    { width: 0 },
    { width: 2 },
    { hidden: 65 },
    { words_count: -1 },
    { line_buckets: 1 << 15 },
    { outputs: 48 },
    { severity: ['normal', 'bad'] },
    { component: [] },
  ])
    t.equal(
      codeOf(() => new Classifier(madeWeights({ header }))),
      'classifier_broken',
      JSON.stringify(header),
    )
})

t.test('a file that is far too long is refused before it is read', async t => {
  const path = join(t.testdir(), 'weights.bin')
  const file = openSync(path, 'w')
  ftruncateSync(file, 2 ** 36)
  closeSync(file)
  t.throws(() => Classifier.read(path), { code: 'classifier_broken', message: /67108864 are allowed/ })
  t.throws(() => Classifier.read(t.testdir()), { code: 'classifier_broken' }, 'a folder')
})
