/** `fieldmouse say`: one command to a running daemon over MQTT, typed or as a file of sound. */
import { readFile } from 'node:fs/promises'
import { describe } from '../base/errors.js'
import { call } from '../bus/mqtt/call.js'
import { topicsOf } from '../bus/mqtt/topics.js'
import type { Flags } from '../config/environment.js'
import { loadConfig } from '../config/load.js'
import type { Reply } from '../requests/reply.js'
import { errors } from './errors.js'
import { presenceOf, withConnection } from './presence.js'
import { accessOf, shownUrl } from './reach.js'

export interface SayOptions {
  /** What is said: words, or a WAV or FLAC file. */
  what: { text: string } | { file: string }
  /** Where it is said. */
  area?: string
  /** Understand and check, but move nothing. */
  dryRun?: boolean
  /** A risky command is meant: it is not asked about. */
  confirmed?: boolean
  /** Conversation that it belongs to; without it, that of the area. */
  session?: string
  timeoutMs: number
  flags: Flags
  signal: AbortSignal
}

/**
 * Asks the daemon that the configuration names.
 * @throws no_broker, no_daemon, no_reply, unknown_port, unreadable_file, and what is wrong with the configuration
 */
export async function say({
  what,
  area,
  dryRun,
  confirmed,
  session,
  timeoutMs,
  flags,
  signal,
}: SayOptions): Promise<Reply> {
  const body = 'text' in what ? { text: what.text } : { audio: await soundOf(what.file) }
  const kind = 'text' in what ? 'command' : 'voice'
  const { config } = loadConfig({ flags })
  const access = accessOf(config)
  const topics = topicsOf(config.rootTopic, config.id)
  return await withConnection(access, signal, async (connection, refused) => {
    const state = await presenceOf(connection, topics, refused, signal)
    if (state === 'absent' || state === 'offline')
      throw errors.no_daemon({ id: config.id, url: shownUrl(access.url), state })
    const json = {
      ...body,
      ...(area ? { area } : {}),
      ...(dryRun ? { dry_run: true } : {}),
      ...(confirmed ? { confirmed } : {}),
      ...(session ? { session } : {}),
    }
    return await call(connection, topics, { kind, json, timeoutMs }, signal)
  })
}

/** A file of sound in base64. */
async function soundOf(path: string): Promise<string> {
  try {
    return (await readFile(path)).toString('base64')
  } catch (error) {
    throw errors.unreadable_file({ path, problem: describe(error) }, error)
  }
}
