/** The figures of `fieldmouse bench triage` for people: a row each, and what it means. */
import type { HeapMethod } from './stopwatch.js'
import type { TriageBench } from './triage.js'
import type { Shares } from './triage-known.js'

const n = (count: number) => Math.round(count).toLocaleString('en')
const percent = (share: number) => `${(share * 100).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`
const shares = (s: Shares) =>
  `memory ${percent(s.memory)}, plain code ${percent(s.plain_code)}, model ${percent(s.model)}`
const HOW: Record<HeapMethod, string> = {
  after_gc: 'heap before and after, garbage collected',
  without_gc: 'process.memoryUsage before and after, garbage not collected: too high',
}

export function sayTriageFigures(b: TriageBench): string {
  const { known, mixed, agreement, novel, memory, numbers, flood } = b
  const [first, last] = known.windows
  const model = novel.line_model
  const rows: [string, string, string][] = [
    ['machine', `${b.machine.cpu}, ${b.machine.cores} cores`, `Node ${b.machine.node}, ${b.date}`],
    [
      'lines, templates known',
      `${n(known.lines_per_cpu_second)} /s`,
      `One core, raw lines of ${known.sources} sources, verdict included (${n(known.lines_per_second)} by the clock on the wall).`,
    ],
    [
      'the same, a plain Drain',
      `${n(known.drain_lines_per_cpu_second)} /s`,
      `Templates only, no verdict (He et al., ICWS 2017: depth 4, similarity 0.4), ${known.drain_templates} templates to our ${known.templates}.`,
    ],
    [
      'ratio',
      `${known.ratio_to_drain}`,
      `Fieldmouse with verdicts to Drain without; templates alone ${n(known.templates_only_lines_per_cpu_second)} /s, ratio ${known.templates_only_ratio_to_drain}.`,
    ],
    ...known.by_source.map((s): [string, string, string] => [
      `  ${s.source}`,
      `${n(s.lines_per_cpu_second)} /s`,
      `Drain ${n(s.drain_lines_per_cpu_second)} /s, ratio ${s.ratio_to_drain}; ${percent(s.memory_share)} from memory.`,
    ]),
    [
      'flat',
      `${known.last_to_first}`,
      `Lines to ${n(first!.to_line)}: ${n(first!.lines_per_cpu_second)} /s; lines ${n(last!.from_line)} to ${n(last!.to_line)}: ${n(last!.lines_per_cpu_second)} /s (Drain ${n(first!.drain_lines_per_cpu_second)}, ${n(last!.drain_lines_per_cpu_second)}).`,
    ],
    ['who decided', percent(known.shares.memory), `Templates known: ${shares(known.shares)}.`],
    [
      '  with new ones',
      percent(mixed.shares.memory),
      `A new template every ${n(mixed.new_template_every_lines)} lines: ${shares(mixed.shares)}; ${n(mixed.lines_per_second)} lines a second by the wall clock.`,
    ],
    [
      'memory is wrong',
      n(agreement.differing_lines),
      `Of ${n(agreement.lines)} lines that memory answered plain code would call so many otherwise (severity, category or component).`,
    ],
    [
      'new templates',
      `${n(novel.plain_code.lines_per_cpu_second)} /s`,
      `Plain code alone, ${novel.plain_code.ms_each} ms each; of ${percent(novel.plain_code.unsure_share)} it would ask the model.`,
    ],
    model.available
      ? [
          '  by the line model',
          `${model.lines_per_second} /s`,
          `p50 ${model.p50_ms} ms, p95 ${model.p95_ms} ms, ${model.answers} of ${model.lines} answered; the first, with its start, ${model.first_ms} ms.`,
        ]
      : ['  by the line model', 'absent', `Not measured: ${model.says}.`],
    [
      'memory of a template',
      `${n(memory.bytes_per_template)} B`,
      `With its verdict ${n(memory.bytes_per_template_and_verdict)} B; over ${n(memory.templates)} templates (${HOW[memory.method]}).`,
    ],
    [
      `${n(numbers.channels)} numbers at 1 Hz`,
      `${numbers.percent_of_one_core} %`,
      `Of one core, ${numbers.us_per_value} us a value, ${numbers.kib_per_channel} KiB each.`,
    ],
    [
      '  on a Raspberry Pi 4',
      numbers.raspberry_pi_4.core_ratio > 0 ? `${numbers.raspberry_pi_4.percent_of_one_core} %` : '?',
      `${numbers.raspberry_pi_4.says}.`,
    ],
    [
      `${n(flood.distinct_lines)} new templates`,
      `${flood.seconds} s`,
      `One source, 1,000 a second, all the way to the incident desk: ${flood.us_per_line} us each, ${flood.heap_growth_mib} MiB more, ${n(flood.judged_lines)} judged, ${n(flood.left_out_lines)} counted and left out, ${n(flood.templates_kept)} templates kept.`,
    ],
  ]
  return rows.map(([name, figure, what]) => `${name.padEnd(25)}${figure.padStart(13)}  ${what}`).join('\n')
}
