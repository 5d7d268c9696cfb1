import type { Board } from './board.js'
import type { BoardFacts } from './facts.js'
import type { Match } from './match.js'
import type { Measured } from './measured.js'
import { type Considered, tps } from './plan.js'

/** What `doctor` says of a board, in the order of the questions people ask. Every line is a sentence. */
export interface Explained {
  saw: string[]
  /** What was decided, and by which figures. */
  plan: string[]
  /** One line a model that cannot be, with the reason. */
  excluded: string[]
  measured: string[]
  /** What to change, and what it would bring. */
  change: string[]
}

/** Facts, profile, plan and figures as sentences. */
export function explain({ facts, match, plan, calibration, problems }: Board): Explained {
  return {
    saw: [explainBoard(facts), ...explainParts(facts), explainMatch(match)],
    plan: [...plan.because],
    excluded: explainExcluded(plan.considered),
    measured: [
      ...explainMeasured(calibration.measured),
      ...(calibration.discarded ? [`Earlier measurements are not used: ${calibration.discarded}.`] : []),
    ],
    change: [...problems.map(problem => `Correct a profile of your own: ${problem}.`), ...plan.advice],
  }
}

/** `Raspberry Pi 5 Model B Rev 1.0: 4 x Cortex-A76 at 2400 MHz, 8052 MiB, 48 C, Debian ...` */
export function explainBoard(facts: BoardFacts): string {
  const { cpu, memory, l4t } = facts
  const classes = cpu.classes
    .map(c => `${c.count} x ${c.name}${c.maxMhz ? ` at ${c.maxMhz} MHz` : ''}`)
    .join(' + ')
  const about = [
    classes || `${cpu.cores} x ${cpu.name ?? 'an unnamed processor'}`,
    `${memory.totalMib} MiB`,
    memory.limitMib === undefined ? '' : `limited to ${memory.limitMib} MiB`,
    facts.readings.hottestC === undefined ? '' : `${Math.round(facts.readings.hottestC)} °C`,
    l4t ? `Jetson Linux ${l4t.release}.${l4t.revision}${l4t.jetpack ? ` (JetPack ${l4t.jetpack})` : ''}` : '',
    facts.powerMode ? `power mode ${facts.powerMode.name}` : '',
    facts.system ?? '',
  ]
  return `${facts.model ?? `a machine of ${facts.architecture}`}: ${about.filter(Boolean).join(', ')}.`
}

/** Features that decide how fast llama.cpp multiplies. @source ggml/src/ggml-cpu */
const TELLING = ['asimddp', 'i8mm', 'sve', 'sve2', 'bf16', 'avx2', 'avx_vnni', 'avx512_vnni', 'avx512f']

function explainParts(facts: BoardFacts): string[] {
  const { accelerators, storage, cpu, readings } = facts
  const features = TELLING.filter(name => cpu.features.includes(name))
  const throttle = readings.throttle
  const now = throttle && [
    throttle.underVoltage ? 'under-voltage' : '',
    throttle.capped ? 'a capped frequency' : '',
    throttle.throttled ? 'throttling' : '',
    throttle.softLimit ? 'the soft temperature limit' : '',
  ]
  return [
    cpu.features.length === 0
      ? ''
      : features.length > 0
        ? `Instructions that count: ${features.join(', ')}.`
        : 'No instructions for dot products of small integers: arithmetic will be what limits it.',
    ...accelerators.map(
      a =>
        `${a.name}: ${a.kind === 'npu' ? 'an NPU, which llama.cpp does not use' : `${a.kind}, ${a.ready ? 'its driver is there' : 'no driver answers'}`}.`,
    ),
    storage
      ? `State lies on ${storage.device ?? 'a file system without a device'} (${STORAGE[storage.kind]})${storage.freeMib === undefined ? '' : `, ${storage.freeMib} MiB free`}${storage.readOnly ? ', read-only' : ''}.`
      : '',
    readings.power ? `It draws ${(readings.power.totalMw / 1000).toFixed(1)} W now.` : '',
    now?.some(Boolean) ? `The firmware reports ${now.filter(Boolean).join(' and ')}.` : '',
  ].filter(Boolean)
}

const STORAGE = {
  sd: 'SD card',
  emmc: 'eMMC',
  nvme: 'NVMe',
  ssd: 'SSD',
  disk: 'a disk',
  usb: 'USB',
  ram: 'memory: gone after a restart',
  overlay: 'an overlay: may be gone after a restart',
  network: 'the network',
  unknown: 'unknown storage',
}

export function explainMatch({ profile, because }: Match): string {
  return `Profile ${profile.name}: ${because}.`
}

function explainExcluded(considered: readonly Considered[]): string[] {
  return considered.filter(c => c.verdict === 'ruled_out').map(c => `${c.name} ${c.quantization}: ${c.why}.`)
}

function explainMeasured({ models, probes }: Measured): string[] {
  const lines = models.map(
    m =>
      `${m.name} ${m.quantization}: ${m.trials.map(t => `${t.threads} thread${t.threads === 1 ? '' : 's'} ${tps(t.prefillTps)} read, ${tps(t.decodeTps)} written tokens/s`).join('; ')}; ${m.threads} taken.`,
  )
  return probes.length > 0
    ? [
        ...lines,
        `${probes.length} measurements of memory and arithmetic; the rates of other models follow from them.`,
      ]
    : lines
}
