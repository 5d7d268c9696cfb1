/** Lines whose templates are known: how fast, beside a plain Drain on the same lines in the same run, and who decided. */

import { sleep, systemClock } from '../../base/clock.js'
import { Classifier } from '../../triage/classifier/classifier.js'
import { LineTemplates } from '../../triage/lines.js'
import type { LineStage } from '../../triage/slm/stage.js'
import { type StageCounts, Triage } from '../../triage/triage.js'
import { Drain } from './drain.js'
import { type LogLine, LogLines, SOURCES } from './log-lines.js'
import { digits, Stopwatch } from './stopwatch.js'

/** Share of lines that each stage decided, 0 to 1. */
export interface Shares {
  memory: number
  plain_code: number
  model: number
}

export interface KnownFigures {
  lines: number
  sources: number
  /** Templates that each found in the lines. */
  templates: number
  drain_templates: number
  /** Raw lines, verdict included. Lines a second of processor time, then of wall time. */
  lines_per_cpu_second: number
  lines_per_second: number
  /** Templates alone, without a verdict. */
  templates_only_lines_per_cpu_second: number
  drain_lines_per_cpu_second: number
  drain_lines_per_second: number
  /** Fieldmouse with its verdicts to Drain without any; and templates alone to Drain. */
  ratio_to_drain: number
  templates_only_ratio_to_drain: number
  /** The first lines of the run and the last: flat when the two are alike. */
  windows: Window[]
  last_to_first: number
  shares: Shares
  by_source: {
    source: string
    lines_per_cpu_second: number
    drain_lines_per_cpu_second: number
    ratio_to_drain: number
    memory_share: number
  }[]
}

interface Window {
  from_line: number
  to_line: number
  lines_per_cpu_second: number
  drain_lines_per_cpu_second: number
}

export interface MixedFigures {
  lines: number
  new_template_every_lines: number
  /** By the clock on the wall: the line model answers from a process of its own. */
  lines_per_second: number
  shares: Shares
}

const SEED = 20261121
const CHUNK = 5_000
const WARM_LINES = 100_000
const WINDOW = 100_000
const SOURCE_LINES = 40_000
export const NEW_EVERY = 10_000

/** What the daemon does with a line while no model is asked. */
export const judged = (triage: Triage, { source, line }: LogLine) =>
  triage.recall(source, line) ?? triage.judge(source, line)

/** The three that are compared, each with what it has learnt. */
class Contest {
  readonly triage = new Triage({ classifier: Classifier.read() })
  readonly templates = new LineTemplates()
  readonly #drains = new Map(SOURCES.map(source => [source, new Drain()]))
  #turn = 0

  get drainTemplates(): number {
    return [...this.#drains.values()].reduce((sum, drain) => sum + drain.size, 0)
  }

  /** The same lines by all three, one after the other; who begins changes. */
  run(lines: readonly LogLine[], ...laps: readonly Lap[]): void {
    const timed = (of: 'own' | 'templates' | 'drain', job: () => void) => {
      const lap = new Stopwatch()
      lap.time(job)
      for (const l of laps) l[of].add(lap)
    }
    for (const l of laps) l.lines += lines.length
    const jobs = [
      () => timed('own', () => lines.forEach(l => void judged(this.triage, l))),
      () => timed('templates', () => lines.forEach(l => void this.templates.learn(l.source, l.line))),
      () => timed('drain', () => lines.forEach(l => void this.#drains.get(l.source)!.learn(l.line))),
    ]
    const first = this.#turn++ % jobs.length
    for (let i = 0; i < jobs.length; i++) jobs[(first + i) % jobs.length]!()
  }
}

class Lap {
  lines = 0
  readonly own = new Stopwatch()
  readonly templates = new Stopwatch()
  readonly drain = new Stopwatch()
}

export async function benchKnown(
  lines: number,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<KnownFigures> {
  const log = new LogLines(SEED)
  const contest = new Contest()
  progress('lines of known templates: warming up')
  await inChunks(Math.min(lines, WARM_LINES), signal, count => contest.run(log.known(count)))

  progress(`lines of known templates: ${lines}`)
  const before = { ...contest.triage.counts }
  const [whole, first, last] = [new Lap(), new Lap(), new Lap()]
  const window = Math.min(WINDOW, Math.ceil(lines / 2))
  let told = 0
  await inChunks(lines, signal, (count, done) => {
    const laps = [whole]
    if (done < window) laps.push(first)
    if (done + count > lines - window) laps.push(last)
    contest.run(log.known(count), ...laps)
    if (done - told < 1_000_000) return
    told = done
    progress(`  ${done} lines`)
  })
  const shares = sharesOf(before, contest.triage.counts)

  progress('each source alone')
  const by_source: KnownFigures['by_source'] = []
  for (const source of SOURCES) {
    const lap = new Lap()
    const own = Math.min(lines, SOURCE_LINES)
    const counted = { ...contest.triage.counts }
    await inChunks(own, signal, count => contest.run(log.known(count, source), lap))
    by_source.push({
      source,
      lines_per_cpu_second: lap.own.perCpuSecond(own),
      drain_lines_per_cpu_second: lap.drain.perCpuSecond(own),
      ratio_to_drain: digits(lap.drain.cpuMs / lap.own.cpuMs),
      memory_share: sharesOf(counted, contest.triage.counts).memory,
    })
  }
  const windowOf = (lap: Lap, from_line: number): Window => ({
    from_line,
    to_line: from_line + lap.lines,
    lines_per_cpu_second: lap.own.perCpuSecond(lap.lines),
    drain_lines_per_cpu_second: lap.drain.perCpuSecond(lap.lines),
  })
  return {
    lines,
    sources: SOURCES.length,
    templates: contest.triage.templates.size,
    drain_templates: contest.drainTemplates,
    lines_per_cpu_second: whole.own.perCpuSecond(lines),
    lines_per_second: whole.own.perSecond(lines),
    templates_only_lines_per_cpu_second: whole.templates.perCpuSecond(lines),
    drain_lines_per_cpu_second: whole.drain.perCpuSecond(lines),
    drain_lines_per_second: whole.drain.perSecond(lines),
    ratio_to_drain: digits(whole.drain.cpuMs / whole.own.cpuMs),
    templates_only_ratio_to_drain: digits(whole.drain.cpuMs / whole.templates.cpuMs),
    windows: [windowOf(first, 0), windowOf(last, lines - last.lines)],
    last_to_first: digits(first.own.cpuMs / first.lines / (last.own.cpuMs / last.lines)),
    shares,
    by_source,
  }
}

/** Known lines with a new template now and then, as a plant that is being changed. @param model asked where plain code is unsure */
export async function benchMixed(
  lines: number,
  model: LineStage | undefined,
  signal: AbortSignal,
): Promise<MixedFigures> {
  const log = new LogLines(SEED + 1)
  const triage = new Triage({ classifier: Classifier.read(), ...(model ? { model } : {}) })
  const read = async ({ source, line }: LogLine) => {
    const known = triage.recall(source, line)
    if (known) return
    const first = triage.judge(source, line)
    if (first.unsure) await triage.ask(source, line, first, signal)
  }
  for (const line of log.known(Math.min(lines, WARM_LINES))) await read(line)
  const before = { ...triage.counts }
  const began = systemClock.monotonic()
  await inChunks(lines, signal, async (count, done) => {
    const chunk = log.known(count)
    for (let at = NEW_EVERY / 2; at < done + count; at += NEW_EVERY)
      if (at >= done) chunk[at - done] = log.novel(1)[0]!
    for (const line of chunk) await read(line)
  })
  return {
    lines,
    new_template_every_lines: NEW_EVERY,
    lines_per_second: Math.round((lines / Math.max(0.001, systemClock.monotonic() - began)) * 1000),
    shares: sharesOf(before, triage.counts),
  }
}

function sharesOf(before: StageCounts, after: StageCounts): Shares {
  const [memory, plain, model] = (['memo', 'rule', 'slm'] as const).map(stage => after[stage] - before[stage])
  const all = Math.max(1, memory! + plain! + model!)
  return {
    memory: digits(memory! / all, 5),
    plain_code: digits(plain! / all, 5),
    model: digits(model! / all, 5),
  }
}

/** @param job gets how many lines are next, and how many are done; an interrupt is heard between */
async function inChunks(
  lines: number,
  signal: AbortSignal,
  job: (count: number, done: number) => void | Promise<void>,
): Promise<void> {
  for (let done = 0; done < lines; done += CHUNK) {
    await sleep(0, signal)
    await job(Math.min(CHUNK, lines - done), done)
  }
}
