/**
 * Syslog messages of both standards and the usual ways to bend them, as a pure function that never throws: what cannot be
 * read stays in `message`.
 * @source RFC 5424 §6, RFC 3164 §4
 */
export interface SyslogMessage {
  /** 0 to 191: facility times eight plus severity. */
  pri?: number
  /** 0 (kernel) to 23 (local7). */
  facility?: number
  /** 0 (emergency) to 7 (debug). */
  severity?: number
  /** As written: RFC 3339, or `Oct 11 22:14:15`, which knows neither year nor zone. */
  time?: string
  host?: string
  app?: string
  pid?: string
  /** MSGID of RFC 5424. */
  id?: string
  /** SD-ID -> parameter -> value. */
  structured?: Record<string, Record<string, string>>
  message: string
}

const PRI = /^<(\d{1,3})>/
const VERSION_1 = /^1 /
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?(?= |$|:)/
/** With the year and the fractions that some write, and the `*` or `.` of Cisco for a clock that is not set. */
const BSD_TIME =
  /^[*.]?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: [A-Z]{3,4}(?=:))?(?=[ :]|$)/
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,253}[A-Za-z0-9])?(?= |$)|^::1(?= |$)/
/** `app[pid]: ` or `app: `. */
const TAG = /^([A-Za-z0-9%][\w./%@+-]{0,63})(?:\[([^\]\s]{1,64})\])?:(?: |$)/
const LONGEST_HEADER_FIELD = { host: 255, app: 48, pid: 128, id: 32 }

/** @param text one message without its framing */
export function parseSyslog(text: string): SyslogMessage {
  const pri = PRI.exec(text)
  if (!pri || Number(pri[1]) > 191) return bsd(text, {})
  const value = Number(pri[1])
  const head = { pri: value, facility: value >> 3, severity: value & 7 }
  const rest = text.slice(pri[0].length)
  return (VERSION_1.test(rest) ? modern(rest.slice(2), head) : undefined) ?? bsd(rest, head)
}

type Head = Pick<SyslogMessage, 'pri' | 'facility' | 'severity'>

/** RFC 5424 behind the version. Undefined when it is not that. */
function modern(text: string, head: Head): SyslogMessage | undefined {
  const fields: string[] = []
  let at = 0
  for (let n = 0; n < 5; n++) {
    const space = text.indexOf(' ', at)
    if (space < 0 || space === at) return undefined
    fields.push(text.slice(at, space))
    at = space + 1
  }
  const [time, host, app, pid, id] = fields as [string, string, string, string, string]
  if (time !== '-' && RFC3339.exec(time)?.[0] !== time) return undefined
  if (host.length > LONGEST_HEADER_FIELD.host || app.length > LONGEST_HEADER_FIELD.app) return undefined
  if (pid.length > LONGEST_HEADER_FIELD.pid || id.length > LONGEST_HEADER_FIELD.id) return undefined
  const data = structuredData(text, at)
  const given = Object.entries({ time, host, app, pid, id }).filter(([, value]) => value !== '-')
  return {
    ...head,
    ...Object.fromEntries(given),
    ...(data?.elements ? { structured: data.elements } : {}),
    message: text.slice(data?.next ?? at).replace(/^ ?\ufeff?/, ''),
  }
}

/** STRUCTURED-DATA at `at`. Undefined when it is broken: it then stays in the message. */
function structuredData(
  text: string,
  at: number,
): { elements?: Record<string, Record<string, string>>; next: number } | undefined {
  if (text[at] === '-' && (at + 1 === text.length || text[at + 1] === ' ')) return { next: at + 1 }
  if (text[at] !== '[') return undefined
  const elements: Record<string, Record<string, string>> = Object.create(null)
  const element = /\[([^\s=\]"]{1,32})((?: [^\s=\]"]{1,32}="(?:[^"\\]|\\.)*")*)\]/sy
  let next = at
  element.lastIndex = at
  for (let found = element.exec(text); found; found = element.exec(text)) {
    const parameters: Record<string, string> = Object.create(null)
    for (const [, name, value] of found[2]!.matchAll(/ ([^\s=\]"]{1,32})="((?:[^"\\]|\\.)*)"/gs))
      parameters[name!] = value!.replace(/\\(["\\\]])/g, '$1')
    elements[found[1]!] = { ...elements[found[1]!], ...parameters }
    next = element.lastIndex
  }
  if (next === at || (next < text.length && text[next] !== ' ')) return undefined
  return { elements, next }
}

/** RFC 3164, and anything else. */
function bsd(text: string, head: Head): SyslogMessage {
  let rest = text
  // Cisco counts its messages in front of the time
  const counted = /^(?:\d{1,10}: )(?=[*.]?[A-Z][a-z]{2} |\d{4}-)/.exec(rest)
  if (counted) rest = rest.slice(counted[0].length)
  const time = (BSD_TIME.exec(rest) ?? RFC3339.exec(rest))?.[0]
  if (time === undefined) return { ...head, ...tagged(text) }
  rest = rest.slice(time.length).replace(/^:? ?/, '')
  // a local program leaves the host out, and its tag comes at once
  const host = TAG.test(rest) ? undefined : HOST.exec(rest)?.[0]
  if (host !== undefined) rest = rest.slice(host.length).replace(/^ /, '')
  return { ...head, time, ...(host === undefined ? {} : { host }), ...tagged(rest) }
}

function tagged(text: string): Pick<SyslogMessage, 'app' | 'pid' | 'message'> {
  const tag = TAG.exec(text)
  if (!tag) return { message: text }
  return {
    app: tag[1]!,
    ...(tag[2] === undefined ? {} : { pid: tag[2] }),
    message: text.slice(tag[0].length),
  }
}
