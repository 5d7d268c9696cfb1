import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { errors } from '../errors.js'

/** How to get to a broker. Secrets are files, so that they show neither in the configuration nor in the process list. */
export interface BrokerAccess {
  /** mqtt://, mqtts://, ws:// or wss://. A user and password inside it are used, and never shown. */
  url: string
  username?: string
  passwordFile?: string
  /** The authority that signed the broker's certificate; the system's own when absent. */
  caFile?: string
  /** This device's certificate and its key, PEM. */
  certFile?: string
  keyFile?: string
  /** False takes any certificate: for a bench, never for the field. */
  rejectUnauthorized?: boolean
}

/** What the files hold, read anew at every try, so that a renewed certificate or password needs no restart. */
export interface Credentials {
  /** The address without user and password: safe to show. */
  url: string
  secure: boolean
  username?: string
  password?: string
  ca?: Buffer
  cert?: Buffer
  key?: Buffer
  rejectUnauthorized: boolean
}

const SCHEMES: Record<string, boolean> = {
  'mqtt:': false,
  'tcp:': false,
  'ws:': false,
  'mqtts:': true,
  'ssl:': true,
  'wss:': true,
}

/** @throws bad_broker_url, broker_file_unreadable, bad_client_certificate */
export async function readAccess(access: BrokerAccess): Promise<Credentials> {
  const { url, username, password } = splitUrl(access.url)
  const read = (what: string, path: string | undefined) =>
    path === undefined
      ? undefined
      : readFile(path).catch((error: Error) => {
          throw errors.broker_file_unreadable({ what, path, problem: error.message }, error)
        })
  const [secret, ca, cert, key] = await Promise.all([
    read('password file', access.passwordFile),
    read('CA file', access.caFile),
    read('certificate file', access.certFile),
    read('key file', access.keyFile),
  ])
  if (!cert !== !key)
    throw errors.bad_client_certificate({ problem: `${cert ? 'key_file' : 'cert_file'} is missing` })
  try {
    if (ca || cert) createSecureContext({ ca, cert, key })
  } catch (error) {
    throw errors.bad_client_certificate({ problem: (error as Error).message }, error)
  }
  const user = access.username ?? username
  const pass = secret ? secret.toString('utf8').replace(/\r?\n$/, '') : password
  return {
    url,
    secure: SCHEMES[new URL(url).protocol]!,
    ...(user === undefined ? {} : { username: user }),
    ...(pass === undefined ? {} : { password: pass }),
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    rejectUnauthorized: access.rejectUnauthorized ?? true,
  }
}

/** The address apart from who goes there. */
function splitUrl(given: string): { url: string; username?: string; password?: string } {
  let url: URL
  try {
    url = new URL(given)
  } catch {
    throw errors.bad_broker_url({ url: hide(given), problem: 'it is no URL' })
  }
  const { username, password } = url
  url.username = ''
  url.password = ''
  if (!Object.hasOwn(SCHEMES, url.protocol))
    throw errors.bad_broker_url({ url: url.href, problem: `${url.protocol} is not spoken here` })
  if (!url.hostname) throw errors.bad_broker_url({ url: url.href, problem: 'it names no host' })
  return {
    url: url.href,
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
  }
}

const hide = (text: string) => JSON.stringify(text.replace(/\/\/[^@/]*@/, '//***@'))
