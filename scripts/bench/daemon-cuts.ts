/**
 * Cuts a whole daemon off in the middle of updates: `fieldmouse run` with its broker and its inference processes is killed
 * at a random moment of every state, or told to stop, or loses its inference process alone. After each it must come up with
 * a complete, verified model, answer, leave no process behind, and finish the update. At the end it is cut off in trials, and
 * while a model is watched, until the model is sent back for it.
 *
 *   node dist/scripts/bench/daemon-cuts.js [--cuts 60] [--seed 1] [--from 0] [--memory MIB]
 *
 * With --memory the board is said to have so much: with 400 one model fits and two do not, so that the running one is put
 * aside for a trial.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sleep, systemClock } from '../../daemon/base/clock.js'
import { seeded } from '../../daemon/base/random.js'
import { merged } from '../../daemon/cli/bench/merged-model.js'
import { factoryModelOf } from '../../daemon/factory.js'
import { MOST_STARTS, MOST_TRIES } from '../../ota/client/machine.js'
import { serve } from '../../ota/publisher/serve.js'
import { freePort } from '../../test/support/broker.js'
import { makeSite, sha256 } from '../../test/support/repository.js'
import {
  eventually,
  type Home,
  inferenceOf,
  memoryOf,
  pointedModel,
  processesOf,
  stageOf,
  startWhole,
  tightBoard,
  type WholeDaemon,
} from '../../test/support/whole-daemon.js'

/** Where an update is cut, and for how long that state lasts, milliseconds: the moment is somewhere in it. */
const MOMENTS: readonly [stage: string, spanMs: number][] = [
  ['checking', 150],
  ['downloading', 1_500],
  ['verifying', 60],
  ['staged', 60],
  ['trial', 4_000],
  ['activating', 800],
  ['active', 2_500],
  ['rolled-back', 500],
]
/** Where memory is short: the running model is unloaded for the trial, and for a swap in either direction. */
const TIGHT_MOMENTS: typeof MOMENTS = [
  ['trial', 1_500],
  ['activating', 800],
  ['trial', 6_000],
  ['rolled-back', 500],
  ['trial', 3_000],
]
/**
 * `cut`: all of its processes at once. `orphans`: only the daemon, the others must notice. `stop`: SIGTERM. `stop all`:
 * SIGTERM to all, as a terminal or a service manager does. `inference`: only the process that came last.
 */
const WAYS = ['cut', 'stop', 'orphans', 'cut', 'stop all', 'inference'] as const
type Way = (typeof WAYS)[number]
/** A stop takes no longer than this, milliseconds. */
const STOP_MS = 8_000
const WATCH_MINUTES = 0.05

export interface DaemonCuts {
  cuts: number
  /** How often each way met each state, as it was found on the disk. */
  met: Record<string, Record<string, number>>
  /** More cuts: in a trial and in a watch until the model was sent back for it. */
  again: number
  /** What answered after the cut. */
  foundOld: number
  foundNew: number
  /** Longest of all stops, milliseconds. */
  longestStopMs: number
  /** Most inference processes that were there when it was cut in a trial: 1 where the running model was put aside. */
  mostInTrial: number
  /** Updates from differences that fell back to the whole file. */
  refused: number
  bad: string[]
  seconds: number
}

/** @param most cuts in all @param from number of the first: which state, which way */
export async function daemonCuts(
  most: number,
  seed: number,
  from: number,
  onCut: (report: DaemonCuts) => void,
  memoryMib?: number,
): Promise<DaemonCuts> {
  const closing: (() => unknown)[] = []
  const site = await makeSite({ teardown: end => void closing.push(end) })
  const factory = factoryModelOf('command')
  const bytes = await readFile(factory.files.model)
  const content = await merged(factory.files.model, bytes, 0.01)
  const golden = (await readFile(factory.files.golden!, 'utf8')).split('\n').slice(0, 40).join('\n')
  await site.release(1, {
    content,
    golden,
    // its answers are not what is measured
    gates: { min_answered: 1, max_accuracy_loss_per_mille: 1000 },
    deltas: { fromFiles: [factory.files.model], effort: 'fast' },
  })
  const server = await serve({ folder: site.repository.folder })
  const home: Home = {
    data: join(site.folder, 'data'),
    port: await freePort(),
    config: join(site.folder, 'fieldmouse.yaml'),
  }
  await mkdir(home.data)
  const board = memoryMib === undefined ? '' : `board:\n  root: ${await tightBoard(site.folder, memoryMib)}\n`
  const configure = (watchMinutes: number) =>
    writeFile(
      home.config,
      `${board}ota:\n  url: ${server.url}\n  root: ${site.root}\n  approval: automatic\n  check_every_minutes: 10000\n  watch_minutes: ${watchMinutes}\n`,
    )
  await configure(WATCH_MINUTES)
  const moments = memoryMib === undefined ? MOMENTS : TIGHT_MOMENTS
  const random = seeded(seed)
  const began = systemClock.monotonic()
  const report: DaemonCuts = {
    cuts: 0,
    met: {},
    again: 0,
    foundOld: 0,
    foundNew: 0,
    longestStopMs: 0,
    mostInTrial: 0,
    refused: 0,
    bad: [],
    seconds: 0,
  }
  let daemon = await startWhole(home)
  const wanted = sha256(content)
  try {
    for (let n = from; report.cuts < most; n++) {
      const [stage, spanMs] = moments[n % moments.length]!
      const way = WAYS[(Math.floor(n / moments.length) + (n % moments.length)) % WAYS.length]!
      let what = `${n}: ${way} in ${stage}`
      try {
        await begin(daemon, home, stage, wanted)
        // a state of some milliseconds may be over before it is seen: then it is cut at rest
        await eventually(
          stage,
          async () => (await stageOf(home)) === stage || isOver(home, stage, wanted),
          90_000,
        )
        await sleep(random() * spanMs)
        if ((await stageOf(home)) === 'trial')
          report.mostInTrial = Math.max(report.mostInTrial, (await inferenceOf(home)).length)
        const ended = await end(daemon, home, way)
        const met = await stageOf(home)
        what += `, met ${met}`
        report.met[way] = { ...report.met[way], [met]: (report.met[way]?.[met] ?? 0) + 1 }
        if (way.startsWith('stop')) {
          report.longestStopMs = Math.max(report.longestStopMs, Math.round(ended))
          if (ended > STOP_MS) report.bad.push(`${what}: it took ${Math.round(ended)} ms to stop`)
        }
        if (way !== 'inference') {
          if (way !== 'orphans') await alone(home)
          daemon = await startWhole(home)
          // those that the one before left behind have noticed, or were ended
          await eventually(
            'only its own processes',
            async () => (await strangers(home, daemon)).length === 0,
            15_000,
          )
        }
        await answers(daemon, home, wanted, report)
        await finishes(daemon, home, stage, wanted)
        await answers(daemon, home, wanted)
      } catch (error) {
        const { state, bad } = await memoryOf(home)
        report.bad.push(
          `${what}: ${(error as Error).message}; ${JSON.stringify(state).slice(0, 300)}; bad ${bad.length}; ${daemon.log.slice(-6).join(' | ')}`,
        )
        await daemon.cut().catch(() => {})
        await rm(home.data, { recursive: true, force: true })
        await mkdir(home.data)
        daemon = await startWhole(home)
      }
      report.refused += daemon.log.filter(line => line.includes('is loaded whole')).length
      report.cuts++
      report.seconds = Math.round((systemClock.monotonic() - began) / 1000)
      onCut(report)
    }
    // a start takes longer than the short watch, on a machine with more to do
    await configure(5)
    for (const [stage, times] of [
      ['trial', MOST_TRIES],
      ['active', MOST_STARTS],
    ] as const) {
      daemon = await again(daemon, home, stage, times, wanted)
      await answers(daemon, home, wanted, report)
      const { bad } = await memoryOf(home)
      const isSentBack = bad[0]?.sha256 === wanted && (await pointedModel(home)).slot === 'factory'
      if (!isSentBack) report.bad.push(`cut ${times} times in ${stage}: the model was not sent back`)
      report.again += times
    }
    report.seconds = Math.round((systemClock.monotonic() - began) / 1000)
  } finally {
    await daemon.term().catch(() => {})
    await server.close()
    for (const close of closing) await close()
  }
  return report
}

/** Cut off in one state until the machine has seen enough of it. @returns the daemon that came up last, at rest */
async function again(
  first: WholeDaemon,
  home: Home,
  stage: 'trial' | 'active',
  times: number,
  wanted: string,
): Promise<WholeDaemon> {
  let daemon = first
  await begin(daemon, home, stage, wanted)
  for (let i = 0; i < times; i++) {
    await eventually(stage, async () => (await stageOf(home)) === stage, 90_000)
    await daemon.cut()
    await alone(home)
    daemon = await startWhole(home)
  }
  await eventually('rest', async () => (await memoryOf(home)).state.is === 'idle')
  return daemon
}

/** Brings the update under way; for the way back, after it was done. */
async function begin(daemon: WholeDaemon, home: Home, stage: string, wanted: string): Promise<void> {
  const isThere = async () =>
    (await memoryOf(home)).state.is === 'idle' && (await pointedModel(home)).found === wanted
  if (stage !== 'rolled-back') {
    if (await isThere()) await sendBack(daemon, home)
    await daemon.ask({ do: 'forgive', family: 'command', sha256: wanted }, 'update')
    return
  }
  if (!(await isThere())) {
    await daemon.ask({ do: 'forgive', family: 'command', sha256: wanted }, 'update')
    await eventually('the new model', isThere, 120_000)
  }
  void daemon.ask({ do: 'rollback', family: 'command' }, 'update').catch(() => {})
}

async function sendBack(daemon: WholeDaemon, home: Home): Promise<void> {
  await daemon.ask({ do: 'rollback', family: 'command' }, 'update')
  await eventually('the way back', async () => {
    const { state, bad } = await memoryOf(home)
    return state.is === 'idle' && bad.length > 0 && (await pointedModel(home)).slot === 'factory'
  })
}

/** @returns milliseconds that it took */
async function end(daemon: WholeDaemon, home: Home, way: Way): Promise<number> {
  switch (way) {
    case 'cut':
      await daemon.cut()
      return 0
    case 'stop':
      return daemon.term()
    case 'stop all': {
      const ending = daemon.term()
      for (const pid of await inferenceOf(home)) signalTo(pid, 'SIGTERM')
      return ending
    }
    case 'orphans':
      process.kill(daemon.pid, 'SIGKILL')
      await daemon.ended
      daemon.client.end(true)
      return 0
    case 'inference': {
      const pid = (await inferenceOf(home)).at(-1)
      if (pid !== undefined) signalTo(pid, 'SIGKILL')
      return 0
    }
  }
}

/** It may have ended by itself meanwhile. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Nothing of a daemon is left. */
async function alone(home: Home): Promise<void> {
  await eventually(
    `no process left: ${[...(await processesOf(home)).values()].join('; ')}`,
    async () => (await processesOf(home)).size === 0,
    5_000,
  )
}

/** Processes of this home that are not this daemon or its children. */
async function strangers(home: Home, daemon: WholeDaemon): Promise<string[]> {
  const found: string[] = []
  for (const [pid, line] of await processesOf(home)) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // @source proc(5), field 5: pgrp
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
    if (stat && group !== daemon.pid) found.push(line)
  }
  return found
}

/** What the pointer names is whole, and a command is understood. */
async function answers(daemon: WholeDaemon, home: Home, wanted: string, report?: DaemonCuts): Promise<void> {
  const { found, signed } = await pointedModel(home)
  if (found !== signed) throw new Error('the model that the pointer names is not the one that was signed')
  if (report) {
    if (found === wanted) report.foundNew++
    else report.foundOld++
  }
  const reply = await daemon.ask({ text: 'turn on the kitchen light' })
  if (!reply.ok) throw new Error(`it answers ${JSON.stringify(reply)}`)
}

/** The update ends by itself: the new model, or after the way back the factory's. */
async function finishes(daemon: WholeDaemon, home: Home, stage: string, wanted: string): Promise<void> {
  // what was a look at the repository only is forgotten
  if (stage === 'checking') await daemon.ask({ do: 'check', family: 'command' }, 'update')
  await eventually('the end of the update', () => isOver(home, stage, wanted), 180_000)
}

/** It rests, with the new model, or after the way back with the factory's. */
async function isOver(home: Home, stage: string, wanted: string): Promise<boolean> {
  if ((await memoryOf(home)).state.is !== 'idle') return false
  const isNew = (await pointedModel(home)).found === wanted
  return stage === 'rolled-back' ? !isNew : isNew
}

if (process.argv[1]?.endsWith('daemon-cuts.js')) {
  const { values } = parseArgs({
    options: {
      cuts: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      from: { type: 'string', default: '0' },
      memory: { type: 'string' },
    },
  })
  const report = await daemonCuts(
    Number(values.cuts),
    Number(values.seed),
    Number(values.from),
    r => process.stderr.write(`${r.cuts} cuts, ${r.bad.length} bad, ${r.seconds} s ${r.bad.at(-1) ?? ''}\n`),
    values.memory === undefined ? undefined : Number(values.memory),
  )
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  process.exitCode = report.bad.length === 0 ? 0 : 1
}
