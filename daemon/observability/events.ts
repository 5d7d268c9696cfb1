import type { Clock } from '../base/clock.js'
import type { Fields, Level, Log } from './log.js'
import type { Metrics } from './metrics.js'

type Printed = Exclude<Level, 'silent'>

/** One kind of internal event: a noun and a past verb. */
export interface EventEntry<D> {
  level: Printed | ((details: D) => Printed)
  /** One sentence for the log. */
  says: (details: D) => string
  /** What it means, for the reference page. */
  meaning: string
  /** Counter that goes up by one. */
  counter?: string
  /** Details that become fields of the log line, snake_case. Others stay inside. */
  fields?: (details: D) => Fields
}

/** What happens inside, with its level, sentence and counter. What people said is at debug. */
export const EVENTS = {
  DaemonStarted: entry({
    level: 'info',
    meaning: 'The daemon takes requests.',
    says: (a: {
      id: string
      version: string
      board: string
      model: string
      broker: string
      startMs: number
    }) => `fieldmouse ${a.version} is ready as ${a.id} on ${a.board}: model ${a.model}, broker ${a.broker}`,
    fields: a => ({ start_ms: Math.round(a.startMs) }),
  }),
  DaemonStopped: entry({
    level: 'info',
    meaning: 'The daemon has given everything back.',
    says: (a: { why: string }) => `stopped (${a.why})`,
  }),
  BrokerConnected: entry({
    level: 'info',
    meaning: 'A session with the broker is up.',
    says: (a: { url: string; protocol: string }) => `connected to ${a.url} (MQTT ${a.protocol})`,
    counter: 'broker_connections',
  }),
  BrokerLost: entry({
    level: 'warn',
    meaning: 'The connection to the broker is gone; the daemon tries again by itself.',
    says: (a: { url: string; problem: string }) => `lost ${a.url}: ${a.problem}`,
    counter: 'broker_losses',
  }),
  MessageDropped: entry({
    level: 'warn',
    meaning: 'Something to be published was given up.',
    says: (a: { topic: string; problem: string }) => `${a.topic} was not published: ${a.problem}`,
    counter: 'messages_dropped',
  }),
  ModelLoaded: entry({
    level: 'info',
    meaning: 'A model is ready to answer.',
    says: (a: { model: string; threads: number; sequences: number; loadMs: number }) =>
      `model ${a.model}: ${a.threads} thread(s), ${a.sequences} sequence(s)`,
    fields: a => ({ load_ms: Math.round(a.loadMs), threads: a.threads }),
    counter: 'model_loads',
  }),
  BoardRecognised: entry({
    level: 'info',
    meaning: 'What this board is, and what it is to run.',
    says: (a: { board: string; profile: string; because: string }) =>
      `${a.board}: profile ${a.profile}; ${a.because}`,
  }),
  BoardMeasured: entry({
    level: 'info',
    meaning: 'How fast a model runs on this board is known, and kept until hardware or file change.',
    says: (a: { model: string; threads: number; prefillTps: number; decodeTps: number }) =>
      `${a.model} reads ${Math.round(a.prefillTps)} and writes ${Math.round(a.decodeTps)} tokens/s with ${a.threads} thread(s)`,
    counter: 'board_measurements',
  }),
  GovernorStepped: entry({
    level: (a: { from: string; to: string; down: boolean; because: string }) => (a.down ? 'warn' : 'info'),
    meaning:
      'The daemon holds itself back because of heat, volts, memory, battery or fan, or stops doing so.',
    says: a => `${a.down ? 'holding back' : 'going on'}: ${a.from} -> ${a.to}, ${a.because}`,
    fields: a => ({ from: a.from, to: a.to }),
    counter: 'governor_steps',
  }),
  UpdateMoved: entry({
    level: (a: { family: string; state: string; version: string; reason?: string }) =>
      a.state === 'rolled-back' || a.state === 'failed' ? 'warn' : 'info',
    meaning: 'An update over the air came to another state.',
    says: a => `model ${a.family} ${a.version}: ${a.state}${a.reason ? ` (${a.reason})` : ''}`,
    fields: a => ({ family: a.family, state: a.state }),
    counter: 'update_steps',
  }),
  UpdateTrouble: entry({
    level: 'debug',
    meaning: 'Something went wrong during an update; the state says what became of it.',
    says: (a: { family: string; problem: string }) => `update of ${a.family}: ${a.problem}`,
    counter: 'update_troubles',
  }),
  TrustBegunAnew: entry({
    level: 'warn',
    meaning:
      'This device was given another first root (by its package, or `ota.root`): whom it believes about models begins anew there.',
    says: (a: { path: string }) =>
      `the root at ${a.path} is another one now: who may sign for models is read from there, and no more from what came after the one before`,
    fields: a => ({ path: a.path }),
  }),
  DesiredRefused: entry({
    level: 'warn',
    meaning: 'What came on update/desired cannot be read; what was desired before holds.',
    says: (a: { problem: string }) => `update/desired: ${a.problem}`,
  }),
  IncidentRaised: entry({
    level: 'warn',
    meaning: 'Lines of a log or sensor amount to an alarm that somebody should hear of.',
    says: (a: { n: number; severity: string; because: string }) =>
      `incident ${a.n} (${a.severity}): ${a.because}`,
    fields: a => ({ n: a.n, severity: a.severity }),
    counter: 'incidents_raised',
  }),
  IncidentOver: entry({
    level: 'info',
    meaning: 'An incident is over: returned and acknowledged, or let go.',
    says: (a: { n: number; severity: string; because: string }) => `incident ${a.n} is over: ${a.because}`,
    fields: a => ({ n: a.n }),
    counter: 'incidents_over',
  }),
  KnowledgeLost: entry({
    level: 'error',
    meaning: 'What triage had learnt could not be read; it begins anew and the file is put aside.',
    says: (a: { problem: string }) => a.problem,
  }),
  ClassifierMissing: entry({
    level: 'error',
    meaning:
      'Weights of the classifier of lines could not be used; those that ship are, or plain code judges alone.',
    says: (a: { problem: string }) => a.problem,
  }),
  EngineDied: entry({
    level: 'error',
    meaning: 'The inference process ended by itself; requests in flight are tried once more.',
    says: (a: { how: string; inFlight: number }) =>
      `the inference process ended (${a.how}), ${a.inFlight} in flight`,
    counter: 'engine_deaths',
  }),
  EngineRestarting: entry({
    level: 'info',
    meaning: 'The inference process is started again after a wait.',
    says: (a: { inMs: number; attempt: number }) => `starting the inference process again in ${a.inMs} ms`,
    fields: a => ({ attempt: a.attempt }),
    counter: 'engine_restarts',
  }),
  EngineSaid: entry({
    level: 'debug',
    meaning: 'A line that native code printed.',
    says: (a: { text: string }) => JSON.stringify(a.text.trim()),
  }),
  RequestAnswered: entry({
    level: 'debug',
    meaning: 'A reply was sent, good or bad.',
    says: (a: { kind: string; id: string; stage: string; ok: boolean; code?: string; totalMs: number }) =>
      `${a.kind} ${JSON.stringify(a.id)}: ${a.ok ? 'done' : (a.code ?? 'failed')} by ${a.stage}`,
    fields: a => ({ total_ms: a.totalMs }),
    counter: 'requests_answered',
  }),
  RequestRefused: entry({
    level: 'debug',
    meaning: 'A request was turned away at the door: malformed, too large, busy.',
    says: (a: { kind: string; code: string }) => `${a.kind} refused: ${a.code}`,
    counter: 'requests_refused',
  }),
  RequestExpired: entry({
    level: 'debug',
    meaning: 'Nobody waited for the answer any more.',
    says: (a: { kind: string; where: string }) => `${a.kind} expired ${a.where}`,
    counter: 'requests_expired',
  }),
  RequestRepeated: entry({
    level: 'debug',
    meaning: 'The same request was delivered again; it is done once.',
    says: (a: { kind: string }) => `${a.kind} delivered again`,
    counter: 'requests_repeated',
  }),
  HandlerFailed: entry({
    level: 'error',
    meaning: 'A fault of the daemon; the sender was told `internal`.',
    says: (a: { kind: string; problem: string }) => `${a.kind} failed: ${a.problem}`,
    counter: 'handler_failures',
  }),
  CommandHeard: entry({
    level: 'debug',
    meaning: 'What was said, and what was made of it.',
    says: (a: { text: string; answer: string; stage: string; confidence: number }) =>
      `${JSON.stringify(a.text)} -> ${JSON.stringify(a.answer)}`,
    fields: a => ({ stage: a.stage, confidence: a.confidence }),
    counter: 'commands',
  }),
  DeviceUnconfirmed: entry({
    level: 'info',
    meaning: 'A device was told to do something and did not say that it did.',
    says: (a: { device: string }) => `${a.device} did not confirm`,
    counter: 'devices_unconfirmed',
  }),
  UtteranceHeard: entry({
    level: 'debug',
    meaning: 'What was understood of an utterance, before anything was done.',
    says: (a: {
      site: string
      text: string
      confidence: number
      engine: string
      ms: number
      audioMs: number
    }) => `${a.site}: ${JSON.stringify(a.text)}`,
    fields: a => ({
      engine: a.engine,
      confidence: Math.round(a.confidence * 1000) / 1000,
      asr_ms: Math.round(a.ms),
      audio_ms: Math.round(a.audioMs),
    }),
    counter: 'utterances',
  }),
  SpeechReady: entry({
    level: 'info',
    meaning: 'A speech recogniser listens.',
    says: (a: { engine: string; doors: string }) => `${a.engine} listens${a.doors ? ` (${a.doors})` : ''}`,
  }),
  SpeechDied: entry({
    level: 'warn',
    meaning: 'The process of a speech recogniser ended by itself, or was ended because it gave no answer.',
    says: (a: { engine: string; how: string }) => `${a.engine} ended: ${a.how}`,
    counter: 'speech_deaths',
  }),
  SpeechLanguageBuilt: entry({
    level: (a: { ms: number; troubles: readonly string[] }) => (a.troubles.length > 0 ? 'warn' : 'info'),
    meaning:
      'What can be said to this home is known to the recogniser, after a start or a change of the home.',
    says: (a: { ms: number; troubles: readonly string[] }) =>
      a.troubles.length > 0
        ? `the language of the home is there, though ${a.troubles.join('; ')}`
        : 'the language of the home is there',
    fields: a => ({ build_ms: Math.round(a.ms) }),
  }),
  SpeechLanguageFailed: entry({
    level: 'error',
    meaning: 'The language of the home could not be built; the one before stays.',
    says: (a: { problem: string }) => `the language of the home could not be built: ${a.problem}`,
  }),
  SatelliteTrouble: entry({
    level: 'warn',
    meaning: 'Something is wrong with a satellite, a client or the microphone.',
    says: (a: { site: string; problem: string }) => `${a.site}: ${a.problem}`,
    counter: 'satellite_troubles',
  }),
  ConditionsChanged: entry({
    level: (a: { shown: readonly unknown[] }) => (a.shown.length > 0 ? 'warn' : 'info'),
    meaning: 'What is wrong for a while has changed.',
    says: (a: { shown: readonly { code: string; detail?: string }[] }) =>
      a.shown.length === 0
        ? 'all is well again'
        : a.shown.map(c => (c.detail ? `${c.code} (${c.detail})` : c.code)).join(', '),
  }),
}

export type EventName = keyof typeof EVENTS
export type EventDetails<N extends EventName> = Parameters<(typeof EVENTS)[N]['says']>[0]

/** The same warning within this time is counted, not printed again. */
const QUIET_MS = 60_000
const REMEMBERED = 128

/** Turns events into log lines and counters. */
export class Events {
  readonly #log: Log
  readonly #metrics: Metrics
  readonly #clock: Clock
  readonly #last = new Map<string, { at: number; held: number }>()

  constructor(log: Log, metrics: Metrics, clock: Clock) {
    this.#log = log
    this.#metrics = metrics
    this.#clock = clock
  }

  /** Info, warnings and errors with the same sentence are printed once a minute, with the number held back. */
  tell<N extends EventName>(name: N, details: EventDetails<N>): void {
    const event = EVENTS[name] as unknown as EventEntry<EventDetails<N>>
    if (event.counter) this.#metrics.count(event.counter)
    const level = typeof event.level === 'function' ? event.level(details) : event.level
    if (!this.#log.prints(level)) return
    const sentence = event.says(details)
    const fields = { event: name, ...event.fields?.(details) }
    if (level === 'debug' || level === 'trace') {
      this.#log.line(level, sentence, fields)
      return
    }
    const now = this.#clock.monotonic()
    const key = `${name} ${sentence}`
    const last = this.#last.get(key)
    if (last && now - last.at < QUIET_MS) {
      last.held++
      return
    }
    this.#last.delete(key)
    this.#last.set(key, { at: now, held: 0 })
    if (this.#last.size > REMEMBERED) this.#last.delete(this.#last.keys().next().value!)
    this.#log.line(level, sentence, last?.held ? { ...fields, repeated: last.held } : fields)
  }
}

function entry<D>(e: EventEntry<D>): EventEntry<D> {
  return e
}
