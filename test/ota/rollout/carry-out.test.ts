import t, { type Test } from 'tap'
import { sleep } from '../../../daemon/base/clock.js'
import { systemDisk } from '../../../daemon/base/disk.js'
import { matches } from '../../../daemon/bus/mqtt/topics.js'
import { CarryOut, type RolloutEvent } from '../../../ota/rollout/carry-out.js'
import { Fleet, type FleetBus } from '../../../ota/rollout/fleet.js'
import { DeviceKeys } from '../../../ota/rollout/keys.js'
import { newRecord } from '../../../ota/rollout/plan.js'
import { RecordFile } from '../../../ota/rollout/record.js'
import { plan } from '../../support/rollout-world.js'

/** A broker in this process that can be away, or refuse. */
class Bus implements FleetBus {
  readonly retained = new Map<string, string>()
  readonly sent: string[] = []
  refuses = (_topic: string): boolean => false
  #handlers: [string, (topic: string, payload: Uint8Array, retained: boolean) => void][] = []

  async publish({ topic, payload, retain }: { topic: string; payload: string; retain: boolean }) {
    await sleep(1)
    if (this.refuses(topic)) throw new Error('refused')
    this.sent.push(topic)
    if (retain) this.retained.set(topic, payload)
    for (const [filter, on] of this.#handlers)
      if (matches(filter, topic)) on(topic, Buffer.from(payload), false)
  }

  async subscribe(filter: string, on: (topic: string, payload: Uint8Array, retained: boolean) => void) {
    this.#handlers.push([filter, on])
    for (const [topic, text] of this.retained) if (matches(filter, topic)) on(topic, Buffer.from(text), true)
  }

  desired(): number {
    return [...this.retained.keys()].filter(topic => topic.endsWith('/update/desired')).length
  }
}

async function world(t: Test, more: object = {}) {
  const bus = new Bus()
  for (const id of ['a', 'b', 'c']) {
    bus.retained.set(`fieldmouse/${id}/status`, '{"state":"online","board":"pi5"}')
    const running = { version: '1.0.0', release: 0, sha256: 'b'.repeat(64), slot: 'a', probation: false }
    const model = { family: 'command', state: 'idle', running, bad: [], pinned: false }
    const said = { state: 'idle', sources: [], models: [model] }
    bus.retained.set(`fieldmouse/${id}/update/state`, JSON.stringify(said))
  }
  const over = new AbortController()
  t.teardown(() => over.abort(new Error('over')))
  let isFull = false
  const disk: typeof systemDisk = {
    ...systemDisk,
    open: (path, how) =>
      isFull
        ? Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }))
        : systemDisk.open(path, how),
  }
  const folder = t.testdir()
  const fleet = new Fleet({
    bus,
    root: 'fieldmouse',
    keys: new DeviceKeys(`${folder}/keys.json`),
    decides: true,
  })
  await fleet.listen(over.signal)
  const events: RolloutEvent[] = []
  const carrying = new CarryOut({
    fleet,
    record: newRecord(plan(more), fleet.clock.now()),
    file: new RecordFile(folder, 'r1', disk),
    onEvent: event => void events.push(event),
    announce: async () => {},
  })
  fleet.takeOver('r1')
  const begin = () => {
    const run = carrying.run(over.signal)
    run.catch(() => {})
    return run
  }
  const until = async (passes: () => boolean) => {
    for (let i = 0; i < 400 && !passes(); i++) await sleep(25)
    t.ok(passes())
  }
  return { fleet, bus, carrying, events, begin, until, over, fillDisk: (full: boolean) => (isFull = full) }
}

t.test('a disk that takes no record: nobody is told, and why is said; then it goes on', async t => {
  const { bus, events, begin, until, fillDisk } = await world(t)
  fillDisk(true)
  void begin()
  await until(() => events.some(e => e.event === 'trouble'))
  t.match(
    events.find(e => e.event === 'trouble'),
    { problem: /cannot be kept/, remedy: /Make room/ },
  )
  t.equal(bus.desired(), 0)
  fillDisk(false)
  await until(() => bus.desired() === 3)
})

t.test('while the broker is away nothing is decided', async t => {
  const { bus, carrying, begin, until, over } = await world(t, { canary: 1 })
  carrying.lost()
  void begin()
  await sleep(400)
  t.equal(bus.desired(), 0)
  // it is there, goes once more while it is being listened to, and is there again
  const first = carrying.reconnected(over.signal)
  carrying.lost()
  await first
  await sleep(300)
  t.equal(bus.desired(), 0, 'what came in between may be half of it')
  await carrying.reconnected(over.signal)
  await until(() => bus.desired() === 3)
})

t.test('a device that the broker lets nobody tell is tried again, and the others are told', async t => {
  const { bus, events, begin, until } = await world(t)
  bus.refuses = topic => topic === 'fieldmouse/b/update/desired'
  void begin()
  await until(() => bus.desired() === 2 && events.some(e => e.event === 'trouble'))
  t.match(
    events.find(e => e.event === 'trouble'),
    { problem: /b could not be told/ },
  )
  bus.refuses = () => false
  await until(() => bus.desired() === 3)
})

t.test('somebody who stops it is answered in the record, and asked twice is asked once', async t => {
  const { bus, begin, until } = await world(t)
  const run = begin()
  await until(() => bus.desired() === 3)
  const order = JSON.stringify({ do: 'stop', id: 'o1', by: 'ada' })
  for (let i = 0; i < 2; i++)
    await bus.publish({ topic: 'fieldmouse/fleet/rollout/r1/order', payload: order, retain: false })
  await bus.publish({ topic: 'fieldmouse/fleet/rollout/r1/order', payload: 'what', retain: false })
  const { record } = await run
  t.match(record, { phase: 'stopped', answered: { id: 'o1' }, reason: { message: 'stopped by ada' } })
  t.equal(record.orders.length, 1)
  for (const id of ['a', 'b', 'c'])
    t.match(JSON.parse(bus.retained.get(`fieldmouse/${id}/update/desired`)!), {
      id: 'r1#hold',
      models: [{ hold: true }],
    })
  const kept = JSON.parse(bus.retained.get('fieldmouse/fleet/rollout/r1')!)
  t.match(kept, { record: { phase: 'stopped' }, counts: { skipped: 3 } })
})

t.test('whoever was relieved goes, though the other said goodbye in the same breath', async t => {
  const { fleet, bus, begin, until } = await world(t, { waves: [{ size: 1, approval: 'by_hand' }] })
  const run = begin()
  await until(() => bus.desired() > 0)
  const operator = (state: string) =>
    bus.publish({
      topic: fleet.topics.operator('r1'),
      payload: JSON.stringify({ state, instance: 'another' }),
      retain: true,
    })
  await operator('online')
  await operator('offline')
  await t.rejects(run, { code: 'rollout_taken_over' })
})
