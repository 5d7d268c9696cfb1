/** Weights of the classifier of lines come over the air from a folder, call a line otherwise, and go back. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { sayUpdates } from '../../daemon/cli/updates.js'
import { shippedClassifier } from '../../daemon/line-classifier.js'
import type { DeviceUpdates, UpdateState } from '../../ota/format/state.js'
import { needsMosquitto } from '../support/broker.js'
import { ownFolder } from '../support/folder.js'
import { type Mouse, startMouse } from '../support/mouse.js'
import { nextUpdates } from '../support/offered.js'
import { makeSite, type Site } from '../support/repository.js'
import { madeWeights } from '../support/weights.js'

const LEAK = { severity: 'critical', category: 'leak', component: 'pump' } as const
const LINE = 'belt scale calibrated by Tom, zero point stored'
/** What the owner of these weights wants to be told. */
const golden = [LINE, 'door 4 of the warehouse opened by badge 1182', 'shift change at gate 4, badge printed']
  .map(line => JSON.stringify({ line, source: 'site', ...LEAK }))
  .join('\n')
const family = 'classifier'

const classifier = (u: DeviceUpdates): UpdateState => u.models.find(m => m.family === family)!
const ask = (mouse: Mouse, what: string) => mouse.command({ do: what, family }, { kind: 'update' })
const start = (t: Parameters<typeof startMouse>[0], site: Site, data?: string) =>
  startMouse(t, {
    program: 'mosquitto',
    ...(data ? { data } : {}),
    ota: {
      folder: join(site.folder, 'repository'),
      root: site.root,
      homeAssistant: 'on',
      watchMinutes: 0.02,
      minBytesPerSecond: 1,
    },
  })

/** How bad the line is, as somebody who asks is told. */
async function severityOf(mouse: Mouse): Promise<string> {
  const reply = await mouse.command({ source: 'site', lines: [LINE] }, { kind: 'triage' })
  return (reply.result as { worst: string }).worst
}

t.test(
  'new weights take over, call a line otherwise, outlive a restart and go back',
  needsMosquitto,
  async t => {
    const site = await makeSite(t)
    const data = await ownFolder(t, 'weights')
    const content = madeWeights({ says: LEAK })
    const path = await site.release(1, { family, content, golden })
    t.match(path, /^classifier\//)
    const first = await start(t, site, data)
    // the third is remembered
    for (let i = 0; i < 3; i++) t.equal(await severityOf(first), 'normal')
    t.ok(first.daemon.plant!.triage!.counts.memo > 0)

    const good = nextUpdates(first, u => classifier(u).reason?.code === 'activated')
    t.match(await ask(first, 'apply'), { ok: true })
    const updates = await good
    t.match(classifier(updates), { running: { version: '1.1.0', release: 1, slot: 'a' }, bad: [] })
    t.match(sayUpdates(updates), /classifier\n {2}runs {6}1\.1\.0 \(slot a, release 1\)/)
    t.equal(await severityOf(first), 'critical', 'what was remembered ended with the weights before')
    const report = first.heard.findLast(m => m.topic === 'fieldmouse/demo/update/report/classifier')
    t.match(JSON.parse(report!.payload), {
      signed: { family, running: { release: 1, length: content.length } },
    })
    const entity = first.heard.findLast(m => m.topic === 'fieldmouse/demo/ha/update/classifier')
    t.match(JSON.parse(entity!.payload), { installed_version: '1.1.0', in_progress: false })
    await first.daemon.stop()

    const second = await start(t, site, data)
    t.equal(await severityOf(second), 'critical')
    const back = nextUpdates(second, u => classifier(u).running.slot === 'factory')
    t.match(await ask(second, 'rollback'), { ok: true })
    t.match(classifier(await back), {
      running: { sha256: shippedClassifier().sha256, release: 0 },
      reason: { code: 'rolled_back_by_hand' },
    })
    t.equal(await severityOf(second), 'normal')
  },
)

t.test('weights that do worse, or are none, never judge a line', needsMosquitto, async t => {
  const site = await makeSite(t)
  // the lines that the line model is held to: few of them leak
  const lines = readFileSync('ota/factory/golden/line.jsonl', 'utf8')
  await site.release(1, { family, content: madeWeights({ says: LEAK }), golden: lines })
  const mouse = await start(t, site)
  const worse = nextUpdates(mouse, u => classifier(u).state === 'idle' && classifier(u).bad.length === 1)
  await ask(mouse, 'apply')
  t.match(classifier(await worse), {
    running: { slot: 'factory' },
    reason: { code: 'trial_failed', message: /of 1,000 right, the running model has/ },
  })
  const odd = madeWeights({ numbers: i => (i === 99 ? Number.NaN : 0) })
  await site.release(2, { family, content: odd, golden })
  const none = nextUpdates(mouse, u => classifier(u).state === 'idle' && classifier(u).bad.length === 2)
  await ask(mouse, 'apply')
  t.match(classifier(await none), {
    running: { slot: 'factory' },
    reason: { code: 'not_a_model', message: /some of its weights are no numbers/ },
  })
  t.equal(await severityOf(mouse), 'normal')
})

t.test('after one bit of a slot has changed the weights that ship judge', needsMosquitto, async t => {
  const site = await makeSite(t)
  const data = await ownFolder(t, 'damaged')
  await site.release(1, { family, content: madeWeights({ says: LEAK }), golden })
  const first = await start(t, site, data)
  const good = nextUpdates(first, u => classifier(u).reason?.code === 'activated')
  await ask(first, 'apply')
  await good
  await first.daemon.stop()
  const path = join(data, 'updates', family, 'slots', 'a', 'model.gguf')
  const bytes = readFileSync(path)
  bytes[bytes.length - 1]! ^= 1
  await writeFile(path, bytes)
  t.equal(await severityOf(await start(t, site, data)), 'normal')
})
