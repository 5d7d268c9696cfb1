/**
 * The composition root: builds the parts and starts them, top to bottom. The only place that knows every room, so the
 * only one to read to know how things hang together. Stops in reverse.
 */
import { type Clock, systemClock } from './base/clock.js'
import { describe } from './base/errors.js'
import { packageVersion } from './base/package-root.js'
import { type Part, startAll, stopAll } from './base/part.js'
import type { Board } from './board/board.js'
import { EnergyMeter } from './board/energy.js'
import { Tree } from './board/read.js'
import type { BoardWatch } from './board/watch.js'
import { externalAccess } from './broker-access.js'
import type { EmbeddedBroker } from './bus/broker/embedded.js'
import { Connection } from './bus/mqtt/connect.js'
import { DEFAULT_LIMITS } from './bus/mqtt/envelope.js'
import { Serve } from './bus/mqtt/serve.js'
import { type Topics, topicsOf } from './bus/mqtt/topics.js'
import { wireOf } from './bus/mqtt/wire.js'
import { chooseModel, type ModelChoice } from './choose-model.js'
import { Commands } from './commands/handle.js'
import { type ConfiguredHome, loadHomeFile } from './commands/home.js'
import { Registry } from './commands/registry.js'
import { FactoryStage } from './commands/stages/factory.js'
import { MemoStage } from './commands/stages/memo.js'
import { Timers } from './commands/timers.js'
import { VirtualHome } from './commands/virtual.js'
import type { Config } from './config/schema.js'
import { keepMeasured } from './engine.js'
import { factoryModelOf } from './factory.js'
import { governed } from './govern.js'
import type { Hearing } from './hearing.js'
import type { ActiveEngine } from './inference/active.js'
import type { SpareChild } from './inference/fork.js'
import { MeteredEngine } from './inference/metered.js'
import { Models } from './models.js'
import { Conditions } from './observability/conditions.js'
import { Events } from './observability/events.js'
import { createLog, type Log } from './observability/log.js'
import { Metrics } from './observability/metrics.js'
import { Outward } from './outward.js'
import { embeddedBroker } from './own-broker.js'
import type { Plant } from './plant.js'
import { Requests } from './requests/accept.js'
import { surveyFor } from './survey.js'
import { type Tellers, tellers } from './tell.js'
import type { Updates } from './updates.js'
import { watched } from './watched-stage.js'

/** The model that ships: the floor every board stands on. */
export const factoryModel = (): string => factoryModelOf('command').files.model

/** What `main` needs beside the configuration. */
export interface DaemonOptions {
  config: Config
  clock?: Clock
  log?: Log
  /** What this machine is and is to run. Default: it is looked at. */
  board?: Board
  /** An inference process that is under way already. Ended when no model is loaded into it. */
  spare?: SpareChild
}

const METRICS_EVERY_MS = 60_000
const STOP_DEADLINE_MS = 8_000

/** A whole daemon. Two can run in one process. */
export class Daemon implements Part {
  readonly name = 'fieldmouse'
  readonly topics: Topics
  readonly metrics: Metrics
  readonly requests: Requests
  readonly #o: Required<Omit<DaemonOptions, 'board' | 'spare'>>
  readonly #spare: SpareChild | undefined
  #board: Board | undefined
  readonly #log: Log
  readonly #events: Events
  readonly #conditions: Conditions
  readonly #tell: Tellers
  readonly #outward: Outward
  #parts: Part[] = []
  #started: Part[] = []
  #broker: EmbeddedBroker | undefined
  #connection: Connection | undefined
  #engine: ActiveEngine | undefined
  #models: Models | undefined
  #registry: Registry | undefined
  #virtual: VirtualHome | undefined
  #meter: EnergyMeter | undefined
  #plant: Plant | undefined
  #hearing: Hearing | undefined
  #ticker: NodeJS.Timeout | undefined
  #stopping = false
  #listening = false

  constructor(options: DaemonOptions) {
    const clock = options.clock ?? systemClock
    const { config } = options
    this.#log = options.log ?? createLog({ ...config.log, clock })
    this.#o = { clock, log: this.#log, config }
    this.#board = options.board
    this.#spare = options.spare
    this.topics = topicsOf(config.rootTopic, config.id)
    this.metrics = new Metrics(clock)
    this.#events = new Events(this.#log, this.metrics, clock)
    this.#conditions = new Conditions(clock, shown => {
      if (this.#stopping) return
      this.#events.tell('ConditionsChanged', { shown })
      // not before it listens: "online" is a promise
      if (this.#listening) void this.#connection?.announce().catch(() => {})
    })
    this.#tell = tellers({
      log: this.#log,
      events: this.#events,
      metrics: this.metrics,
      conditions: this.#conditions,
    })
    this.#outward = new Outward({
      topics: this.topics,
      clock,
      events: this.#events,
      metrics: this.metrics,
      conditions: this.#conditions,
      connection: () => this.#connection,
      board: () => this.#boardName,
      model: () => this.#engine?.info?.name,
    })
    this.requests = this.#makeRequests()
  }

  /** Where the broker listens. */
  get brokerUrl(): string {
    return this.#broker?.address.url ?? this.#o.config.broker.url ?? ''
  }
  get broker(): EmbeddedBroker | undefined {
    return this.#broker
  }
  get engine(): ActiveEngine | undefined {
    return this.#engine
  }
  get registry(): Registry | undefined {
    return this.#registry
  }
  /** Lines, alarms and incidents. */
  get plant(): Plant | undefined {
    return this.#plant
  }
  /** Models over the air. */
  get updates(): Updates | undefined {
    return this.#models?.updates
  }
  /** Speech: what hears, and its doors. */
  get hearing(): Hearing | undefined {
    return this.#hearing
  }
  /** The pretended devices, when the configuration asks for them. */
  get virtualHome(): VirtualHome | undefined {
    return this.#virtual
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#stopping = false
    const { config, clock } = this.#o
    const began = clock.monotonic()
    this.#board ??= await surveyFor(config, { quick: true })
    const choice = await this.#choose(this.#board)
    const home = (await loadHomeFile(config.home.file))[0]!

    // what starts last is imported while this process waits for broker and model
    const last = Promise.all([import('./plant.js'), import('./hearing.js')])
    last.catch(() => {}) // thrown where it is awaited
    if (config.broker.kind === 'embedded') {
      this.#broker = embeddedBroker(config, { log: this.#log, conditions: this.#conditions })
      await this.#begin(this.#broker, signal)
    }
    const connection = this.#makeConnection(config.broker.clientId, true)
    this.#connection = connection
    const memo = new MemoStage(config.commands.memoEntries)
    const models = await this.#findModels(choice, connection, memo, signal)
    const { engine } = models
    this.#engine = models.active
    // the model loads while the broker answers: each takes most of a second
    await this.#beginTogether([connection, engine], signal)
    this.#spare?.discard()
    if (this.#engine && !('none' in choice))
      await keepMeasured(choice, this.#engine, this.#board, config, clock, this.#events).catch(error =>
        this.#conditions.raise('data_unwritable', describe(error)),
      )
    if (config.demo.virtualDevices) await this.#beginVirtual(home, signal)

    const wire = wireOf(connection)
    const registry = new Registry({
      home,
      wire,
      clock,
      discoveryPrefix: config.home.discovery === 'on' ? config.home.discoveryPrefix : null,
    })
    this.#registry = registry
    await this.#begin(registry, signal)
    const timers = new Timers({ clock, onFinished: timer => this.#outward.event('timer', { ...timer }) })
    await this.#begin(timers, signal)

    const { total_rail } = this.#board.match.profile.power
    this.#meter = new EnergyMeter({
      tree: new Tree(config.board.root),
      clock,
      ...(total_rail ? { totalRail: total_rail } : {}),
    })
    const meter = this.#meter
    const metered = (await meter.open()) === 'none' ? engine : new MeteredEngine(engine, () => meter.begin())
    const commands = new Commands({
      registry,
      timers,
      wire,
      clock,
      understand: {
        stages: [watched(new FactoryStage(metered), models, config.commands)],
        memo,
        minConfidence: config.commands.minConfidence,
      },
      confirmTimeoutMs: config.commands.confirmTimeoutMs,
      sessionSeconds: config.commands.sessionSeconds,
      askBelow: config.commands.askBelow,
      askBelowHeard: config.voice.askBelow,
      risk: config.commands.risk,
      // the reply goes first: whoever asked waits for it, nobody waits for the event
      onCommand: event => void setImmediate(() => this.#outward.command(event)),
    })
    this.requests.register('command', (request, abort) => commands.handle(request, abort))
    await this.#begin(this.requests, signal)
    const [{ Plant }, { Hearing }] = await last
    this.#plant = new Plant({
      config,
      clock,
      connection,
      topics: this.topics,
      requests: this.requests,
      events: this.#events,
      metrics: this.metrics,
      conditions: this.#conditions,
      model: models.line,
      classifier: models.classifier,
    })
    await this.#begin(this.#plant, signal)
    this.#hearing = new Hearing({
      config,
      clock,
      connection,
      requests: this.requests,
      registry,
      commands,
      events: this.#events,
      conditions: this.#conditions,
      publishEvent: (name, payload) => this.#outward.event(name, payload),
    })
    await this.#begin(this.#hearing, signal)
    await this.#begin(
      new Serve({
        topics: this.topics,
        connection,
        requests: this.requests,
        groups: config.broker.groups,
        ...(config.broker.share ? { share: config.broker.share } : {}),
        limits: {
          ...DEFAULT_LIMITS,
          command: config.requests.maxTextBytes,
          ask: config.requests.maxTextBytes,
        },
        clock,
        onRefused: (_topic, reply) =>
          this.#events.tell('RequestRefused', { kind: 'message', code: reply.error?.code ?? '' }),
        onReplyLost: (topic, error) =>
          this.#events.tell('MessageDropped', { topic, problem: describe(error) }),
      }),
      signal,
    )
    await this.#begin(models.updates, signal)
    this.#listening = true
    this.#gauges()
    if (config.governor.enabled === 'on') await this.#begin(this.#makeWatch(this.#board), signal)
    this.#ticker = setInterval(() => this.#outward.metrics(), METRICS_EVERY_MS)
    this.#ticker.unref()
    this.#events.tell('DaemonStarted', {
      id: config.id,
      version: packageVersion(),
      board: this.#boardName,
      model: engine.info?.name ?? 'none',
      broker: this.brokerUrl,
      startMs: clock.monotonic() - began,
    })
    await connection.announce().catch(() => {})
  }

  async stop(why = 'asked to'): Promise<void> {
    this.#stopping = true
    this.#listening = false
    clearInterval(this.#ticker)
    this.#spare?.discard()
    this.#meter?.close()
    const started = this.#started.splice(0)
    // also where it was prepared and never begun
    await this.#models?.updates.stop()
    for (const trouble of await stopAll(started, STOP_DEADLINE_MS)) this.#log.warn(trouble)
    this.#conditions.stop()
    if (started.length) this.#events.tell('DaemonStopped', { why })
  }

  /** Starts a part and remembers it for stopping. A failure stops everything that was started. */
  async #begin(part: Part, signal: AbortSignal): Promise<void> {
    await this.#beginTogether([part], signal)
  }
  async #beginTogether(parts: Part[], signal: AbortSignal): Promise<void> {
    this.#parts.push(...parts)
    const results = await Promise.allSettled(parts.map(part => startAll([part], signal)))
    results.forEach((result, i) => {
      if (result.status === 'fulfilled') this.#started.push(parts[i]!)
    })
    const failed = results.find(r => r.status === 'rejected')
    if (failed) {
      await this.stop('it could not start')
      throw failed.reason
    }
  }

  /** @param present whether this connection speaks for the device on the status topic */
  #makeConnection(clientId: string, present: boolean): Connection {
    const { clock, config } = this.#o
    const access = this.#broker ? { url: this.#broker.address.url } : externalAccess(config.broker)
    const presence = {
      topic: this.topics.status,
      online: () => this.#outward.status(this.#conditions.state()),
      offline: () => this.#outward.status('offline'),
    }
    return new Connection({
      access,
      clientId,
      clock,
      ...(present ? { presence } : {}),
      onEvent: event => {
        // a second connection of the same daemon has the same troubles, and at the end all are lost
        if (present && !this.#stopping) this.#tell.connection(access.url)(event)
        if (event.name !== 'BrokerConnected') return
        // devices are another client than the daemon, and have their own connection
        if (!present) return void this.#virtual?.connected().catch(error => this.#log.warn(describe(error)))
        this.#plant?.connected()
        this.#models?.updates.connected()
      },
    })
  }

  get #boardName(): string {
    return this.#board?.facts.model ?? this.#board?.match.profile.name ?? 'unknown board'
  }

  /** Which model files answer, read back from the disk; none is loaded yet. */
  async #findModels(
    choice: ModelChoice | { none: string },
    connection: Connection,
    memo: MemoStage,
    signal: AbortSignal,
  ): Promise<Models> {
    const { config, clock } = this.#o
    try {
      const options = { config, clock, connection, topics: this.topics, requests: this.requests, choice }
      this.#models = await Models.find(
        {
          ...options,
          board: this.#board!,
          ...(this.#spare ? { spare: this.#spare } : {}),
          events: this.#events,
          conditions: this.#conditions,
          onEngine: this.#tell.engine,
          onSwapped: family => {
            if (family === 'command') memo.clear()
            else this.#plant?.triage?.forgetVerdicts()
            void this.#connection?.announce().catch(() => {})
          },
        },
        signal,
      )
      return this.#models
    } catch (error) {
      await this.stop('it could not start')
      throw error
    }
  }

  async #choose(board: Board): Promise<ModelChoice | { none: string }> {
    const { match, problems } = board
    this.#conditions.set('profiles_left_out', problems.length > 0, problems.join('; '))
    const choice = await chooseModel(this.#o.config, board)
    const none = 'none' in choice ? choice.none : undefined
    const instead = 'none' in choice ? undefined : choice.instead
    this.#conditions.set('model_absent', none !== undefined, none)
    this.#conditions.set('model_replaced', instead !== undefined, instead)
    this.#events.tell('BoardRecognised', {
      board: this.#boardName,
      profile: match.profile.name,
      because: match.because,
    })
    return choice
  }

  #makeWatch(board: Board): BoardWatch {
    const { threads = 1, sequences = 1 } = this.#engine?.info ?? {}
    return governed({
      config: this.#o.config,
      board,
      clock: this.#o.clock,
      log: this.#log,
      events: this.#events,
      conditions: this.#conditions,
      metrics: this.metrics,
      planned: { threads, sequences },
      apply: limits => this.#engine?.adjust(limits),
      publish: (name, payload) => this.#outward.event(name, payload),
    })
  }

  #makeRequests(): Requests {
    const { requests } = this.#o.config
    return new Requests({
      clock: this.#o.clock,
      queueLength: requests.queueLength,
      concurrency: requests.concurrency,
      maxRunMs: requests.defaultTimeoutMs,
      seenWindowMs: requests.dedupeMinutes * 60_000,
      onEvent: this.#tell.requests,
    })
  }

  async #beginVirtual(home: ConfiguredHome, signal: AbortSignal): Promise<void> {
    const connection = this.#makeConnection(`${this.#o.config.broker.clientId}-devices`, false)
    await this.#begin(connection, signal)
    this.#virtual = new VirtualHome({ home, wire: wireOf(connection) })
    await this.#begin(this.#virtual, signal)
  }

  #gauges(): void {
    this.metrics.gauge('rss_bytes', () => process.memoryUsage.rss())
    this.metrics.gauge('inference_rss_bytes', () => this.#engine?.childRssBytes)
    this.metrics.gauge('requests_queued', () => this.requests.load.queued)
  }
}
