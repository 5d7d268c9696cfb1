/** What the rooms tell of themselves, as log lines, counters and conditions: the wires between them and observability. */
import { describe } from './base/errors.js'
import type { ConnectionEvent } from './bus/mqtt/connect.js'
import type { EngineEvent } from './inference/supervisor.js'
import type { Conditions } from './observability/conditions.js'
import type { Events } from './observability/events.js'
import type { Log } from './observability/log.js'
import type { Metrics } from './observability/metrics.js'
import type { RequestEvent } from './requests/accept.js'

/** Where it goes. */
export interface Ears {
  log: Log
  events: Events
  metrics: Metrics
  conditions: Conditions
}

/** One listener a room. */
export interface Tellers {
  /** @param url the broker's address; a password inside it is not shown */
  connection(url: string): (event: ConnectionEvent) => void
  engine(event: EngineEvent): void
  requests(event: RequestEvent): void
}

/** Listeners that pass on what they hear. */
export function tellers({ log, events, metrics, conditions }: Ears): Tellers {
  return {
    connection: url => event => {
      switch (event.name) {
        case 'BrokerConnected':
          conditions.clear('broker_away')
          conditions.set('broker_plain', event.protocol === 4)
          events.tell('BrokerConnected', { url: event.url, protocol: event.protocol === 5 ? '5' : '3.1.1' })
          break
        case 'BrokerLost':
          conditions.raise('broker_away', event.error.message)
          events.tell('BrokerLost', { url: url.replace(/\/\/[^@/]*@/, '//'), problem: event.error.message })
          break
        case 'SubscriptionRefused':
          log.error(event.error.message, { remedy: event.error.remedy })
          break
        case 'SubscriberFailed':
          log.error(`a message on ${event.topic} could not be handled: ${describe(event.error)}`)
      }
    },
    engine: event => {
      switch (event.type) {
        case 'loaded': {
          conditions.clear('inference_down')
          const { name, threads, sequences } = event.info
          events.tell('ModelLoaded', { model: name, threads, sequences, loadMs: event.loadMs })
          break
        }
        case 'died':
          conditions.raise('inference_down', event.how)
          events.tell('EngineDied', { how: event.how, inFlight: event.inFlight })
          break
        case 'restarting':
          events.tell('EngineRestarting', { inMs: event.inMs, attempt: event.attempt })
          break
        case 'output':
          events.tell('EngineSaid', { text: event.text })
      }
    },
    requests: event => {
      const { kind, id } = event.request
      switch (event.name) {
        case 'RequestAnswered': {
          conditions.clear('queue_full')
          const { ok, stage, error, timing } = event.reply
          metrics.observe(`${kind}_total_ms`, timing.total_ms)
          metrics.observe(`${kind}_infer_ms`, timing.infer_ms)
          const code = error ? { code: error.code } : {}
          events.tell('RequestAnswered', { kind, id, stage, ok, ...code, totalMs: timing.total_ms })
          break
        }
        case 'RequestRefused':
          if (event.code === 'busy') conditions.raise('queue_full')
          events.tell('RequestRefused', { kind, code: event.code })
          break
        case 'RequestExpired':
          events.tell('RequestExpired', { kind, where: event.where })
          break
        case 'RequestRepeated':
          events.tell('RequestRepeated', { kind })
          break
        case 'HandlerFailed':
          events.tell('HandlerFailed', { kind, problem: describe(event.error) })
          break
        case 'ReplyNotSent':
          events.tell('MessageDropped', { topic: 'a reply', problem: describe(event.error) })
      }
    },
  }
}
