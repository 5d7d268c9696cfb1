/** `fieldmouse fleet ...`: rollouts over the broker of the configuration, for people and for machines. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OrderWord, RolloutNews, RolloutPlan, RolloutRecord } from '../../ota/format/rollout.js'
import { minuteOfDay } from '../../ota/format/windows.js'
import { AT_REST, CarryOut, type RolloutEvent } from '../../ota/rollout/carry-out.js'
import { errors } from '../../ota/rollout/errors.js'
import type { DeviceFacts } from '../../ota/rollout/facts.js'
import type { Fleet } from '../../ota/rollout/fleet.js'
import { newRecord } from '../../ota/rollout/plan.js'
import { laterRecord, RecordFile } from '../../ota/rollout/record.js'
import { keepsWhatItRuns } from '../../ota/rollout/tell.js'
import { next, type Turn } from '../../ota/rollout/wave.js'
import { matcher, meant, namedDevices } from '../../ota/rollout/who.js'
import { sleep } from '../base/clock.js'
import { removeDurably } from '../base/disk.js'
import { uniqueId } from '../base/random.js'
import { type FleetFlags, type FleetLink, whoAsks, withFleet } from './fleet-link.js'

export interface FleetAsk {
  flags: FleetFlags
  signal: AbortSignal
  /** What came over the broker and is not what it should be; for people. */
  onOdd(what: string, problem: string): void
}

/** One rollout as it was published last. */
export interface RolloutRow extends RolloutNews {
  /** Whether a program carries it out now. */
  carried_out: boolean
}

/** All devices that were heard of, by name. */
export function listDevices({ flags, signal, onOdd }: FleetAsk): Promise<DeviceFacts[]> {
  return withFleet(flags, signal, onOdd, async ({ fleet }) => {
    await fleet.listen(signal)
    await fleet.keys.save(true)
    return [...fleet.heard.devices.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  })
}

/** Messages that are under way to the broker at once. */
const AT_ONCE = 50

/**
 * Devices for which nothing is desired are told to keep what they run.
 * @param who ids and patterns; empty: all
 * @returns who was told
 */
export function holdDevices(
  who: readonly string[],
  families: readonly string[] | undefined,
  { flags, signal, onOdd }: FleetAsk,
): Promise<string[]> {
  return withFleet(flags, signal, onOdd, async ({ fleet }) => {
    await fleet.listen(signal)
    const isMeant = who.length === 0 ? () => true : matcher(who)
    const todo = [...fleet.heard.devices.values()].flatMap(facts => {
      const desired = isMeant(facts.id) ? keepsWhatItRuns(facts, families) : undefined
      return desired ? [{ id: facts.id, desired }] : []
    })
    for (let i = 0; i < todo.length; i += AT_ONCE) {
      signal.throwIfAborted()
      await Promise.all(
        todo.slice(i, i + AT_ONCE).map(({ id, desired }) =>
          fleet.bus.publish({
            topic: fleet.topics.desired(id),
            payload: JSON.stringify(desired),
            retain: true,
          }),
        ),
      )
    }
    return todo.map(({ id }) => id).sort()
  })
}

/** All rollouts, the newest first. */
export function listRollouts({ flags, signal, onOdd }: FleetAsk): Promise<RolloutRow[]> {
  return withFleet(flags, signal, onOdd, async ({ fleet }) => {
    await fleet.listen(signal, 'rollouts')
    return [...fleet.rollouts.keys()]
      .map(name => rowOf(fleet, name)!)
      .sort((a, b) => b.record.begun_at_ms - a.record.begun_at_ms)
  })
}

function rowOf(fleet: Fleet, name: string): RolloutRow | undefined {
  const news = fleet.rollouts.get(name)
  if (!news) return undefined
  return { ...news, carried_out: fleet.operators.get(name)?.state === 'online' }
}

/** How a rollout stands now, by what its devices said last. @throws rollout_unknown */
export function statusOf(
  name: string,
  { flags, signal, onOdd }: FleetAsk,
): Promise<{ row: RolloutRow; turn: Turn }> {
  return withFleet(flags, signal, onOdd, async ({ fleet, folder }) => {
    await fleet.listen(signal)
    const record = await known(fleet, folder, name)
    for (const id of namedDevices(record.plan)) fleet.heard.expect(id)
    const turn = lookAt(fleet, record)
    const isCarriedOut = fleet.operators.get(name)?.state === 'online'
    return { row: { record, counts: turn.counts, carried_out: isCarriedOut }, turn }
  })
}

/** What the machine says at this moment. */
export function lookAt(fleet: Fleet, record: RolloutRecord): Turn {
  const ms = fleet.clock.now()
  return next(record, fleet.heard.devices.values(), { ms, minuteOfDay: minuteOfDay(ms) })
}

async function known(fleet: Fleet, folder: string, name: string): Promise<RolloutRecord> {
  const record = await laterRecord(new RecordFile(folder, name), fleet.rollouts.get(name)?.record)
  if (!record) throw errors.rollout_unknown({ name })
  return record
}

export interface StartAsk extends FleetAsk {
  takeOver: boolean
  onEvent(event: RolloutEvent, carrying: CarryOut): void
}

/**
 * Begins a rollout or goes on with it, until it rests or the signal aborts.
 * @throws rollout_differs, rollout_carried_out, rollout_taken_over, nobody_meant
 */
export async function startRollout(plan: RolloutPlan, ask: StartAsk): Promise<Turn> {
  const { flags, signal, onOdd, takeOver } = ask
  const { name } = plan
  // looked at without a will of its own: it would say that nobody carries it out
  if (!takeOver)
    await withFleet(flags, signal, onOdd, async ({ fleet }) => {
      await fleet.listen(signal, 'rollouts')
      if (fleet.operators.get(name)?.state === 'online') throw errors.rollout_carried_out({ name })
    })
  return withFleet(
    flags,
    signal,
    onOdd,
    async link => {
      const { fleet, folder } = link
      await fleet.listen(signal)
      const before = await laterRecord(new RecordFile(folder, name), fleet.rollouts.get(name)?.record)
      if (before) sameOrThrow(before.plan, plan)
      else {
        for (const id of namedDevices(plan)) fleet.heard.expect(id)
        if (![...fleet.heard.devices.values()].some(meant(plan)))
          throw errors.nobody_meant({ heard: fleet.heard.devices.size })
      }
      return carry(link, before ?? newRecord(plan, fleet.clock.now()), ask)
    },
    name,
  )
}

async function carry(
  link: FleetLink,
  record: RolloutRecord,
  { signal, onEvent }: Pick<StartAsk, 'signal' | 'onEvent'>,
  order?: OrderWord,
): Promise<Turn> {
  const { fleet, folder } = link
  standAlone(fleet, record)
  await link.announce()
  fleet.takeOver(record.name)
  const carrying: CarryOut = new CarryOut({
    fleet,
    record,
    file: new RecordFile(folder, record.name),
    announce: () => link.announce(),
    onEvent: event => onEvent(event, carrying),
  })
  link.onConnection({
    lost: () => carrying.lost(),
    back: () => void carrying.reconnected(signal).catch(() => {}),
  })
  if (order) await carrying.obey({ do: order, by: whoAsks() })
  return carrying.run(signal)
}

/** Two rollouts that tell one device different things would tell it for ever. @throws rollout_overlaps */
function standAlone({ rollouts, heard }: Fleet, { name, plan }: RolloutRecord): void {
  const isMine = meant(plan)
  for (const { record: other } of rollouts.values()) {
    if (other.name === name || AT_REST.has(other.phase)) continue
    const isTheirs = meant(other.plan)
    const both = [...heard.devices.values()].filter(d => isMine(d) && isTheirs(d))
    if (both.length > 0) throw errors.rollout_overlaps({ name, other: other.name, devices: both.length })
  }
}

function sameOrThrow(before: RolloutPlan, plan: RolloutPlan): void {
  const keys = new Set([...Object.keys(before), ...Object.keys(plan)]) as Set<keyof RolloutPlan>
  const differs = [...keys].filter(k => JSON.stringify(sorted(before[k])) !== JSON.stringify(sorted(plan[k])))
  if (differs.length > 0) throw errors.rollout_differs({ name: plan.name, differs: differs.join(', ') })
}

/** Keys in one order, what is undefined left out: what was read back from JSON equals what was written. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  )
}

const ANSWER_MS = 15_000

/**
 * Has a rollout paused, resumed, approved, stopped or sent back: by the program that carries it out, or where there is none,
 * here.
 * @returns the record after it; `isCarriedOut`: whether a program goes on with it
 * @throws rollout_unknown, order_refused, order_unanswered
 */
export async function orderRollout(
  name: string,
  word: OrderWord,
  ask: FleetAsk & Pick<StartAsk, 'onEvent'>,
): Promise<{ record: RolloutRecord; isCarriedOut: boolean }> {
  const { flags, signal, onOdd } = ask
  const answered = await withFleet(flags, signal, onOdd, async ({ fleet, folder }) => {
    await fleet.listen(signal, 'rollouts')
    await known(fleet, folder, name)
    if (fleet.operators.get(name)?.state !== 'online') return undefined
    const order = { do: word, id: uniqueId(), by: whoAsks() }
    await fleet.bus.publish({
      topic: fleet.topics.order(name),
      payload: JSON.stringify(order),
      retain: false,
    })
    const beganMs = fleet.clock.monotonic()
    for (;;) {
      const record = fleet.rollouts.get(name)?.record
      if (record?.answered?.id === order.id) {
        const { problem } = record.answered
        if (problem !== undefined) throw errors.order_refused({ name, problem })
        return record
      }
      if (fleet.clock.monotonic() - beganMs > ANSWER_MS)
        throw errors.order_unanswered({ name, timeoutMs: ANSWER_MS })
      await sleep(50, signal)
    }
  })
  if (answered) return { record: answered, isCarriedOut: true }
  return withFleet(
    flags,
    signal,
    onOdd,
    async link => {
      const { fleet, folder } = link
      await fleet.listen(signal)
      const record = await known(fleet, folder, name)
      // to pause, resume or approve is to write it down; what follows from a stop is done here
      const hasWork = word === 'stop' || word === 'go_back'
      if (hasWork) return { record: (await carry(link, record, ask, word)).record, isCarriedOut: false }
      const carrying = new CarryOut({ fleet, record, file: new RecordFile(folder, name) })
      await carrying.obey({ do: word, by: whoAsks() })
      return { record: carrying.record, isCarriedOut: false }
    },
    word === 'stop' || word === 'go_back' ? name : undefined,
  )
}

/** Each time it is published anew, until it rests. @throws rollout_unknown */
export function watchRollout(
  name: string,
  { flags, signal, onOdd, onNews }: FleetAsk & { onNews(row: RolloutRow): void },
): Promise<RolloutRecord> {
  return withFleet(flags, signal, onOdd, async ({ fleet }) => {
    await fleet.listen(signal, 'rollouts')
    let told = ''
    for (;;) {
      const row = rowOf(fleet, name)
      if (!row) throw errors.rollout_unknown({ name })
      const text = JSON.stringify(row)
      if (text !== told) onNews(row)
      told = text
      if (AT_REST.has(row.record.phase)) return row.record
      await sleep(200, signal)
    }
  })
}

/** Takes back what is kept of a rollout, here and at the broker. Devices keep what they were told. @throws rollout_carried_out */
export function forgetRollout(name: string, { flags, signal, onOdd }: FleetAsk): Promise<void> {
  return withFleet(flags, signal, onOdd, async ({ fleet, folder }) => {
    await fleet.listen(signal, 'rollouts')
    await known(fleet, folder, name)
    if (fleet.operators.get(name)?.state === 'online') throw errors.rollout_carried_out({ name })
    const file = new RecordFile(folder, name)
    const isHere = await readFile(file.path).then(
      () => true,
      () => false,
    )
    if (isHere) await removeDurably(join(folder, `${name}.json`))
    for (const topic of [fleet.topics.rollout(name), fleet.topics.operator(name)])
      await fleet.bus.publish({ topic, payload: '', retain: true })
  })
}
