/** What was never seen before: how fast plain code and the line model read it, what it costs in memory, and a flood of it. */
import { existsSync } from 'node:fs'
import { sleep, systemClock } from '../../base/clock.js'
import { LineModel } from '../../line-model.js'
import { Classifier } from '../../triage/classifier/classifier.js'
import { IncidentDesk } from '../../triage/incidents/desk.js'
import { LineTemplates } from '../../triage/lines.js'
import { LiveTriage } from '../../triage/live.js'
import { Triage } from '../../triage/triage.js'
import { LogLines, SOURCES } from './log-lines.js'
import { digits, type HeapGauge, type HeapMethod, Stopwatch } from './stopwatch.js'
import { judged } from './triage-known.js'

export interface NovelFigures {
  plain_code: {
    lines: number
    lines_per_cpu_second: number
    ms_each: number
    /** Share of them of which plain code is so unsure that it would ask a model. */
    unsure_share: number
  }
  line_model:
    | { available: false; says: string }
    | {
        available: true
        lines: number
        answers: number
        lines_per_second: number
        p50_ms: number
        p95_ms: number
        first_ms: number
      }
}

export interface MemoryFigures {
  method: HeapMethod
  templates: number
  bytes_per_template: number
  /** With the verdict that is remembered for it. */
  bytes_per_template_and_verdict: number
}

export interface FloodFigures {
  /** Of one source, all different, a thousand a second. */
  distinct_lines: number
  seconds: number
  us_per_line: number
  heap_method: HeapMethod
  heap_growth_mib: number
  judged_lines: number
  left_out_lines: number
  templates_kept: number
}

const SEED = 20261122
const MOST_NOVEL = 20_000
const MOST_ASKED = 300
const DISTINCT = 100_000
/** Below the most templates of a source. */
const TEMPLATES_PER_SOURCE = 2_000
/** As the daemon asks by default. */
const ASK_BELOW = 0.75

/** Learns the headers first: a source is hardly ever new. */
function taught(log: LogLines, triage: { templates: LineTemplates }): void {
  for (const source of SOURCES)
    triage.templates.teach(
      source,
      log.known(200, source).map(l => l.line),
    )
}

export function benchPlain(lines: number): NovelFigures['plain_code'] {
  const log = new LogLines(SEED)
  const triage = new Triage({ classifier: Classifier.read() })
  taught(log, triage)
  const count = Math.min(Math.ceil(lines / 10), MOST_NOVEL)
  for (const line of log.novel(Math.min(count, 2_000))) judged(triage, line)
  const watch = new Stopwatch()
  const fresh = log.novel(count)
  let unsure = 0
  watch.time(() => {
    for (const line of fresh) if (judged(triage, line).verdict.confidence < ASK_BELOW) unsure++
  })
  return {
    lines: count,
    lines_per_cpu_second: watch.perCpuSecond(count),
    ms_each: digits(watch.cpuMs / count, 4),
    unsure_share: digits(unsure / count, 3),
  }
}

/** One line after the other through the model's process, threads as they are measured. */
export async function benchModel(
  lines: number,
  model: LineModel | undefined,
  signal: AbortSignal,
): Promise<NovelFigures['line_model']> {
  if (!model)
    return {
      available: false,
      says: 'there is no line model: neither in the package nor in triage.model_file',
    }
  const log = new LogLines(SEED + 1)
  const times: number[] = []
  let answers = 0
  const ask = async () => {
    const began = systemClock.monotonic()
    if (await model.run(log.novel(1)[0]!, signal)) answers++
    return systemClock.monotonic() - began
  }
  const first = await ask()
  answers = 0
  const count = Math.max(1, Math.min(Math.ceil(lines / 10), MOST_ASKED))
  for (let i = 0; i < count; i++) times.push(await ask())
  const sum = times.reduce((a, b) => a + b, 0)
  times.sort((a, b) => a - b)
  const at = (share: number) => digits(times[Math.min(count - 1, Math.floor(share * count))]!)
  return {
    available: true,
    lines: count,
    answers,
    lines_per_second: digits((count / sum) * 1000, 1),
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    first_ms: digits(first, 0),
  }
}

/** The model that the daemon would ask. @param file as `lineModelFile` says */
export const modelOf = (
  file: { path: string; sha256?: string } | undefined,
  threads: number,
): LineModel | undefined =>
  file && existsSync(file.path) ? new LineModel({ file, clock: systemClock, threads }) : undefined

export function benchMemory(lines: number, gauge: HeapGauge): MemoryFigures {
  // of fewer the heap of the runtime itself, which comes and goes, would be most
  const perSource = Math.max(250, Math.min(TEMPLATES_PER_SOURCE, Math.ceil(lines / 10 / SOURCES.length)))
  // the lines themselves do not count: they are made before, and stay
  const log = new LogLines(SEED + 2)
  // nor do the lexicon and the code books, which the first line loads, nor the weights, which must not go meanwhile
  const classifier = Classifier.read()
  const scratch = new Triage({ classifier })
  for (const line of log.novel(100)) judged(scratch, line)
  const lists = SOURCES.map(source => log.novel(perSource, source))
  const costs = (fill: () => { kept: unknown; templates: number }) => {
    const before = gauge.bytes()
    const filled = fill()
    const bytes = gauge.bytes() - before
    return { bytes: Math.round(bytes / filled.templates), ...filled }
  }
  const triage = { templates: new LineTemplates() }
  taught(log, triage)
  const bare = costs(() => {
    for (const list of lists) for (const l of list) triage.templates.learn(l.source, l.line)
    return { kept: triage, templates: triage.templates.size }
  })
  const own = new Triage({ classifier })
  taught(log, own)
  const full = costs(() => {
    // a verdict is kept at the second time
    for (let turn = 0; turn < 2; turn++) for (const list of lists) for (const l of list) judged(own, l)
    return { kept: own, templates: own.templates.size }
  })
  return {
    method: gauge.method,
    templates: bare.templates,
    bytes_per_template: bare.bytes,
    bytes_per_template_and_verdict: full.bytes,
  }
}

/** A source gone mad, through all that the daemon does with a line. */
export async function benchFlood(
  lines: number,
  gauge: HeapGauge,
  signal: AbortSignal,
): Promise<FloodFigures> {
  const log = new LogLines(SEED + 3)
  const triage = new Triage({ classifier: Classifier.read() })
  const live = new LiveTriage({
    triage,
    desk: new IncidentDesk(),
    clock: systemClock,
    tell: () => {},
  })
  await live.start()
  const source = SOURCES[0]!
  const began = systemClock.now()
  const count = Math.min(Math.ceil(lines / 4), DISTINCT)
  const watch = new Stopwatch()
  const before = gauge.bytes()
  for (let done = 0; done < count; ) {
    const chunk = log.novel(Math.min(5_000, count - done), source)
    const from = began + done
    watch.time(() => chunk.forEach((l, i) => void live.line({ ...l, at: from + i })))
    done += chunk.length
    await sleep(0, signal)
  }
  const growth = gauge.bytes() - before
  await live.stop()
  const { leftOut } = live.counts
  return {
    distinct_lines: count,
    seconds: digits(watch.cpuMs / 1000, 3),
    us_per_line: digits((watch.cpuMs * 1000) / count, 1),
    heap_method: gauge.method,
    heap_growth_mib: digits(growth / 1048576, 1),
    judged_lines: count - leftOut,
    left_out_lines: leftOut,
    templates_kept: triage.templates.size,
  }
}
