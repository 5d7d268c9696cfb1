/**
 * Incidents as Home Assistant sees them: one device with how many are open, the worst severity, what happened last, and
 * buttons to acknowledge. The number of entities is bounded: a slot for each of the newest incidents, filled again and again.
 * Pure; topics are the caller's.
 * @source home-assistant.io/integrations/mqtt, "Device discovery payload" (since 2024.11), event.mqtt, button.mqtt
 */
import { SEVERITIES, type Severity } from '../verdict.js'
import type { OperatorAction } from './action.js'
import type { IncidentDocument } from './incident.js'

export interface HomeAssistantTopics {
  /** Usually `homeassistant`. */
  discoveryPrefix: string
  /** Retained; takes what `overviewOf` returns. */
  overview: string
  /** The events of the outbox. */
  events: string
  /** Takes an `OperatorAction`. */
  action: string
  /** Says `online` in its `state` while the daemon runs. */
  status: string
}

export interface HomeAssistantDevice {
  /** Of the daemon: letters, digits, `_` and `-`. */
  id: string
  version: string
}

/** Incidents that have a button of their own. */
export const SLOTS = 5
/** Home Assistant keeps states of up to 255 characters; attributes have room, but phones have not. */
const LONGEST_NAME = 60

export interface Overview {
  open: number
  unacknowledged: number
  /** Worst of what is open, `normal` when nothing is. */
  worst: Severity
  /** The newest first, at most `SLOTS`. */
  newest: { n: number; severity: Severity; state: string; summary: string; since: string }[]
}

/** @param open as the desk lists them, oldest first */
export function overviewOf(open: readonly IncidentDocument[]): Overview {
  return {
    open: open.length,
    unacknowledged: open.filter(i => i.state === 'UNACK' || i.state === 'RTNUN').length,
    worst: open.reduce<Severity>(
      (worst, i) => (SEVERITIES.indexOf(i.severity) > SEVERITIES.indexOf(worst) ? i.severity : worst),
      'normal',
    ),
    newest: newest(open).map(({ n, severity, state, summary, since }) => ({
      n,
      severity,
      state,
      summary,
      since,
    })),
  }
}

/**
 * The retained discovery message. Publish it again when the newest incidents changed; equal input gives equal output.
 * @returns topic and payload
 */
export function discoveryOf(
  device: HomeAssistantDevice,
  topics: HomeAssistantTopics,
  open: readonly IncidentDocument[],
): { topic: string; payload: Record<string, unknown> } {
  const id = `fieldmouse_${device.id}_incidents`
  const slots = newest(open)
  const fromOverview = { state_topic: topics.overview }
  const acknowledge = (n: number | 'all') => {
    const action: OperatorAction = { action: 'acknowledge', n, by: 'Home Assistant' }
    return { command_topic: topics.action, payload_press: JSON.stringify(action), qos: 1 }
  }
  const components: Record<string, Record<string, unknown>> = {
    open: {
      platform: 'sensor',
      unique_id: `${id}_open`,
      name: 'Open incidents',
      icon: 'mdi:alert-circle-outline',
      state_class: 'measurement',
      ...fromOverview,
      value_template: '{{ value_json.open }}',
      json_attributes_topic: topics.overview,
    },
    worst: {
      platform: 'sensor',
      unique_id: `${id}_worst`,
      name: 'Worst severity',
      device_class: 'enum',
      options: [...SEVERITIES],
      ...fromOverview,
      value_template: '{{ value_json.worst }}',
    },
    event: {
      platform: 'event',
      unique_id: `${id}_event`,
      name: 'Incident',
      event_types: ['notify', 'clear', 'missed'],
      state_topic: topics.events,
      value_template:
        "{{ {'event_type': value_json.kind, 'n': value_json.n, 'severity': value_json.severity, 'summary': value_json.summary} | tojson }}",
      qos: 1,
    },
    acknowledge_all: {
      platform: 'button',
      unique_id: `${id}_acknowledge_all`,
      name: 'Acknowledge all',
      icon: 'mdi:check-all',
      ...acknowledge('all'),
    },
  }
  for (let slot = 1; slot <= SLOTS; slot++) {
    const incident = slots[slot - 1]
    // a component with nothing but its platform takes the entity away
    components[`acknowledge_${slot}`] = incident
      ? {
          platform: 'button',
          unique_id: `${id}_acknowledge_${slot}`,
          name: cut(`Acknowledge ${incident.n}: ${incident.first_out ?? incident.summary}`),
          icon: 'mdi:check',
          ...acknowledge(incident.n),
        }
      : { platform: 'button' }
  }
  return {
    topic: `${topics.discoveryPrefix}/device/${id}/config`,
    payload: {
      device: {
        identifiers: [id],
        name: `Fieldmouse ${device.id} incidents`,
        manufacturer: 'Fieldmouse',
        sw_version: device.version,
      },
      origin: { name: 'Fieldmouse', sw_version: device.version },
      availability: [
        {
          topic: topics.status,
          value_template: "{{ 'offline' if value_json.state == 'offline' else 'online' }}",
        },
      ],
      components,
    },
  }
}

/** What takes the device away again. */
export const removalOf = (device: HomeAssistantDevice, topics: HomeAssistantTopics) => ({
  topic: `${topics.discoveryPrefix}/device/fieldmouse_${device.id}_incidents/config`,
  payload: '',
})

const newest = (open: readonly IncidentDocument[]): IncidentDocument[] =>
  [...open].sort((a, b) => Date.parse(b.since) - Date.parse(a.since) || b.n - a.n).slice(0, SLOTS)

const cut = (text: string): string =>
  text.length <= LONGEST_NAME ? text : `${text.slice(0, LONGEST_NAME - 1)}…`
