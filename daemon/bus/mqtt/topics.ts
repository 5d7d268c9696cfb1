import { errors } from '../errors.js'

/** Every topic of ours, built and parsed. Requests and replies between a device and whoever asks. */
export interface Topics {
  readonly root: string
  readonly id: string
  /** Retained, last will. */
  readonly status: string
  readonly metrics: string
  /** Matches every request to this device. */
  readonly requests: string
  /** Matches every answer that had no Response Topic. */
  readonly responses: string
  readonly updateDesired: string
  readonly updateState: string
  /** Signed by the device: what it runs. */
  updateReport(family: string): string
  /** The public key that reports are signed with. */
  readonly updateKey: string
  /** `<root>/<id>`: first part of block transfers. */
  readonly base: string
  /** The state of a Home Assistant `update` entity. */
  homeAssistantUpdate(family: string): string
  request(kind: string): string
  response(requestId: string): string
  event(name: string): string
  incident(number: number): string
  groupRequest(group: string, kind: string): string
  /** Matches every request to a group; with `share`, each goes to one of the devices that share (MQTT 5). */
  groupRequests(group: string, share?: string): string
  /** What a topic asks for, or undefined when it is no request to this device or a group. */
  parseRequest(topic: string): { kind: string; group?: string } | undefined
  /** Why an answer must not go to this topic, or undefined when it may. */
  refuseResponseTopic(topic: string): string | undefined
}

/** Ids that are levels of the tree. */
const RESERVED = new Set(['group', 'fleet'])
const LONGEST_ID = 64

/** @throws bad_topic_part when root or id cannot be used */
export function topicsOf(root: string, id: string): Topics {
  checkRoot(root)
  checkId('device id', id)
  const own = `${root}/${id}`
  const parse = (topic: string) => {
    if (!topic.startsWith(`${root}/`)) return undefined
    const levels = topic.slice(root.length + 1).split('/')
    if (levels.length === 3 && levels[0] === id && levels[1] === 'request') return { kind: levels[2]! }
    if (levels.length === 4 && levels[0] === 'group' && levels[2] === 'request')
      return { kind: levels[3]!, group: levels[1]! }
    return undefined
  }
  return {
    root,
    id,
    status: `${own}/status`,
    metrics: `${own}/metrics`,
    requests: `${own}/request/+`,
    responses: `${own}/response/+`,
    updateDesired: `${own}/update/desired`,
    updateState: `${own}/update/state`,
    updateReport: family => `${own}/update/report/${family}`,
    updateKey: `${own}/update/key`,
    base: own,
    homeAssistantUpdate: family => `${own}/ha/update/${family}`,
    request: kind => `${own}/request/${kind}`,
    response: requestId => `${own}/response/${requestId}`,
    event: name => `${own}/event/${name}`,
    incident: number => `${own}/incident/${number}`,
    groupRequest: (group, kind) => `${root}/group/${checkId('group', group)}/request/${kind}`,
    groupRequests: (group, share) => {
      const filter = `${root}/group/${checkId('group', group)}/request/+`
      return share === undefined ? filter : `$share/${checkId('share', share)}/${filter}`
    },
    parseRequest: parse,
    refuseResponseTopic: topic => refuseResponseTopic(root, topic),
  }
}

/**
 * Whether a request id can be the last level of a response topic as it stands.
 */
export function isRequestId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._:~-]{0,63}$/.test(id)
}

/**
 * Whether a topic matches a filter, as the broker would say. A `$share/<name>/` in front is passed over.
 * @source MQTT 5.0 §4.7
 */
export function matches(filter: string, topic: string): boolean {
  const wanted = withoutShare(filter).split('/')
  const levels = topic.split('/')
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false // [MQTT-4.7.2-1]
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    if (index >= levels.length) return false
    if (level !== '+' && level !== levels[index]) return false
  }
  return wanted.length === levels.length
}

/** The filter that a shared subscription applies to. */
export function withoutShare(filter: string): string {
  return filter.replace(/^\$share\/[^/]+\//, '')
}

/**
 * A stranger chooses the response topic, and the daemon has rights the stranger may lack. So an answer never goes to
 * a wildcard, to the broker's own `$` topics, or inside our own tree anywhere but below a `response` level: an answer
 * on a request topic would be a request again, one on `update/desired` an order.
 */
function refuseResponseTopic(root: string, topic: string): string | undefined {
  if (topic === '') return 'it is empty'
  if (/[+#]/.test(topic)) return 'it holds a wildcard'
  if (topic.includes('\u0000')) return 'it holds a NUL character'
  if (topic.startsWith('$')) return 'topics that start with $ belong to the broker'
  if (topic === root || topic.startsWith(`${root}/`)) {
    const levels = topic.slice(root.length + 1).split('/')
    if (levels.length < 3 || levels[1] !== 'response')
      return `inside ${root}/ only <id>/response/... takes answers`
  }
  return undefined
}

function checkRoot(root: string): void {
  for (const level of root.split('/')) checkLevel('topic root', root, level)
  if (root.startsWith('$'))
    throw errors.bad_topic_part({ what: 'topic root', value: root, problem: 'it starts with $' })
}

function checkId(what: string, id: string): string {
  checkLevel(what, id, id)
  const problem = RESERVED.has(id)
    ? 'the name is taken by the tree itself'
    : id.startsWith('$')
      ? 'it starts with $'
      : id.length > LONGEST_ID
        ? `it is longer than ${LONGEST_ID} characters`
        : undefined
  if (problem) throw errors.bad_topic_part({ what, value: id, problem })
  return id
}

function checkLevel(what: string, value: string, level: string): void {
  const problem =
    level === ''
      ? 'a level is empty'
      : /[+#/]/.test(level)
        ? 'it holds +, # or /'
        : /[\u0000-\u001f\u007f]/.test(level)
          ? 'it holds a control character'
          : /\p{Surrogate}/u.test(level)
            ? 'it is not valid Unicode'
            : undefined
  if (problem) throw errors.bad_topic_part({ what, value, problem })
}
