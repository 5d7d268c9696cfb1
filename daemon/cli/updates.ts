/** Asks a running daemon about its updates, over MQTT; without one, reads what it left on the disk. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadMemory } from '../../ota/client/memory.js'
import { DeviceUpdates, type UpdateState } from '../../ota/format/state.js'
import { mainFile, type TargetPromise } from '../../ota/format/target.js'
import { sleep, systemClock } from '../base/clock.js'
import { FieldmouseError } from '../base/errors.js'
import { call } from '../bus/mqtt/call.js'
import type { Connection } from '../bus/mqtt/connect.js'
import { type Topics, topicsOf } from '../bus/mqtt/topics.js'
import type { Flags } from '../config/environment.js'
import { loadConfig } from '../config/load.js'
import type { Config } from '../config/schema.js'
import { FACTORY_FAMILIES, type FactoryFamily, factoryModelOf } from '../factory.js'
import { CLASSIFIER, shippedClassifier } from '../line-classifier.js'
import type { Reply } from '../requests/reply.js'
import { errors } from './errors.js'
import { presenceOf, withConnection } from './presence.js'
import { accessOf, shownUrl } from './reach.js'

export type Until = 'active' | 'confirmed'

export interface UpdatesQuestion {
  command: { do: string; family?: string; sha256?: string }
  /** Until it rests: a new model answers (`active`), or is good as well (`confirmed`); undefined: not at all. */
  follow: Until | undefined
  timeoutMs: number
  flags: Flags
  signal: AbortSignal
  onProgress(line: string): void
}

/**
 * @returns where updates stand after the command; `isLive` is false where that was read from the disk; `wentBack`: a model
 *   went back while it was followed
 * @returns or why the daemon refused
 * @throws no_broker, no_daemon, no_reply, update_stands_still
 */
export async function askUpdates(
  question: UpdatesQuestion,
): Promise<
  { updates: DeviceUpdates; isLive: boolean; wentBack: boolean } | { refused: NonNullable<Reply['error']> }
> {
  const { command, follow, timeoutMs, flags, signal } = question
  const { config } = loadConfig({ flags })
  const topics = topicsOf(config.rootTopic, config.id)
  try {
    const access = accessOf(config)
    return await withConnection(access, signal, async (connection, refused) => {
      const state = await presenceOf(connection, topics, refused, signal)
      if (state === 'absent' || state === 'offline')
        throw errors.no_daemon({ id: config.id, url: shownUrl(access.url), state })
      const asked = call(connection, topics, { kind: 'update', json: command, timeoutMs }, signal)
      const rest = follow ? watch(connection, topics, question) : undefined
      rest?.catch(() => {})
      const reply = await asked
      if (reply.error) return { refused: reply.error }
      if (rest) return { ...(await rest), isLive: true }
      return { updates: DeviceUpdates.parse(reply.result), isLive: true, wentBack: false }
    })
  } catch (error) {
    const isAway = error instanceof FieldmouseError && ['no_broker', 'no_daemon'].includes(error.code)
    if (!isAway || command.do !== 'status') throw error
    return { updates: await onDisk(config, command.family), isLive: false, wentBack: false }
  }
}

/** Nothing moved for so long, and it rests: it is over. */
const QUIET_MS = 1_500
/** What is watched answers already; its watch may take half an hour. */
const rests = ({ state, running, waiting_for }: UpdateState, until: Until | undefined) =>
  state === 'idle' ||
  state === 'failed' ||
  (until === 'active' && state === 'active' && running.probation) ||
  (state === 'staged' && waiting_for !== undefined)

/** Follows the retained state until all models rest, or wait for somebody. @throws no_reply when nothing moves */
async function watch(
  connection: Connection,
  topics: Topics,
  { command, follow, timeoutMs, signal, onProgress }: UpdatesQuestion,
): Promise<{ updates: DeviceUpdates; wentBack: boolean }> {
  let latest: DeviceUpdates | undefined
  let latestMs = 0
  let wentBack = false
  const watched = new Map<string, string>()
  let wake = () => {}
  const told = new Map<string, string>()
  const end = await connection.subscribe(topics.updateState, ({ payload }) => {
    const parsed = DeviceUpdates.safeParse(jsonOf(payload))
    if (!parsed.success) return
    latest = parsed.data
    latestMs = systemClock.monotonic()
    for (const model of latest.models.filter(m => !command.family || m.family === command.family)) {
      const { family, state, running } = model
      // what is kept from before is no news of this update
      if (told.has(family) && state === 'rolled-back') wentBack = true
      // the way back may be shorter than a look at it
      const before = watched.get(family)
      if (before !== undefined && state === 'idle' && running.sha256 !== before) wentBack = true
      if (state === 'active' && running.probation) watched.set(family, running.sha256)
      else watched.delete(family)
    }
    tell()
    wake()
  })
  /** What has changed; of a watch, each minute that is over. */
  const tell = () => {
    for (const model of latest?.models ?? []) {
      if (command.family && model.family !== command.family) continue
      const line = progressOf(model, systemClock.monotonic() - latestMs)
      if (told.get(model.family) !== line && model.state !== 'idle') onProgress(line)
      told.set(model.family, line)
    }
  }
  try {
    for (let quietMs = 0; ; ) {
      const models = latest?.models.filter(m => !command.family || m.family === command.family)
      if (latest && models?.every(m => rests(m, follow)) && quietMs >= QUIET_MS)
        return { updates: latest, wentBack }
      // nothing moves while a model is watched
      const watchMs = Math.max(0, ...(models ?? []).map(m => m.watch?.left_ms ?? 0))
      if (quietMs >= timeoutMs + watchMs)
        throw errors.update_stands_still({ state: latest?.state ?? 'unknown', timeoutMs })
      const over = new AbortController()
      const moved = new Promise<boolean>(resolve => {
        wake = () => resolve(true)
      })
      const stepMs = Math.min(QUIET_MS, timeoutMs)
      const late = sleep(stepMs, AbortSignal.any([signal, over.signal])).then(() => false)
      late.catch(() => {})
      const hasMoved = await Promise.race([moved, late])
      over.abort()
      tell()
      quietMs = hasMoved ? 0 : quietMs + stepMs
    }
  } finally {
    await end()
  }
}

/** @param agoMs since that was told */
function progressOf(
  { family, state, candidate, bytes, waiting_for, reason, watch: watching }: UpdateState,
  agoMs = 0,
): string {
  const what = `${family}${candidate ? ` ${candidate.version}` : ''}: ${state}`
  const share = bytes && bytes.total > 0 ? ` ${Math.floor((bytes.done / bytes.total) * 100)} %` : ''
  const left = watching ? `, watched for ${leftOf(watching.left_ms - agoMs)}` : ''
  return `${what}${share}${left}${waiting_for ? `, waits for ${waiting_for}` : ''}${reason ? ` (${reason.message})` : ''}`
}

/** In whole minutes, as long as it is one. */
function leftOf(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  if (ms <= 60_000) return 'less than a minute more'
  return `${minutes} minutes more`
}

/** What the updaters wrote: enough to see what would run, and where an update stopped. */
async function onDisk(config: Config, only: string | undefined): Promise<DeviceUpdates> {
  const folder = join(config.dataDir, 'updates')
  const names = await readdir(folder).catch((): string[] => [])
  const families = [...FACTORY_FAMILIES, CLASSIFIER].filter(f => names.includes(f))
  const models: UpdateState[] = []
  for (const family of families.filter(f => only === undefined || f === only)) {
    const memory = await loadMemory(join(folder, family, 'state.json'))
    const { state, bad, pinnedSha256, desiredId } = memory
    const pointer = jsonOf(
      await readFile(join(folder, family, 'pointer.json')).catch(() => Buffer.from('{}')),
    )
    const slot = (pointer as { active?: 'factory' | 'a' | 'b' }).active ?? 'factory'
    const record = jsonOf(
      await readFile(join(folder, family, 'slots', slot, 'record.json')).catch(() => Buffer.from('{}')),
    ) as { promise?: TargetPromise }
    const candidate = 'candidate' in state ? state.candidate : undefined
    const reason = 'reason' in state ? state.reason : state.is === 'idle' ? state.why : undefined
    const named = (promise: TargetPromise) => ({
      version: promise.version,
      release: promise.release,
      sha256: mainFile(promise).sha256,
    })
    models.push({
      family,
      state: state.is,
      running: {
        ...(record.promise ? named(record.promise) : shippedAs(family)),
        slot,
        probation: state.is === 'active' && candidate?.slot === slot,
      },
      ...(candidate ? { candidate: { ...named(candidate.promise), path: candidate.path } } : {}),
      ...(reason ? { reason: { code: reason.code, message: reason.says } } : {}),
      bad: bad.map(b => b.sha256),
      pinned: pinnedSha256 !== undefined,
      ...(desiredId ? { desired_id: desiredId } : {}),
    })
  }
  const { ota } = config
  const near = [
    ...(ota.folder ? [`folder ${ota.folder}`] : []),
    ...(ota.url ? [ota.url, ...ota.mirrors] : []),
  ]
  const sources = ota.overBroker === 'on' ? [...near, 'the broker'] : near
  return { state: models[0]?.state ?? 'idle', sources, models }
}

function shippedAs(family: string): Pick<UpdateState['running'], 'version' | 'release' | 'sha256'> {
  const { version, release, sha256 } =
    family === CLASSIFIER ? shippedClassifier() : factoryModelOf(family as FactoryFamily)
  return { version, release, sha256 }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return {}
  }
}

/** For people. */
export function sayUpdates({ sources, models, desired_id, desired_problem }: DeviceUpdates): string {
  const lines = [
    `repository  ${sources.length > 0 ? sources.join(', then ') : 'none configured (ota.url, ota.folder, ota.over_broker)'}`,
    ...(desired_id ? [`desired     ${desired_id}`] : []),
    ...(desired_problem ? [`desired     cannot be read: ${desired_problem}`] : []),
  ]
  for (const m of models) {
    const { running, figures } = m
    lines.push(
      '',
      `${m.family}`,
      `  runs      ${running.version} (${running.slot === 'factory' ? 'factory' : `slot ${running.slot}, release ${running.release}`}${running.probation ? ', watched' : ''}${m.pinned ? ', pinned' : ''})`,
      `  update    ${progressOf({ ...m, family: m.candidate ? m.family : '', reason: undefined, watch: undefined }).replace(/^: /, '')}`,
    )
    if (m.watch)
      lines.push(
        `  watched   ${running.version}, for ${leftOf(m.watch.left_ms)}; then it is good${m.watch.then_looks ? ', and the repository is looked into' : ''}`,
      )
    if (m.reason) lines.push(`  because   ${m.reason.message}`)
    if (m.reason?.remedy) lines.push(`  to do     ${m.reason.remedy}`)
    if (figures)
      lines.push(
        `  trial     ${figures.answered} golden requests, ${Math.round(figures.accuracy * 1000) / 10} % right, p95 ${Math.round(figures.p95_ms)} ms`,
      )
    if (m.bad.length > 0) lines.push(`  bad here  ${m.bad.map(sha => sha.slice(0, 12)).join(', ')}`)
  }
  if (models.length === 0) lines.push('', 'no model has been updated here')
  return lines.join('\n')
}
