/**
 * Everything about updates over the air, wired: where models come from, what the fleet wants, how the owner asks, and who
 * hears of it. The composition root of the device's side of `ota/`; main.ts builds one.
 */
import { join } from 'node:path'
import { UpdateClient } from '../ota/client/client.js'
import { deltaStrategy } from '../ota/client/delta.js'
import { errors as otaErrors } from '../ota/client/errors.js'
import type { HealthEvent } from '../ota/client/health.js'
import type { UpdateClientOptions } from '../ota/client/options.js'
import type { FactoryModel, Installed } from '../ota/client/slots.js'
import type { Trial } from '../ota/client/trial.js'
import { Desired, UpdateCommand } from '../ota/format/desired.js'
import { type DeviceUpdates, deviceUpdates, type UpdateState } from '../ota/format/state.js'
import { firstThatWorks } from '../ota/transport/first-that-works.js'
import type { Transport } from '../ota/transport/transport.js'
import type { Clock } from './base/clock.js'
import { describe, FieldmouseError } from './base/errors.js'
import { packageFile } from './base/package-root.js'
import type { Part } from './base/part.js'
import { parse } from './base/schema.js'
import type { Connection } from './bus/mqtt/connect.js'
import type { Topics } from './bus/mqtt/topics.js'
import type { Config } from './config/schema.js'
import { checkGguf } from './inference/gguf.js'
import type { Conditions } from './observability/conditions.js'
import type { Events } from './observability/events.js'
import type { Requests } from './requests/accept.js'
import { type Outcome, refusal } from './requests/reply.js'
import type { Request } from './requests/request.js'
import { UpdateNews } from './update-news.js'
import { UpdateReports } from './update-reports.js'
import { bootIdOf, clockIsSynchronised, factoryRoot, transportsOf } from './update-source.js'

/** A model that may be replaced over the air. */
export interface ManagedModel {
  family: string
  factory: FactoryModel
  trial: Trial
  /** Looks into its main file. Default: a GGUF. */
  inspect?(path: string): Promise<unknown>
  /** What `needs.engine` of a bundle is held against. Default: the engine of the board. */
  engine?: string
  /** Resolves when the next request is answered by it. */
  swap(to: Installed, signal: AbortSignal): Promise<void>
  /** Nothing is tried or swapped any more: lets go of what waits for it. */
  close?(): Promise<void>
}

export interface UpdatesOptions {
  config: Config
  clock: Clock
  connection: Connection
  topics: Topics
  requests: Requests
  events: Events
  conditions: Conditions
  board: UpdateClientOptions['board']
  models: readonly ManagedModel[]
}

/** Longest that timers take; nobody waits for it. @source Node.js: TIMEOUT_MAX */
const NEVER_MS = 2 ** 31 - 1
const MINUTE_MS = 60_000

/** The updaters of all models, as one part. */
export class Updates implements Part {
  readonly name = 'updates'
  readonly #o: UpdatesOptions
  readonly #news: UpdateNews
  readonly #reports: UpdateReports
  #clients = new Map<string, UpdateClient>()
  #sources: readonly Transport[] = []
  #nextSource: () => void = () => {}
  #desiredProblem: string | undefined
  /** Not all of them know what is desired now: what they say together would be half of the old and half of the new. */
  #isDesiring = false
  #open: () => void = () => {}
  /** Trials and swaps wait for it, and for one another: two models at once are memory enough. */
  #turn: Promise<unknown> = Promise.resolve()
  #ends: (() => void | Promise<void>)[] = []

  constructor(options: UpdatesOptions) {
    this.#o = options
    const { config, connection, topics, clock, events } = options
    this.#news = new UpdateNews({ config, connection, topics, clock, events })
    this.#reports = new UpdateReports({ config, connection, topics, clock, events })
  }

  /**
   * Finds what may answer: read back from the disk in full, or the factory's. Nothing is tried or swapped before `start`.
   * @throws updater_running, no_model_left, broker_file_unreadable
   */
  async prepare(signal: AbortSignal): Promise<void> {
    const { config, models, connection, clock, topics } = this.#o
    this.#turn = new Promise<void>(resolve => {
      this.#open = resolve
    })
    this.#sources = await transportsOf({ config, connection, clock, base: topics.base })
    const trust = await this.#trust()
    const transport = this.#oneOf(this.#sources)
    try {
      for (const model of models) {
        const client = new UpdateClient(this.#clientOptions(model, trust, transport))
        await client.start(signal)
        this.#clients.set(model.family, client)
      }
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** What answers for a family. */
  running(family: string): Installed | undefined {
    return this.#clients.get(family)?.running
  }

  /** Everything else runs: models may be tried now, and people may ask. */
  async start(): Promise<void> {
    const { connection, topics, requests } = this.#o
    this.#open()
    this.#ends.push(
      requests.register('update', request => this.#obey(request)),
      await connection.subscribe(topics.updateDesired, ({ payload }) => this.#desire(payload)),
    )
    this.connected()
  }

  /** The broker is there again: it may know nothing of what it was told. */
  connected(): void {
    this.#news.forget()
    this.#reports.forget()
    if (this.#clients.size === 0) return
    for (const client of this.#clients.values()) this.#onState(client.status())
    this.#tell()
    this.#news.announce([...this.#clients.keys()])
  }

  /** Tell every answer, error and crash of a family's model. */
  health(family: string, event: HealthEvent): void {
    this.#clients.get(family)?.health(event)
  }

  /** Where all updates stand. */
  status(): DeviceUpdates {
    return deviceUpdates(
      [...this.#clients.values()].map(client => client.status()),
      { sources: this.#sources.map(s => s.name), desiredProblem: this.#desiredProblem },
    )
  }

  async stop(): Promise<void> {
    // a step that waits for the gate ends with its own signal
    await Promise.all([...this.#clients.values()].map(client => client.stop()))
    await Promise.all(this.#o.models.map(model => model.close?.()))
    for (const end of this.#ends.splice(0)) await end()
    this.#news.stop()
    this.#clients.clear()
  }

  /** Several ways to one repository are asked in turn: trouble with what one serves begins with the next one. */
  #oneOf([first = nowhere, ...more]: readonly Transport[]): Transport {
    if (more.length === 0) return first
    const sources = firstThatWorks([first, ...more], { clock: this.#o.clock })
    this.#nextSource = () => sources.turn()
    return sources
  }

  /** tuf-js is loaded where there is a repository to ask. */
  async #trust(): Promise<UpdateClientOptions['trust']> {
    const { config, clock } = this.#o
    if (this.#sources.length === 0) return { consult: () => Promise.reject(otaErrors.no_update_source({})) }
    const { Trust } = await import('../ota/client/trust.js')
    return new Trust({
      folder: join(config.dataDir, 'updates', 'trust'),
      factoryRoot: config.ota.root ?? packageFile(...factoryRoot),
      onNewRoot: root => this.#o.events.tell('TrustBegunAnew', root),
      clock,
      isSynchronised: () => clockIsSynchronised(config.board.root),
    })
  }

  #clientOptions(
    model: ManagedModel,
    trust: UpdateClientOptions['trust'],
    transport: Transport,
  ): UpdateClientOptions {
    const { config, clock, board, requests } = this.#o
    const { ota } = config
    const hasSource = this.#sources.length > 0
    return {
      family: model.family,
      folder: join(config.dataDir, 'updates', model.family),
      trust,
      transport,
      // releases of two repositories say nothing of each other: below whatever the owner's own offers
      factory: ota.root === undefined ? model.factory : { ...model.factory, release: 0 },
      board: model.engine === undefined ? board : { ...board, engine: model.engine },
      installed: () => this.#installed(model.family),
      trial: (candidate, running, signal) =>
        this.#inTurn(signal, () => model.trial(candidate, running, signal)),
      swap: async (to, signal) => {
        await this.#inTurn(signal, () => model.swap(to, signal))
        for (const [family, other] of this.#clients) if (family !== model.family) await other.baseChanged()
      },
      inspect: path => model.inspect?.(path) ?? checkGguf(path, { withWords: false }),
      strategies: [deltaStrategy({ onTrouble: error => this.#trouble(model.family, error) })],
      isBusy: () => requests.load.queued + requests.load.running > 0,
      isMetered: () => ota.metered === 'on',
      onState: state => this.#onState(state),
      onProgress: () => this.#tell(),
      onTrouble: error => this.#trouble(model.family, error),
      checkEveryMs: hasSource ? ota.checkEveryMinutes * MINUTE_MS : NEVER_MS,
      ...(hasSource ? {} : { firstCheckMs: NEVER_MS }),
      approval: ota.approval,
      watchMs: ota.watchMinutes * MINUTE_MS,
      bootId: () => bootIdOf(config.board.root),
      room: { keepFreeMib: ota.keepFreeMib, maxDiskMib: ota.maxDiskMib },
      bytesPerSecond: ota.bytesPerSecond,
      windows: { download: ota.downloadHours, activate: ota.activateHours },
      bounds: { minBytesPerSecond: ota.minBytesPerSecond },
      clock,
    }
  }

  #trouble(family: string, error: unknown): void {
    this.#nextSource()
    this.#o.events.tell('UpdateTrouble', { family, problem: describe(error) })
    if (error instanceof FieldmouseError && error.code === 'disk_refused')
      this.#o.conditions.raise('data_unwritable', error.message)
  }

  /** Does it after what was begun before it. */
  #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const mine = orAborted(this.#turn, signal).then(work)
    // whoever was told to stop while it waited holds up nobody; the gate itself stays shut
    this.#turn = Promise.all([this.#turn, mine.catch(() => {})])
    return mine
  }

  /** Bases that an adapter of a family may stand on: its own factory model, which never goes, and what else is good. */
  #installed(family: string): ReturnType<NonNullable<UpdateClientOptions['installed']>> {
    const own = this.#o.models
      .filter(m => m.family === family)
      .map(({ factory }) => ({ family, release: factory.release ?? 0, sha256: factory.sha256 }))
    const others = [...this.#clients]
      .filter(([name, client]) => name !== family && client.running.kind === 'model')
      .map(([name, { running }]) => ({ family: name, release: running.release, sha256: running.sha256 }))
    return [...own, ...others]
  }

  #desire(payload: Uint8Array): void {
    const text = Buffer.from(payload).toString()
    try {
      const desired = text.trim() === '' ? undefined : parse(Desired, JSON.parse(text), 'update/desired')
      this.#desiredProblem = undefined
      this.#isDesiring = true
      for (const client of this.#clients.values()) client.desire(desired)
    } catch (error) {
      this.#desiredProblem = describe(error)
      this.#o.events.tell('DesiredRefused', { problem: this.#desiredProblem })
    } finally {
      this.#isDesiring = false
    }
    this.#tell()
  }

  /** `request/update`: a word such as `check`, or `UpdateCommand` as JSON. */
  async #obey({ body }: Request): Promise<Outcome> {
    const text = body.text ?? ''
    let command: UpdateCommand
    try {
      command = parse(UpdateCommand, text.startsWith('{') ? JSON.parse(text) : { do: text }, 'request/update')
    } catch (error) {
      return refusal('bad_request', { message: describe(error) })
    }
    const { family } = command
    const clients = [...this.#clients].filter(([name]) => family === undefined || name === family)
    if (clients.length === 0)
      return refusal('bad_request', {
        message: `no model of family "${family}" is updated here; there are: ${[...this.#clients.keys()].join(', ') || 'none'}`,
      })
    if (this.#sources.length === 0 && (command.do === 'check' || command.do === 'apply'))
      return refusal('no_update_source')
    if (command.do === 'forgive' && !clients.some(([, c]) => isBadHere(c, command.sha256)))
      return refusal('bad_request', {
        message: `nothing that begins with ${command.sha256} did badly here; \`fieldmouse ota status\` shows what did`,
      })
    const problems: FieldmouseError[] = []
    for (const [, client] of clients)
      await client.obey(command).catch(error => {
        if (!(error instanceof FieldmouseError)) throw error
        problems.push(error)
      })
    if (problems.length === clients.length)
      return refusal(problems[0]!.code === 'nothing_to_go_back_to' ? 'nothing_to_go_back_to' : 'internal', {
        message: problems[0]!.message,
      })
    return {
      ok: true,
      result: this.status(),
      stage: 'none',
      confidence: 1,
      model: null,
      inferMs: 0,
      promptTokens: 0,
      outputTokens: 0,
    }
  }

  #onState(state: UpdateState): void {
    this.#news.heard(state)
    const running = this.running(state.family)
    // to nobody but the fleet that its models come from
    if (running && this.#sources.length > 0) this.#reports.heard(state, running.files[running.kind] ?? '')
    const failed = [...this.#clients.values()].map(c => c.status()).find(s => s.state === 'failed')
    this.#o.conditions.set('update_failed', failed !== undefined, failed?.reason?.message)
    this.#tell()
  }

  #tell(): void {
    if (this.#clients.size === this.#o.models.length && !this.#isDesiring) this.#news.show(this.status())
  }
}

const isBadHere = (client: UpdateClient, sha256: string) =>
  client.status().bad.some(bad => bad.startsWith(sha256))

/** There is no repository: whoever asks it is told so. */
const nowhere: Transport = {
  name: 'nowhere',
  read: () => {
    throw otaErrors.no_update_source({})
  },
}

function orAborted(what: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    what.then(() => resolve(), reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
