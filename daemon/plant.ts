/**
 * Everything about lines, wired: where they come from, what judges them, what becomes of alarms, and how people hear of
 * it and answer. The composition root of the room `triage`; main.ts builds one.
 */
import { join } from 'node:path'
import type { Clock } from './base/clock.js'
import { describe } from './base/errors.js'
import { packageVersion } from './base/package-root.js'
import type { Part } from './base/part.js'
import { uniqueId } from './base/random.js'
import type { LineSink } from './bus/lines/line.js'
import type { Connection } from './bus/mqtt/connect.js'
import { linesOf } from './bus/mqtt/topic-source.js'
import type { Topics } from './bus/mqtt/topics.js'
import { SerialSource } from './bus/serial/serial-source.js'
import { SyslogListener } from './bus/syslog/listener.js'
import { Tail } from './bus/tail/tail.js'
import type { Config } from './config/schema.js'
import type { LineClassifier } from './line-classifier.js'
import type { LineModel } from './line-model.js'
import type { Conditions } from './observability/conditions.js'
import type { Events } from './observability/events.js'
import type { Metrics } from './observability/metrics.js'
import type { Requests } from './requests/accept.js'
import { TriageRequests } from './triage/handle.js'
import { ALARM_DEFAULTS } from './triage/incidents/alarm-settings.js'
import { IncidentDesk } from './triage/incidents/desk.js'
import type { DeskSettings } from './triage/incidents/desk-settings.js'
import { FLOOD_DEFAULTS } from './triage/incidents/flood.js'
import { discoveryOf, overviewOf } from './triage/incidents/home-assistant.js'
import { IncidentStore, type Outgoing } from './triage/incidents/store.js'
import { LiveTriage } from './triage/live.js'
import { KnowledgeStore } from './triage/store.js'
import { Triage } from './triage/triage.js'
import { Turns } from './triage/turns.js'

export interface PlantOptions {
  config: Config
  clock: Clock
  connection: Connection
  topics: Topics
  requests: Requests
  events: Events
  metrics: Metrics
  conditions: Conditions
  /** Reads lines of which plain code is unsure. */
  model: LineModel | undefined
  /** Weighs what plain code says; without it that stands. */
  classifier: LineClassifier | undefined
}

/** Flash wears: what was learnt is written so seldom, milliseconds. */
const SAVE_EVERY_MS = 15 * 60_000

/** The triage room with its sources, as one part. */
export class Plant implements Part {
  readonly name = 'triage'
  readonly #o: PlantOptions
  readonly #knowledge: KnowledgeStore
  readonly #store: IncidentStore
  readonly #model: LineModel | undefined
  #triage: Triage | undefined
  #desk: IncidentDesk | undefined
  #live: LiveTriage | undefined
  #turns: Turns | undefined
  #sources: Part[] = []
  #ends: (() => void | Promise<void>)[] = []
  #saver: NodeJS.Timeout | undefined
  #haWaiting: NodeJS.Timeout | undefined
  readonly #haShown = new Map<string, string>()

  constructor(options: PlantOptions) {
    this.#o = options
    const { config, clock } = options
    this.#model = options.model
    this.#knowledge = new KnowledgeStore(join(config.dataDir, 'triage', 'knowledge.json'))
    this.#store = new IncidentStore({
      path: join(config.dataDir, 'triage', 'incidents.json'),
      instance: uniqueId(),
      clock,
      onReady: () => void this.#deliver(),
      onTrouble: error => options.conditions.raise('data_unwritable', describe(error)),
    })
  }

  get live(): LiveTriage | undefined {
    return this.#live
  }
  get triage(): Triage | undefined {
    return this.#triage
  }
  get desk(): IncidentDesk | undefined {
    return this.#desk
  }
  /** Events and topics that the broker has not got yet. */
  get waiting(): number {
    return this.#store.waiting
  }

  async start(signal: AbortSignal): Promise<void> {
    const { config, clock, requests, classifier } = this.#o
    const { triage: options } = config
    const { state, problem } = await this.#knowledge.load()
    if (problem) this.#o.events.tell('KnowledgeLost', { problem })
    const triage = new Triage(
      {
        lines: { mostTemplates: options.templatesPerSource },
        ...(this.#model ? { model: this.#model } : {}),
        ...(classifier ? { classifier: classifier.now } : {}),
        askBelow: options.askBelow,
        believeFrom: options.believeFrom,
      },
      state,
    )
    if (classifier) this.#ends.push(classifier.feed(now => triage.useClassifier(now)))
    const kept = await this.#store.load()
    const desk = kept
      ? IncidentDesk.restore(kept, deskSettings(config))
      : new IncidentDesk(deskSettings(config))
    const live = new LiveTriage({
      triage,
      desk,
      clock,
      numbers: options.numbers === 'on',
      limits: options.limits,
      tell: (effects, awaited) => {
        for (const { kind, incident, because } of effects)
          if (kind !== 'update')
            this.#o.events.tell(kind === 'notify' ? 'IncidentRaised' : 'IncidentOver', {
              n: incident.n,
              severity: incident.severity,
              because,
            })
        this.#store.record(effects, awaited)
        if (effects.length > 0) this.#showHomeAssistant(desk)
      },
    })
    this.#store.attach(desk)
    this.#triage = triage
    this.#desk = desk
    this.#live = live
    await live.start()
    const handler = new TriageRequests({
      live,
      triage,
      desk,
      clock,
      keep: async what => {
        if (what === 'words') await this.#save()
        // a word ends or raises what is open
        await this.#store.flush()
      },
    })
    this.#ends.push(
      requests.register('triage', (request, abort) => handler.triage(request, abort)),
      requests.register('incident', request => handler.incident(request)),
    )
    void this.#deliver()
    this.#showHomeAssistant(desk)
    await this.#beginSources(live, signal)
    this.#saver = setInterval(() => void this.#save(), SAVE_EVERY_MS)
    this.#saver.unref()
    this.#gauges()
  }

  /** The broker is there, or there again: it may have been restarted, and know nothing of what it was told. */
  connected(): void {
    this.#store.republish()
    void this.#deliver()
    this.#haShown.clear()
    if (this.#desk) this.#showHomeAssistant(this.#desk)
  }

  async stop(): Promise<void> {
    clearInterval(this.#saver)
    clearTimeout(this.#haWaiting)
    await Promise.all(this.#sources.splice(0).map(source => source.stop()))
    for (const end of this.#ends.splice(0)) await end()
    this.#turns?.finish()
    await this.#live?.stop()
    await this.#model?.stop()
    await this.#save()
    await this.#store.stop()
  }

  async #beginSources(live: LiveTriage, signal: AbortSignal): Promise<void> {
    const turns = new Turns({
      judge: l => live.line(l),
      tell: (source, kind, leftOut) =>
        live.trouble(
          kind === 'begins'
            ? {
                source,
                kind: 'flooding',
                detail: 'more lines come than can be judged; some are left out and counted',
                remedy: 'Look at what it repeats and stop that at the source.',
              }
            : {
                source,
                kind: 'settled',
                ends: 'flooding',
                detail: `the flood is over; ${leftOut} lines were left out`,
                remedy: 'None.',
              },
        ),
      now: () => this.#o.clock.monotonic(),
    })
    this.#turns = turns
    const sink: LineSink = { line: l => turns.add(l), trouble: t => live.trouble(t) }
    const { serial, tail, syslog, mqtt } = this.#o.config.sources
    const sources: Part[] = [
      ...serial.map(entry => new SerialSource(entry, sink)),
      ...tail.map(entry => new Tail(entry, sink)),
      ...(syslog.udpPort === undefined && syslog.tcpPort === undefined
        ? []
        : [new SyslogListener(syslog, sink)]),
    ]
    for (const source of sources) {
      await source.start(signal)
      this.#sources.push(source)
    }
    for (const entry of mqtt)
      this.#ends.push(
        await this.#o.connection.subscribe(
          entry.topic,
          message => {
            for (const line of linesOf(
              entry,
              message.topic,
              Buffer.from(message.payload),
              this.#o.clock.now(),
            ))
              turns.add(line)
          },
          { skipRetained: true },
        ),
      )
  }

  /** Hands what waits to the broker, oldest first; what it does not take stays. */
  async #deliver(): Promise<void> {
    await this.#store
      .deliver(item => this.#publish(item))
      .catch(error =>
        this.#o.events.tell('MessageDropped', { topic: 'an incident', problem: describe(error) }),
      )
  }

  async #publish(item: Outgoing): Promise<void> {
    const { connection, topics } = this.#o
    const json = { contentType: 'application/json', isText: true }
    if (item.kind === 'event')
      await connection.publish({
        topic: topics.event('alert'),
        payload: JSON.stringify(item.event),
        qos: 1,
        properties: json,
      })
    else
      await connection.publish({
        topic: topics.incident(item.n),
        payload: item.document === null ? '' : JSON.stringify(item.document),
        qos: 1,
        retain: true,
        ...(item.document === null ? {} : { properties: json }),
      })
  }

  /** What Home Assistant shows, when the owner wants it; published again only when it has changed. */
  #showHomeAssistant(desk: IncidentDesk): void {
    const { config, connection, topics } = this.#o
    if (config.triage.homeAssistant === 'off' || this.#haWaiting) return
    this.#haWaiting = setTimeout(() => {
      this.#haWaiting = undefined
      const open = desk.open()
      const overview = topics.event('incidents')
      const { topic, payload } = discoveryOf(
        { id: config.id, version: packageVersion() },
        {
          discoveryPrefix: config.home.discoveryPrefix,
          overview,
          events: topics.event('alert'),
          action: topics.request('incident'),
          status: topics.status,
        },
        open,
      )
      for (const [where, what] of [
        [topic, JSON.stringify(payload)],
        [overview, JSON.stringify(overviewOf(open))],
      ] as const) {
        if (this.#haShown.get(where) === what) continue
        this.#haShown.set(where, what)
        connection
          .publish({
            topic: where,
            payload: what,
            qos: 1,
            retain: true,
            properties: { contentType: 'application/json', isText: true },
          })
          .catch(() => this.#haShown.delete(where))
      }
    }, 200)
    this.#haWaiting.unref()
  }

  async #save(): Promise<void> {
    if (!this.#triage) return
    try {
      await this.#knowledge.save(this.#triage.state())
    } catch (error) {
      this.#o.conditions.raise('data_unwritable', describe(error))
    }
  }

  #gauges(): void {
    const { metrics } = this.#o
    metrics.gauge('triage_lines', () => this.#live?.counts.lines)
    metrics.gauge('triage_alarm_lines', () => this.#live?.counts.alarms)
    metrics.gauge('triage_lines_left_out', () => this.#live?.counts.leftOut)
    metrics.gauge('triage_lines_waiting', () => this.#turns?.waiting)
    metrics.gauge('triage_templates', () => this.#triage?.templates.size)
    metrics.gauge('triage_from_memory', () => this.#triage?.counts.memo)
    metrics.gauge('triage_by_model', () => this.#triage?.counts.slm)
    metrics.gauge('incidents_open', () => this.#desk?.open().length)
  }
}

function deskSettings({ triage }: Config): Partial<DeskSettings> {
  return {
    timeZone: triage.timeZone,
    alarm: {
      ...ALARM_DEFAULTS,
      onDelayMs: {
        ...ALARM_DEFAULTS.onDelayMs,
        warning: triage.onDelayS * 1000,
        critical: triage.criticalOnDelayS * 1000,
      },
      offDelayMs: triage.offDelayS * 1000,
    },
    flood: {
      ...FLOOD_DEFAULTS,
      beginsAbove: triage.floodAlarms,
      endsBelow: Math.max(1, Math.floor(triage.floodAlarms / 2)),
    },
  }
}
