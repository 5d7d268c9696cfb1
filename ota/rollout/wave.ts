/**
 * A rollout as a machine: the record, what each device last said and the time in; a new record and what to tell whom out. Pure.
 * Nothing is remembered of a device, so a program that begins again decides what the one before it would have.
 *
 *   running <-> paused        running, paused -> stopped (a rule, a missed gate, by hand) -> running (by hand) | going_back
 *      |                                                                                     going_back -> gone_back
 *      +-> done -> going_back (by hand)
 */
import type { Failure, RolloutPlan, RolloutRecord, StopRule, Verdict } from '../format/rollout.js'
import { NO_COUNTS } from '../format/rollout.js'
import { isOpen } from '../format/windows.js'
import { inOrder } from './canary.js'
import { type DeviceFacts, desiredModel, isHere, toldOf } from './facts.js'
import { sizeOf } from './plan.js'
import { ENDED, IN_PROGRESS, SETTLE_MS, type Standing, standingOf } from './verdict.js'
import { meant } from './who.js'

/** What to tell a device: to take the model, to keep what runs, to desire the model before, to go back by itself. */
export type Tell = { id: string } & ({ what: 'take'; wave: number } | { what: 'hold' | 'back' | 'rollback' })

export interface Turn {
  /** The same object where nothing changed. It is kept before anybody is told. */
  record: RolloutRecord
  tell: Tell[]
  counts: Record<Verdict, number>
  standings: Map<string, Standing>
}

export interface Now {
  ms: number
  /** 0 to 1439, for windows. */
  minuteOfDay: number
  settleMs?: number
}

/** A device that was asked to go back is asked again after so long. */
const ASK_AGAIN_MS = 60_000

export function next(record: RolloutRecord, devices: Iterable<DeviceFacts>, now: Now): Turn {
  const known = [...devices]
  const before = survey(record, known, now)
  const after = advance(record, before, now)
  const look = after.phase === record.phase ? before : survey(after, known, now)
  const tell: Tell[] = []
  if (after.phase === 'running') {
    tell.push(...takes(after, look, now))
    if (after.plan.hold_others === 'on') tell.push(...holds(after, look, new Set(tell.map(t => t.id))))
  }
  if (after.phase === 'stopped' && after.plan.in_progress_on_stop === 'withdraw')
    tell.push(...withdrawn(look))
  if (after.phase === 'going_back') tell.push(...backs(after, look, now))
  return { record: after, tell, counts: look.counts, standings: look.standings }
}

/** All devices that belong to the rollout, by how they stand. */
interface Look {
  standings: Map<string, Standing>
  counts: Record<Verdict, number>
  waiting: DeviceFacts[]
  told: { facts: DeviceFacts; standing: Standing & { told: NonNullable<Standing['told']> } }[]
  /** Run it and were not told. */
  others: DeviceFacts[]
  inProgress: number
}

function survey(record: RolloutRecord, devices: Iterable<DeviceFacts>, now: Now): Look {
  const { plan, phase } = record
  const isMeant = meant(plan)
  const isOver = phase !== 'running' && phase !== 'paused'
  const look: Look = {
    standings: new Map(),
    counts: { ...NO_COUNTS },
    waiting: [],
    told: [],
    others: [],
    inProgress: 0,
  }
  for (const facts of devices) {
    const standing = standingOf(facts, plan, now.ms, now.settleMs ?? SETTLE_MS)
    const { told } = standing
    if (told) look.told.push({ facts, standing: { ...standing, told } })
    else if (toldOf(facts, plan.name) === undefined && !isMeant(facts)) continue
    else if (standing.is === 'waiting') {
      look.waiting.push(facts)
      if (isOver) standing.is = 'skipped'
    } else look.others.push(facts)
    if (IN_PROGRESS.has(standing.is)) look.inProgress++
    look.counts[standing.is]++
    look.standings.set(facts.id, standing)
  }
  return look
}

/** The record after what was said since: a stop, a gate that is passed, the end. */
function advance(record: RolloutRecord, look: Look, now: Now): RolloutRecord {
  const { phase } = record
  if (phase === 'running' || phase === 'paused') {
    const reason = broken(record, look)
    if (reason) return stopped(record, reason, now)
  }
  if (phase === 'running') return waves(record, look, now)
  if (phase === 'going_back' && backs(record, look, now, true).length === 0)
    return changed(record, { phase: 'gone_back', reason: { ...goneBack(record, look), at_ms: now.ms } })
  return record
}

/** Every device has gone back, or its time for that is up. */
function goneBack({ plan }: RolloutRecord, { told, others, waiting }: Look): Reason {
  const { family, sha256 } = plan.model
  const all = [...told.map(d => d.facts), ...others, ...waiting]
  const still = all.filter(d => d.models[family]?.running.sha256 === sha256)
  if (still.length === 0) return { code: 'gone_back', message: 'no device that is heard of runs it any more' }
  const names = still.slice(0, 3).map(d => d.id)
  const more = still.length > 3 ? ' and others' : ''
  return {
    code: 'not_all_gone_back',
    message: `${still.length} devices did not go back in time: ${names.join(', ')}${more}`,
  }
}

/** Whether a stop rule says so: after the share of a kind among the devices that came to an end. */
function broken({ plan, counts_from_ms }: RolloutRecord, { told }: Look): Reason | undefined {
  const counted = told.filter(d => d.standing.told.atMs >= counts_from_ms).map(d => d.standing.is)
  for (const rule of plan.stop_when) {
    const kinds: readonly Failure[] = rule.of === 'any' ? ['failed', 'rolled_back', 'timed_out'] : [rule.of]
    const bad = counted.filter(is => (kinds as readonly string[]).includes(is)).length
    const ended = counted.filter(is => ENDED.has(is) && (is !== 'rejected' || rule.of === 'rejected')).length
    if (bad > 0 && ended >= rule.at_least && (bad / ended) * 100 >= rule.percent)
      return { code: 'too_many_failures', message: saysBroken(rule, bad, ended) }
  }
  return undefined
}

const saysBroken = ({ of, percent }: StopRule, bad: number, ended: number) =>
  `${bad} of ${ended} devices that came to an end ${of === 'any' ? 'did badly' : `are ${of.replace('_', ' ')}`}; ${percent} % or more stop the rollout`

interface Reason {
  code: string
  message: string
}

function waves(record: RolloutRecord, look: Look, now: Now): RolloutRecord {
  const { plan } = record
  let at = record
  for (;;) {
    const open = at.waves.at(-1)
    if (open === undefined) {
      at = opened(at, look, now)
      continue
    }
    const index = at.waves.length - 1
    const rule = plan.waves[index]!
    const isLast = index === plan.waves.length - 1
    const toldCount = look.told.length
    const eligible = look.waiting.filter(f => mayBeTold(f, plan, isLast))
    const isFull = eligible.length === 0 || (open.up_to !== null && toldCount >= open.up_to)
    if (!isFull) return at
    const hasEnded = look.inProgress === 0
    if (toldCount === 0 && !isLast) {
      // nobody of those who are meant is there: that must not last for ever
      if (look.waiting.length === 0) return finished(at, now)
      const waitedMs = now.ms - open.opened_at_ms
      if (waitedMs < plan.timeout_minutes * 60_000) return at
      return stopped(
        at,
        { code: 'nobody_there', message: 'none of the devices that are meant is online' },
        now,
      )
    }
    const { done, of, percent } = shareOf(look)
    const isReached = toldCount === 0 || (of > 0 && percent >= rule.confirmed_percent)
    if (isLast) {
      if (!hasEnded) return at
      return isReached || open.overruled ? finished(at, now) : stopped(at, missed(index, done, of, rule), now)
    }
    if (open.reached_at_ms === undefined) {
      if (!isReached && !(open.overruled && hasEnded))
        return hasEnded ? stopped(at, missed(index, done, of, rule), now) : at
      at = withWave(at, { reached_at_ms: now.ms })
      continue
    }
    if (now.ms < open.reached_at_ms + rule.soak_minutes * 60_000) return at
    if (rule.approval === 'by_hand' && open.approved_at_ms === undefined) return at
    at = opened(at, look, now)
  }
}

/** Share of confirmed devices among those that were told and can take it. */
function shareOf({ told }: Look): { done: number; of: number; percent: number } {
  const done = told.filter(d => d.standing.is === 'done').length
  const of = told.length - told.filter(d => d.standing.is === 'rejected').length
  return { done, of, percent: of === 0 ? 0 : (done / of) * 100 }
}

const missed = (index: number, done: number, of: number, rule: RolloutPlan['waves'][number]): Reason => ({
  code: 'gate_missed',
  message: `wave ${index + 1} came to an end with ${done} of ${of} devices confirmed; ${rule.confirmed_percent} % were wanted`,
})

/** The next wave, with its size in numbers: what is per cent is of the fleet as it is now. */
function opened(record: RolloutRecord, look: Look, now: Now): RolloutRecord {
  const index = record.waves.length
  const total = look.waiting.length + look.told.length
  const size = sizeOf(record.plan.waves[index]!.size, total)
  // what was told so far, not what should have been: a wave that found fewer devices is not made up for by the next
  const before = look.told.length
  const wave = { up_to: size === null ? null : before + size, opened_at_ms: now.ms }
  return changed(record, { waves: [...record.waves, wave] })
}

const mayBeTold = (facts: DeviceFacts, plan: RolloutPlan, isLast: boolean) =>
  isHere(facts) || (isLast && plan.who.offline === 'last')

/** Who is told to take it now. */
function takes({ plan, waves }: RolloutRecord, look: Look, now: Now): Tell[] {
  const open = waves.at(-1)
  if (open === undefined || !isOpen(plan.windows, now.minuteOfDay)) return []
  const wave = waves.length - 1
  const isLast = wave === plan.waves.length - 1
  const room = Math.min(
    open.up_to === null ? Number.POSITIVE_INFINITY : open.up_to - look.told.length,
    plan.max_in_progress - look.inProgress,
    atOnce(plan.waves[wave]!.per_minute, look, now),
  )
  if (room <= 0 || look.waiting.length === 0) return []
  const eligible = look.waiting.filter(facts => mayBeTold(facts, plan, isLast))
  const before = look.told.map(d => d.facts)
  return inOrder(eligible, before, plan.model.family, plan.name)
    .slice(0, room)
    .map(({ id }) => ({ id, what: 'take', wave }))
}

/** How many may be told at this moment where so many a minute are wanted: never more than that within any minute. */
function atOnce(perMinute: number | undefined, { told }: Look, now: Now): number {
  if (perMinute === undefined) return Number.POSITIVE_INFINITY
  // ids hold whole seconds
  const lastMinute = told.filter(d => d.standing.told.atMs > now.ms - 61_000)
  const lastMs = Math.max(0, ...lastMinute.map(d => d.standing.told.atMs))
  const due = Math.floor(((now.ms - lastMs) * perMinute) / 60_000)
  return Math.min(due, Math.ceil(perMinute / 60), Math.max(1, Math.floor(perMinute)) - lastMinute.length)
}

/** Who waits, and would take the newest of the repository by itself. */
function holds({ plan }: RolloutRecord, { waiting }: Look, told: ReadonlySet<string>): Tell[] {
  return waiting
    .filter(facts => {
      const mine = desiredModel(facts, plan.model.family)
      const isBound =
        mine !== undefined && (mine.hold || mine.path !== undefined || mine.sha256 !== undefined)
      return !isBound && !told.has(facts.id)
    })
    .map(({ id }) => ({ id, what: 'hold' }))
}

/** Who is under way and does not run it yet. One that does is watched by itself, and goes back by itself. */
function withdrawn({ told }: Look): Tell[] {
  return told
    .filter(d => d.standing.is === 'told' || d.standing.is === 'busy' || d.standing.is === 'timed_out')
    .map(({ facts }) => ({ id: facts.id, what: 'hold' }))
}

/**
 * Who is sent back: who was told to take it, and who runs it, for whatever reason.
 * @param isOpenOnly who has not come to the end of that, told again or not
 */
function backs({ plan }: RolloutRecord, look: Look, now: Now, isOpenOnly = false): Tell[] {
  const tells: Tell[] = []
  for (const facts of [...look.told.map(d => d.facts), ...look.others, ...look.waiting]) {
    const id = toldOf(facts, plan.name)
    const mine = facts.models[plan.model.family]
    const runsIt = mine?.running.sha256 === plan.model.sha256
    const isUnderWay = mine?.candidate === plan.model.sha256 && mine.state !== 'idle'
    if (id?.what !== 'back') {
      // one that was withdrawn in the middle of its trial may have taken over all the same
      if (id?.what === 'take' || runsIt || isUnderWay) tells.push({ id: facts.id, what: 'back' })
      continue
    }
    const isAway = now.ms - id.atMs >= plan.timeout_minutes * 60_000
    if (!(runsIt || isUnderWay) || isAway) continue
    const isAsked = facts.askedMs !== undefined && now.ms - facts.askedMs < ASK_AGAIN_MS
    const mayAsk = plan.go_back_to === undefined && isHere(facts) && facts.answers === facts.desired?.id
    if (isOpenOnly || (runsIt && mayAsk && !isAsked)) tells.push({ id: facts.id, what: 'rollback' })
  }
  return tells
}

function finished(record: RolloutRecord, now: Now): RolloutRecord {
  return changed(record, {
    phase: 'done',
    reason: { code: 'done', message: 'every device has come to an end', at_ms: now.ms },
  })
}

function stopped(record: RolloutRecord, reason: Reason, now: Now): RolloutRecord {
  return changed(record, {
    phase: record.plan.on_stop === 'go_back' ? 'going_back' : 'stopped',
    reason: { ...reason, at_ms: now.ms },
  })
}

function withWave(record: RolloutRecord, more: Partial<RolloutRecord['waves'][number]>): RolloutRecord {
  return changed(record, {
    waves: record.waves.map((w, i) => (i === record.waves.length - 1 ? { ...w, ...more } : w)),
  })
}

/** Every change makes a higher revision. */
export function changed(record: RolloutRecord, more: Partial<RolloutRecord>): RolloutRecord {
  return { ...record, ...more, revision: record.revision + 1 }
}
