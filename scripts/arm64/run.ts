/**
 * Runs the arm64 package under emulation, on several cores, each with the recorded board that has it: the daemon starts,
 * recognises the board, plans, loads the factory model, and answers over MQTT what the same version answers here.
 *
 *   node dist/scripts/arm64/run.js --node PATH-OF-AN-ARM64-NODE [--work FOLDER]
 *
 * Needs qemu-aarch64 registered in binfmt_misc (scripts/arm64-test does that): the daemon starts children by itself.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { connectAsync, type MqttClient } from 'mqtt'
import { describe } from '../../daemon/base/errors.js'
import { layBoard } from '../../test/support/board.js'
import { makePackage } from '../package/package.js'
import { ownTarget } from '../package/targets.js'
import { CORES, SENTENCES } from './boards.js'

/** Emulation is ten to fifty times slower, and the machine may be busy. */
const PATIENCE_MS = 180_000

interface Place {
  /** Folder of the package. */
  package: string
  /** Program that runs it; QEMU_CPU in the environment names the core. */
  node: string
  env: Record<string, string>
  /** Recorded board. */
  root: string
  data: string
}

interface Answers {
  status: { state?: string; board?: string; model?: string | null }
  doctor: {
    profile?: { name?: string; by?: string }
    plan?: { model?: { name?: string }; most_threads?: number }
  }
  /** Of each sentence, in order: everything but times and confidence. */
  replies: string[]
  confidences: number[]
  startMs: number
  replyMs: number
}

let passed = 0
let failed = 0
function check(holds: boolean, what: string, detail = ''): void {
  if (holds) passed++
  else failed++
  if (!holds) console.log(`  not ok: ${what}${detail ? `\n    ${detail}` : ''}`)
}

/** Starts a daemon in a place, asks everything, stops it. */
async function ask(place: Place): Promise<Answers> {
  const bin = join(place.package, 'dist/daemon/cli/fieldmouse.js')
  const port = await freePort()
  const env = {
    ...process.env,
    ...place.env,
    FIELDMOUSE_ID: 'tester',
    FIELDMOUSE_BROKER: `embedded:${port}`,
    FIELDMOUSE_DATA: place.data,
    FIELDMOUSE_BOARD_ROOT: place.root,
  }
  const began = performance.now()
  const daemon = spawn(place.node, [bin, 'run', '--log-level', 'warn'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [daemon.stdout, daemon.stderr])
    stream.on('data', data => {
      said += data
    })
  try {
    const client = await reach(port, daemon, () => said)
    const status = JSON.parse(
      await firstMessage(client, 'fieldmouse/tester/status', text => /"(online|degraded)"/.test(text)),
    )
    const startMs = performance.now() - began
    const asked = performance.now()
    const replies: string[] = []
    const confidences: number[] = []
    for (const [i, text] of SENTENCES.entries()) {
      const reply = JSON.parse(await request(client, `r${i}`, text)) as Record<string, unknown>
      const { ok, result, error, stage, confidence } = reply
      replies.push(JSON.stringify({ ok, result, error, stage }, withoutTimes))
      confidences.push(Number(confidence))
    }
    const replyMs = (performance.now() - asked) / SENTENCES.length
    const { stdout } = await promisify(execFile)(place.node, [bin, 'doctor', '--json'], {
      env,
      timeout: PATIENCE_MS,
      maxBuffer: 1 << 24,
    }).catch(error => error as { stdout: string })
    await client.endAsync()
    return { status, doctor: JSON.parse(stdout), replies, confidences, startMs, replyMs }
  } catch (error) {
    throw new Error(`${describe(error)}; the daemon said: ${said.trim().slice(-2000)}`, { cause: error })
  } finally {
    await stop(daemon)
  }
}

/** `at` says when a device last told its state. */
const withoutTimes = (key: string, value: unknown) => (key === 'at' ? undefined : value)

async function reach(port: number, daemon: ChildProcess, said: () => string): Promise<MqttClient> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, connectTimeout: 5_000 })
    } catch (error) {
      if (daemon.exitCode !== null || performance.now() > until)
        throw new Error(`no broker came up (exit ${daemon.exitCode}): ${said()}`, { cause: error })
      await new Promise(resolve => setTimeout(resolve, 250))
    }
  }
}

function firstMessage(client: MqttClient, topic: string, passes: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing came on ${topic}`)), PATIENCE_MS)
    const listen = (at: string, payload: Buffer) => {
      if (at !== topic || !passes(payload.toString())) return
      clearTimeout(timer)
      client.off('message', listen)
      resolve(payload.toString())
    }
    client.on('message', listen)
    client.subscribe(topic, error => error && reject(error))
  })
}

async function request(client: MqttClient, id: string, text: string): Promise<string> {
  const answer = firstMessage(client, `fieldmouse/tester/response/${id}`, () => true)
  const body = { id, text, session: id, dry_run: true }
  await client.publishAsync('fieldmouse/tester/request/command', JSON.stringify(body), { qos: 1 })
  return answer
}

function stop(daemon: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (daemon.exitCode !== null) return resolve()
    const kill = setTimeout(() => daemon.kill('SIGKILL'), 30_000)
    daemon.once('exit', () => {
      clearTimeout(kill)
      resolve()
    })
    daemon.kill('SIGTERM')
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

const { values } = parseArgs({ options: { node: { type: 'string' }, work: { type: 'string' } } })
if (!values.node) throw new Error('--node: the path of an arm64 Node is needed')
const work = values.work ?? mkdtempSync(join(tmpdir(), 'fieldmouse-arm64-'))
try {
  const own = ownTarget()
  if (!own) throw new Error(`there is no package for ${process.platform} ${process.arch} to compare with`)
  const here = makePackage({ target: own, out: work, archive: false })
  const arm = makePackage({ target: 'linux-arm64', out: work, archive: false })
  console.log(`arm64 package: ${(arm.manifest.bytes.total / 1e6).toFixed(1)} MB installed`)
  check(arm.manifest.bytes.total < 150e6, 'the package is under 150 MB')
  for (const { cpu, board } of CORES) {
    const place = (name: string) => {
      const folder = join(work, `${cpu}-${name}`)
      mkdirSync(folder, { recursive: true })
      return { root: layBoard(board, join(folder, 'root')).root, data: join(folder, 'data') }
    }
    const native = await ask({ package: here.folder, node: process.execPath, env: {}, ...place('native') })
    const emulated = await ask({
      package: arm.folder,
      node: values.node,
      env: { QEMU_CPU: cpu },
      ...place('arm64'),
    })
    check(emulated.status.state === 'online', `${cpu}: it is online`, JSON.stringify(emulated.status))
    check(
      emulated.status.board === native.status.board,
      `${cpu}: status names the board`,
      emulated.status.board,
    )
    check(emulated.status.model === 'fieldmouse-command', `${cpu}: the factory model is loaded`)
    check(
      emulated.doctor.profile?.name === board,
      `${cpu}: profile ${board}`,
      JSON.stringify(emulated.doctor.profile),
    )
    check(emulated.doctor.plan?.model?.name === 'fieldmouse-command', `${cpu}: there is a plan`)
    SENTENCES.forEach((text, i) => {
      const [a, b] = [emulated.replies[i], native.replies[i]]
      check(
        a === b,
        `${cpu}: "${text}" is answered as on ${own}`,
        `${a?.slice(0, 400)}\n    ${b?.slice(0, 400)}`,
      )
    })
    const apart = Math.max(...emulated.confidences.map((c, i) => Math.abs(c - native.confidences[i]!)))
    const same = emulated.replies.filter((reply, i) => reply === native.replies[i]).length
    console.log(
      `${cpu} as ${emulated.status.board}: ${same} of ${SENTENCES.length} answers the same byte for byte, confidences at most ${apart.toFixed(4)} apart, start ${(emulated.startMs / 1000).toFixed(1)} s, ${Math.round(emulated.replyMs)} ms a reply (emulated)`,
    )
  }
} catch (error) {
  failed++
  console.log(`not ok: ${describe(error)}`)
} finally {
  if (!values.work) rmSync(work, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
