import { topicsOf } from '../../daemon/bus/mqtt/topics.js'
import { code, GENERATED, table } from './markdown.js'

/** docs/reference/topics.md. Names come from the code that subscribes and publishes. */
export function topicsPage(): string {
  const t = topicsOf('fieldmouse', '<id>')
  const rows: [topic: string, way: string, payload: string][] = [
    [
      t.status,
      'out, retained, last will',
      '`{state: online, degraded or offline, version, board, model, since, conditions}`',
    ],
    [t.request('command'), 'in', 'UTF-8 text, or JSON `{text, id?, session?, area?, dry_run?, confirmed?}`'],
    [
      t.request('voice'),
      'in',
      'one utterance, WAV or FLAC (8 to 96 kHz), with `session`, `area`, `dry_run` and `confirmed` as user properties; or JSON `{audio: base64, id?, session?, area?, dry_run?, confirmed?}`',
    ],
    [
      t.request('triage'),
      'in',
      'lines, or JSON `{lines, source?, id?}`: a verdict for each (docs/triage.md)',
    ],
    [
      t.request('incident'),
      'in',
      'a word of an operator on an open incident, as JSON: acknowledge, shelve, comment, normal here ... (docs/triage.md)',
    ],
    [
      t.request('update'),
      'in',
      '`status`, `check`, `apply`, `rollback`, `pin` or `unpin`, or JSON `{do, family?, sha256?, id?}`: asks for updates (docs/ota.md)',
    ],
    [t.request('ask'), 'in', 'a question; answered `not_available` for now'],
    [
      t.request('cancel'),
      'in',
      'the id of a request, or JSON `{id}`, or nothing but its correlation data and response topic',
    ],
    [t.response('<request id>'), 'out', 'the reply, when the request named no Response Topic'],
    [
      t.event('command'),
      'out',
      'what was understood and done: `{time, actions, devices, answer, stage, confidence, later}`',
    ],
    [
      t.event('intent'),
      'out',
      'an order to an appliance with words of its own: `{time, device, intent, slots}` (docs/voice.md)',
    ],
    [t.event('timer'), 'out', 'a timer that rang'],
    [
      t.event('board'),
      'out',
      'the daemon does less, or all it can again: `{time, from, to, cause, because, limits}` (docs/governor.md)',
    ],
    [
      t.updateDesired,
      'in, retained',
      'what the fleet wants this device to run: `{version: 1, id?, models: [{family, path?, sha256?, hold?, allow_older?, not_before?}]}`',
    ],
    [
      t.updateState,
      'out, retained',
      'where updates stand: `{state, reason?, sources, desired_id?, models: [{family, state, running, candidate?, bytes?, reason?, waiting_for?, watch?, figures?, bad, pinned}]}`',
    ],
    [
      t.updateReport('<family>'),
      'out, retained',
      'what this device runs, signed with its own key: `{signed: {device, family, running, latest_known_time, counter, attack_detected?}, signatures}`',
    ],
    [
      t.updateKey,
      'out, retained',
      'the public key of those reports, as TUF metadata writes keys: `{keyid, keytype, scheme, keyval}`',
    ],
    [
      t.homeAssistantUpdate('<family>'),
      'out, retained',
      "state of Home Assistant's `update` entity, where `ota.home_assistant` is on",
    ],
    [
      `${t.base}/blob/get`,
      'out',
      'asks for blocks of a file of the repository, where `ota.over_broker` is on; they come on `blob/data/<transfer>/<block>`, never retained',
    ],
    [
      'fieldmouse/fleet/rollout/<name>',
      'retained',
      'a rollout as its operator keeps it: `{record, counts}` (docs/fleet.md)',
    ],
    [
      'fieldmouse/fleet/rollout/<name>/operator',
      'retained, last will',
      'whether a program carries it out: `{state: online or offline, instance}`',
    ],
    [
      'fieldmouse/fleet/rollout/<name>/order',
      'to that program',
      '`{do: pause, resume, approve, stop or go_back, id, by}`; the answer stands in `answered` of the record',
    ],
    [t.metrics, 'out, every minute', '`{time, uptime_s, counters, latencies, gauges}`'],
    [
      t.groupRequest('<group>', 'command'),
      'in',
      'the same requests for every device of a group; `broker.share` spreads them (MQTT 5)',
    ],
  ]
  const properties: [string, string][] = [
    ['Response Topic', 'where the reply goes; inside the own tree only below a `response` level'],
    ['Correlation Data', 'sent back as it came; the same data again is the same request, done once'],
    ['Message Expiry', 'after it nobody waits: the request is dropped and counted'],
    ['Content Type', '`text/plain` or `application/json`; without it the first character decides'],
    [
      'User properties `id`, `session`, `area`, `source`; for sound also `dry_run` and `confirmed`',
      'for payloads that have no room for them',
    ],
  ]
  const reply: [string, string][] = [
    ['id', 'of the request'],
    ['ok', 'whether it was done'],
    [
      'result',
      'for a command `{text, actions, devices, states?, later?}`; `text` is what to say back. For an utterance the same and `heard: {text, confidence, engine, audio_ms, asr_ms, levels}`',
    ],
    ['error', '`{code, message, remedy, retry_after_ms?}`; codes are in [errors.md](errors.md)'],
    ['stage', 'which stage of the cascade answered: memo, factory, ...; `none` when none did'],
    ['confidence', '0 to 1'],
    ['model', 'name of the model that answered, or null'],
    ['timing', '`{queue_ms, infer_ms, total_ms, prompt_tokens, output_tokens}`'],
    ['energy_mj', 'millijoules, where the board can tell'],
  ]
  return `${GENERATED}# Topics

\`fieldmouse\` is \`root_topic\`, \`<id>\` is \`id\` of the [configuration](config.md). Requests are never retained.

${table(
  ['topic', 'way', 'payload'],
  rows.map(([topic, way, payload]) => [code(topic), way, payload]),
)}
## Properties of a request (MQTT 5)

${table(['property', 'meaning'], properties)}
A client of MQTT 3.1.1 has none of them: it sends JSON with an \`id\` and reads \`${t.response('<id of the request>')}\`.

## The reply

JSON, one object.

${table(
  ['field', ''],
  reply.map(([field, meaning]) => [code(field), meaning]),
)}`
}
