import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { sleep } from '../../base/clock.js'
import { writeDurably } from '../../base/disk.js'
import { isSameLife, lifeOf } from '../../base/process-life.js'
import { errors } from '../errors.js'

/** A mosquitto program that can be used. */
export interface Program {
  path: string
  version: string
}

/** Debian keeps it where only root looks. */
const PLACES = [
  'mosquitto',
  '/usr/sbin/mosquitto',
  '/usr/local/sbin/mosquitto',
  '/opt/homebrew/sbin/mosquitto',
]
/** The first with MQTT 5. */
const OLDEST: readonly [number, number] = [1, 6]
const START_MS = 5_000
const STOP_MS = 2_000

/** The first program that runs and is new enough, or what was tried. */
export async function findMosquitto(
  places: readonly string[] = PLACES,
): Promise<Program | { tried: string }> {
  const tried: string[] = []
  for (const path of places) {
    const version = await versionOf(path)
    const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
    if (version && (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])))
      return { path, version }
    tried.push(version ? `${path} ${version}, which is too old` : path)
  }
  return { tried: tried.join(', ') }
}

function versionOf(path: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const child = spawn(path, ['-h'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 5_000 })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    child.on('error', () => resolve(undefined))
    child.on('close', () => resolve(/mosquitto version (\d+\.\d+(\.\d+)?)/.exec(text)?.[1]))
  })
}

/** For one device: this machine only, nothing kept on disk, nothing that could grow without end. */
export function configFor(port: number, maxPacketBytes: number): string {
  return `# Written by fieldmouse at every start; changes here are lost.
listener ${port} 127.0.0.1
allow_anonymous true
persistence false
max_packet_size ${maxPacketBytes}
max_queued_messages 10000
max_queued_bytes 33554432
set_tcp_nodelay true
log_dest stderr
log_type error
log_type warning
`
}

/** One life of the child. Resolves once it takes connections. */
export async function runMosquitto(
  program: Program,
  folder: string,
  port: number,
  maxPacketBytes: number,
  signal: AbortSignal,
): Promise<{ child: ChildProcess; ended: Promise<string> }> {
  const config = join(folder, 'mosquitto.conf')
  await writeDurably(config, configFor(port, maxPacketBytes))
  const child = spawn(program.path, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-2_000)
  })
  const ended = new Promise<string>(resolve => {
    child.on('error', error => resolve(error.message))
    child.on('close', (code, by) => resolve(`${said.trim() || 'it said nothing'} (ended with ${by ?? code})`))
  })
  let over: string | undefined
  void ended.then(why => {
    over = why
  })
  try {
    if (child.pid !== undefined) {
      const owner = `${process.pid} ${await lifeOf(process.pid)}`
      await writeDurably(pidFile(folder), `${child.pid} ${owner}\n`)
    }
    for (let waitedMs = 0; ; waitedMs += 20) {
      signal.throwIfAborted()
      if (over !== undefined) {
        if (/address already in use/i.test(over)) throw errors.broker_port_taken({ port })
        throw errors.broker_did_not_start({ problem: over })
      }
      if (await accepts(port)) return { child, ended }
      if (waitedMs > START_MS)
        throw errors.broker_did_not_start({ problem: `it took no connection within ${START_MS} ms` })
      await sleep(20, signal)
    }
  } catch (error) {
    await endChild(child)
    throw error
  }
}

/** Ends a child politely, then not. Resolves when it is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = new Promise<void>(resolve => child.once('close', () => resolve()))
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await gone
  clearTimeout(hard)
}

/**
 * Ends a child that a daemon which was killed left behind: it would hold the port for ever. Only when the process in
 * the file is really mosquitto with our own configuration.
 * @throws data_folder_taken when the daemon that started it lives
 */
export async function endLeftover(folder: string): Promise<boolean> {
  const [number, owner, life] = (await readFile(pidFile(folder), 'utf8').catch(() => '')).trim().split(' ')
  const pid = Number(number)
  if (!Number.isInteger(pid) || pid <= 1) return false
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  if (!command.split('\u0000').includes(join(folder, 'mosquitto.conf'))) return false
  if (await isSameLife(Number(owner), life)) throw errors.data_folder_taken({ pid: Number(owner), folder })
  process.kill(pid, 'SIGTERM')
  for (let waitedMs = 0; waitedMs < STOP_MS; waitedMs += 20) {
    await sleep(20)
    if (!(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))) return true
  }
  process.kill(pid, 'SIGKILL')
  return true
}

const pidFile = (folder: string) => join(folder, 'mosquitto.pid')

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
