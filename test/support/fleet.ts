/** Simulated devices at a broker, and `fieldmouse fleet` as an operator runs it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { FieldmouseError } from '../../daemon/base/errors.js'
import { Connection } from '../../daemon/bus/mqtt/connect.js'
import { SimulatedFleet, type SimulatedOptions } from '../../daemon/cli/bench/fleet-devices.js'
import { program } from '../../daemon/cli/program.js'

const BIN = fileURLToPath(new URL('../../daemon/cli/fieldmouse.js', import.meta.url))
export const NEW = createHash('sha256').update('a new model').digest('hex')

/** Devices of which each says what it is, also after the broker began anew. They end with the test. */
export async function startDevices(
  t: Test,
  url: string,
  { clientId = 'simulated', ...options }: Omit<SimulatedOptions, 'connection'> & { clientId?: string },
): Promise<SimulatedFleet> {
  let isFirst = true
  const connection: Connection = new Connection({
    access: { url },
    clientId,
    receiveMaximum: 65_535,
    backoff: { firstMs: 50, maxMs: 200, factor: 2 },
    onEvent: event => {
      if (event.name === 'BrokerConnected' && !isFirst) void fleet.sayAgain().catch(() => {})
    },
  })
  const fleet = new SimulatedFleet({ connection, ...options })
  await connection.start(new AbortController().signal)
  isFirst = false
  await fleet.start()
  t.teardown(async () => {
    await fleet.stop()
    await connection.stop()
  })
  return fleet
}

export interface Operator {
  child: ChildProcess
  out: string[]
  err: string[]
  /** Exit status; null when it was killed. */
  ended: Promise<number | null>
  /** Resolves with the first line of standard output that passes. */
  until(passes: (line: string) => boolean): Promise<string>
}

export interface OperatorDesk {
  data: string
  /** Writes a file of a rollout. @returns its path */
  file(content: object): Promise<string>
  /** `fieldmouse fleet` with these words, as a process. */
  fleet(...words: string[]): Operator
  /** The same inside this process, until it has ended: a process takes most of a second to begin. */
  ask(...words: string[]): Promise<{ code: number; out: string; err: string }>
}

/** A machine from which rollouts are carried out; its processes end with the test. */
export async function startDesk(t: Test, url: string): Promise<OperatorDesk> {
  const data = await mkdtemp(join(tmpdir(), 'fieldmouse-desk-'))
  const children: Operator[] = []
  t.teardown(async () => {
    for (const { child, ended } of children) {
      child.kill('SIGKILL')
      await ended
    }
    await rm(data, { recursive: true, force: true, maxRetries: 10 })
  })
  let files = 0
  return {
    data,
    file: async content => {
      const path = join(data, `rollout-${files++}.yaml`)
      // JSON is a part of YAML
      await writeFile(path, JSON.stringify(content))
      return path
    },
    ask: async (...words) => {
      const out: string[] = []
      const err: string[] = []
      let code = 0
      const shell = {
        out: (line: string) => void out.push(line),
        err: (line: string) => void err.push(line),
        signal: new AbortController().signal,
      }
      const root = program(shell, result => {
        code = result
      })
      try {
        await root.parseAsync(['fleet', ...words, '--broker', url, '--data', data], { from: 'user' })
      } catch (error) {
        if (!(error instanceof FieldmouseError)) throw error
        code = 1
        err.push(error.message, `  -> ${error.remedy}`)
      }
      return { code, out: out.join('\n'), err: err.join('\n') }
    },
    fleet: (...words) => {
      const child = spawn(process.execPath, [BIN, 'fleet', ...words, '--broker', url, '--data', data], {
        env: { ...process.env, FIELDMOUSE_CONFIG: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const out: string[] = []
      const err: string[] = []
      const looks = new Set<() => void>()
      const look = () => {
        for (const one of looks) one()
      }
      createInterface({ input: child.stdout }).on('line', line => {
        out.push(line)
        look()
      })
      createInterface({ input: child.stderr }).on('line', line => err.push(line))
      const ended = new Promise<number | null>(resolve => child.on('close', code => resolve(code)))
      const operator: Operator = {
        child,
        out,
        err,
        ended,
        until: passes =>
          new Promise((resolve, reject) => {
            const found = () => {
              const line = out.find(passes)
              if (line === undefined) return
              looks.delete(found)
              resolve(line)
            }
            looks.add(found)
            void ended.then(() =>
              reject(new Error(`it ended: ${[...out.slice(-5), ...err.slice(-5)].join('\n')}`)),
            )
            found()
          }),
      }
      children.push(operator)
      return operator
    },
  }
}

/** How often a device was told to take a model, and of which waves. */
export const takesOf = (told: readonly string[]): string[] => told.filter(id => /#\d+\./.test(id))
