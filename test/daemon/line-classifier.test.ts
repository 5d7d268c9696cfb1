import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../daemon/base/clock.js'
import { loadConfig } from '../../daemon/config/load.js'
import { LineClassifier, shippedClassifier } from '../../daemon/line-classifier.js'
import { managedClassifier } from '../../daemon/managed-classifier.js'
import { Conditions } from '../../daemon/observability/conditions.js'
import { Events } from '../../daemon/observability/events.js'
import { silentLog } from '../../daemon/observability/log.js'
import { Metrics } from '../../daemon/observability/metrics.js'
import { FEATURES_VERSION } from '../../daemon/triage/classifier/features.js'
import { Triage } from '../../daemon/triage/triage.js'
import type { Installed } from '../../ota/client/slots.js'
import { factoryModelPath } from '../support/model.js'
import { madeWeights } from '../support/weights.js'

const LEAK = { severity: 'critical', category: 'leak', component: 'pump' } as const
const NONSENSE = 'belt scale calibrated by Ann, zero point stored'
const never = () => new AbortController().signal

/** What a daemon with this section `triage` weighs lines with, and what it says about it. */
function found(folder: string, triage: string) {
  const file = join(folder, 'fieldmouse.yaml')
  writeFileSync(file, `triage: ${triage}\n`)
  const { config } = loadConfig({ flags: { config: file }, env: {} })
  const conditions = new Conditions(systemClock)
  const events = new Events(silentLog, new Metrics(systemClock), systemClock)
  const read: number[] = []
  const classifier = LineClassifier.find({
    config,
    clock: systemClock,
    events,
    conditions,
    onRead: ({ ms }) => read.push(ms),
  })
  return { classifier, conditions, read }
}
const severityOf = (triage: Triage) => triage.unbiased('s', NONSENSE).verdict.severity

t.test('weights of the owner stand in the place of those that ship', async t => {
  const folder = t.testdir()
  writeFileSync(join(folder, 'mine.bin'), madeWeights({ says: LEAK }))
  const { classifier, conditions, read } = found(folder, '{ classifier_file: mine.bin }')
  t.equal(classifier!.isOwn, true)
  t.equal(severityOf(new Triage({ classifier: classifier!.now })), 'critical')
  t.equal(read.length, 1, 'each line that is weighed is told')
  t.strictSame(conditions.shown(), [])
  t.equal(severityOf(new Triage({ classifier: found(folder, '{}').classifier!.now })), 'normal')
  t.equal(found(folder, '{ classifier: off, classifier_file: mine.bin }').classifier, undefined)
})

t.test('weights that do not fit are told with a remedy, and those that ship go on', async t => {
  const whole = madeWeights({ says: LEAK })
  for (const [name, bytes, why] of [
    ['torn', whole.subarray(0, whole.length / 2), /cut short/],
    ['other', Buffer.from('GGUF and so on'), /does not begin as one/],
    ['newer', madeWeights({ header: { version: 99 } }), /not what this version reads/],
    ['odd', madeWeights({ numbers: i => (i === 7 ? Number.NaN : 0) }), /no numbers/],
  ] as const) {
    const folder = t.testdir()
    writeFileSync(join(folder, 'mine.bin'), bytes)
    const { classifier, conditions } = found(folder, '{ classifier_file: mine.bin }')
    t.match(conditions.shown(), [
      { code: 'classifier_unusable', detail: why, remedy: /triage.classifier_file/ },
    ])
    t.equal(severityOf(new Triage({ classifier: classifier!.now })), 'normal', name)
  }
})

t.test('a swap reaches whoever weighs lines, and what was remembered ends with it', async t => {
  const folder = t.testdir()
  const path = join(folder, 'other.bin')
  writeFileSync(path, madeWeights({ says: LEAK }))
  const classifier = found(folder, '{}').classifier!
  const triage = new Triage({ classifier: classifier.now })
  const end = classifier.feed(now => triage.useClassifier(now))
  for (let i = 0; i < 3; i++) triage.judge('s', NONSENSE)
  t.equal(triage.recall('s', NONSENSE)?.verdict.severity, 'normal')
  classifier.take(path)
  t.equal(triage.recall('s', NONSENSE), undefined)
  t.equal(triage.judge('s', NONSENSE).verdict.severity, 'critical')
  writeFileSync(path, 'torn')
  t.throws(() => classifier.take(path), { code: 'classifier_broken' })
  t.equal(severityOf(triage), 'critical', 'what cannot be read changes nothing')
  end()
  classifier.take(shippedClassifier().files.model)
  t.equal(severityOf(triage), 'critical', 'nobody listens any more')
})

t.test('weights of another version in a slot do not keep a daemon from starting', async t => {
  const folder = t.testdir()
  const path = join(folder, 'before.bin')
  writeFileSync(path, madeWeights({ says: LEAK, header: { version: FEATURES_VERSION - 1 } }))
  const { classifier, conditions } = found(folder, '{}')
  classifier!.goOnWith(path)
  t.match(conditions.shown(), [{ code: 'classifier_unusable', detail: /before\.bin/ }])
  t.equal(severityOf(new Triage({ classifier: classifier!.now })), 'normal', 'those that ship')
  writeFileSync(path, madeWeights({ says: LEAK }))
  classifier!.goOnWith(path)
  t.equal(severityOf(new Triage({ classifier: classifier!.now })), 'critical')
})

t.test('weights are tried on golden lines against those that run', async t => {
  const folder = t.testdir({
    'golden.jsonl': [
      NONSENSE,
      'wubble dax forp glim under the tannit shelf again',
      'blick morp on the tannit side of the gromm',
    ]
      .map(line => JSON.stringify({ line, source: 's', ...LEAK }))
      .join('\n'),
    'broken.jsonl': '{"line": 7}',
  })
  const path = join(folder, 'next.bin')
  writeFileSync(path, madeWeights({ says: LEAK }))
  const classifier = found(folder, '{}').classifier!
  let swapped = 0
  const model = managedClassifier(classifier, () => swapped++)
  const installed = (files: Installed['files']): Installed => ({
    slot: 'a',
    kind: 'model',
    version: '1.0.0',
    release: 1,
    sha256: '0'.repeat(64),
    files,
  })
  const factory: Installed = { ...installed(model.factory.files), slot: 'factory', release: 0 }
  const next = installed({ model: path, golden: join(folder, 'golden.jsonl') })
  t.match(await model.trial(next, factory, never()), {
    answered: 3,
    accuracy: 1,
    p95Ms: Number,
    running: { accuracy: 0 },
  })
  const without = await model.trial(installed({ model: path }), factory, never())
  t.ok(without.answered > 50, 'lines that the line model was held to')
  t.ok(without.accuracy < without.running!.accuracy, 'where everything leaks, little is right')
  await t.rejects(
    model.trial({ ...next, files: { model: path, golden: join(folder, 'broken.jsonl') } }, factory, never()),
    { code: 'golden_row_broken' },
  )
  await t.rejects(model.inspect!(factoryModelPath()), { code: 'classifier_broken' }, 'a GGUF')
  await model.inspect!(path)
  t.equal(swapped, 0)
  await model.swap(next, never())
  t.equal(severityOf(new Triage({ classifier: classifier.now })), 'critical')
  await model.swap(factory, never())
  t.equal(severityOf(new Triage({ classifier: classifier.now })), 'normal')
  t.equal(swapped, 2)
  const ended = AbortSignal.abort(new Error('enough'))
  await t.rejects(model.trial(next, factory, ended), /enough/)
})
