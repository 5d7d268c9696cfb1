import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { sleep, systemClock } from '../../../../daemon/base/clock.js'
import { seeded, uniqueId } from '../../../../daemon/base/random.js'
import { IncidentDesk } from '../../../../daemon/triage/incidents/desk.js'
import { EMPTY_OUTBOX, put } from '../../../../daemon/triage/incidents/outbox.js'
import { IncidentStore, type Outgoing, type StoreOptions } from '../../../../daemon/triage/incidents/store.js'
import type { Severity, Verdict } from '../../../../daemon/triage/verdict.js'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const verdict = (severity: Severity): Verdict => ({
  severity,
  category: severity === 'normal' ? 'normal' : 'leak',
  component: 'tank',
  needsHuman: severity !== 'normal',
  reason: 'It says so.',
  evidence: '',
  confidence: 1,
  stage: 'rule',
})

async function open(path: string, more: Partial<StoreOptions> = {}) {
  const store = new IncidentStore({ path, instance: uniqueId(), clock: systemClock, ...more })
  const kept = await store.load()
  const desk = kept ? IncidentDesk.restore(kept) : new IncidentDesk()
  store.attach(desk)
  const say = (s: number, line: string, severity: Severity) =>
    store.record(desk.occurrence({ at: NOON + s * 1_000, source: 'plc', line, verdict: verdict(severity) }))
  return { store, desk, say }
}
const into = (got: Outgoing[]) => async (item: Outgoing) => void got.push(item)
const events = (got: Outgoing[]) => got.flatMap(i => (i.kind === 'event' ? [i.event] : []))
const topics = (got: Outgoing[]) =>
  got.flatMap(i => (i.kind === 'incident' ? [`${i.n} ${i.document?.state}`] : []))

t.test('without a broker everything waits, over a restart too; then it leaves once and in order', async t => {
  const path = join(t.testdir(), 'incidents.json')
  const a = await open(path)
  a.say(0, 'T-1 leak high', 'emergency')
  a.say(1, 'T-1 leak high', 'emergency')
  a.store.record(a.desk.operate({ action: 'acknowledge', n: 1, by: 'ada' }, NOON + 2_000), true)
  a.say(3, 'T-1 leak high cleared', 'normal')
  a.store.record(a.desk.tick(NOON + 700_000))
  a.say(701, 'T-2 leak high', 'emergency')
  await a.store.stop()
  const b = await open(path)
  const got: Outgoing[] = []
  await b.store.deliver(async () => {
    throw new Error('away')
  })
  t.equal(await b.store.deliver(into(got)), true)
  t.strictSame(
    events(got).map(e => `${e.kind} ${e.n}`),
    ['notify 1', 'clear 1', 'notify 2'],
  )
  t.strictSame(topics(got), ['1 undefined', '2 UNACK'], 'a topic gets its newest state only')
  t.equal(new Set(events(got).map(e => e.id)).size, 3)
  t.equal(b.store.waiting, 0)
  await b.store.deliver(into(got))
  t.equal(got.length, 5, 'nothing twice')
  await b.store.stop()
  const c = await open(path)
  const again: Outgoing[] = []
  await c.store.deliver(into(again))
  t.strictSame(
    [events(again).length, topics(again)],
    [0, ['2 UNACK']],
    'what is open is shown again, not told again',
  )
  await c.store.stop()
})

t.test('nothing leaves before it is on disk; when the disk refuses it leaves all the same', async t => {
  const path = join(t.testdir(), 'incidents.json')
  let release = () => {}
  const slow = new Promise<void>(resolve => {
    release = resolve
  })
  const a = await open(path, { write: () => slow })
  const got: Outgoing[] = []
  a.say(0, 'T-1 leak high', 'emergency')
  await a.store.deliver(into(got))
  t.equal(got.length, 0)
  release()
  await a.store.flush()
  await a.store.deliver(into(got))
  t.equal(got.length, 2)
  await a.store.stop()

  const troubles: unknown[] = []
  let isFull = true
  let written = ''
  let ready = 0
  const b = await open(join(t.testdir(), 'incidents.json'), {
    batchMs: 1,
    onTrouble: e => troubles.push(e),
    onReady: () => ready++,
    write: async (_, content) => {
      if (isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      written = content
    },
  })
  const urgent: Outgoing[] = []
  b.say(0, 'T-1 leak high', 'emergency')
  await b.store.flush()
  t.ok(ready > 0)
  await b.store.deliver(into(urgent))
  t.equal(events(urgent).length, 1)
  t.equal(troubles.length, 1, 'said once')
  isFull = false
  for (let i = 0; i < 50 && written === ''; i++) await sleep(50)
  t.match(JSON.parse(written), { desk: { incidents: [{ n: 1 }] } }, 'tried again by itself')
  await b.store.stop()
})

t.test('a file that cannot be read is put aside', async t => {
  const path = join(t.testdir(), 'incidents.json')
  await writeFile(path, '{"version":1,"desk":')
  const troubles: unknown[] = []
  const { store, say } = await open(path, { onTrouble: e => troubles.push(e) })
  t.equal(troubles.length, 1)
  t.equal(await readFile(`${path}.broken`, 'utf8'), '{"version":1,"desk":')
  say(0, 'T-1 leak high', 'emergency')
  await store.stop()
  t.match(JSON.parse(await readFile(path, 'utf8')), { version: 1 })
})

t.test('flash is spared: a thousand repeats are few writes', async t => {
  let writes = 0
  const a = await open(join(t.testdir(), 'i.json'), { write: async () => void writes++ })
  for (let i = 0; i < 1_000; i++) a.say(i / 100, 'T-1 leak high', 'emergency')
  await a.store.flush()
  await a.store.stop()
  t.ok(writes <= 2, `${writes}`)
})

t.test('an outbox that is full says how many events it could not keep', async t => {
  const desk = new IncidentDesk({
    mostOpen: 500,
    flood: { windowMs: 1, beginsAbove: 1e6, endsBelow: 1, summaryAfterMs: 1 },
  })
  let outbox = EMPTY_OUTBOX
  for (let i = 0; i < 100; i++)
    outbox = put(
      outbox,
      desk.occurrence({ at: NOON + i, source: `plc/${i}`, line: 'leak high', verdict: verdict('emergency') }),
      'x',
      10,
    )
  t.equal(outbox.events.length, 10)
  t.match(outbox.events[0], { kind: 'missed', n: 0, summary: /^91 events since 2026-11-21T12:00:00.000Z/ })
  t.equal(outbox.behind.length, 100, 'every incident keeps its topic')
})

t.test('shot again and again while it writes: none lost, none doubled', { timeout: 120_000 }, async t => {
  const path = join(t.testdir(), 'incidents.json')
  const script = fileURLToPath(new URL('../../../support/incident-writer.js', import.meta.url))
  const random = seeded(7)
  const kept = new Set<number>()
  const told = new Map<string, string>()
  const topicSet = new Set<number>()
  let twice = 0
  let openAtLast = ''
  const run = async (first: number, last: number, killAfterMs?: number) => {
    const child = spawn(process.execPath, [script, path, `${first}`, `${last}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', chunk => {
      // the clock runs from the first word, so that the shot falls into the writing
      if (out === '' && killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
      out += chunk
    })
    await new Promise(resolve => child.once('close', resolve))
    for (const line of out.split('\n').slice(0, -1)) {
      const [word, id = '', ...rest] = line.split(' ')
      if (word === 'kept') kept.add(Number(id))
      if (word === 'topic') topicSet.add(Number(id))
      if (word === 'open') openAtLast = id
      if (word !== 'sent') continue
      if (told.has(id)) twice++
      if (told.has(id) && told.get(id) !== rest.join(' ')) t.fail(`another event with the id ${id}`)
      told.set(id, rest.join(' '))
    }
  }
  for (let round = 0; round < 8; round++) {
    const next = Math.max(-1, ...kept) + 1
    await run(next, next + 10_000, random() * 150)
  }
  await run(0, 0)
  const alarms = [...told.values()].map(text => /T-\d+/.exec(text)?.[0])
  t.equal(new Set(alarms).size, alarms.length, 'no alarm was told under two ids')
  for (const i of kept) if (!alarms.includes(`T-${i}`)) t.fail(`T-${i} was lost`)
  t.ok(kept.size >= 4, `${kept.size} alarms kept in 8 lives`)
  t.strictSame(
    openAtLast.split(',').filter(n => !topicSet.has(Number(n))),
    [],
    'every open incident has its topic',
  )
  t.comment(`${kept.size} kept, ${told.size} told, ${twice} sent a second time under their own id`)
})
