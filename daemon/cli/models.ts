/** `fieldmouse models`: the catalog against this board. Changes nothing. */
import type { ModelProfile } from '../../device-profiles/schema.js'
import { packageFile } from '../base/package-root.js'
import type { Board } from '../board/board.js'
import { modelMib } from '../board/budget.js'
import { explainBoard } from '../board/explain.js'
import { type Considered, tps } from '../board/plan.js'
import type { Flags } from '../config/environment.js'
import { loadConfig } from '../config/load.js'
import { FACTORY_FAMILIES, factoryModelOf } from '../factory.js'
import { surveyFor } from '../survey.js'
import { errors } from './errors.js'

/** The catalog, each file with what this board makes of it. Names are those of the JSON. */
export interface ModelRow {
  name: string
  quantization: string
  task: string
  size_mib: number
  /** Weights, KV cache and the process around them. */
  memory_mib: number
  quality: number
  installed: boolean
  prefill_tokens_per_second: number | null
  decode_tokens_per_second: number | null
  /** measured, probed, computed; null when nobody can tell. */
  rates_by: string | null
  verdict: 'chosen' | 'fits' | 'ruled_out'
  why: string
}

const survey = (flags: Flags) => surveyFor(loadConfig({ flags }).config)

/** One row a model file, best first. */
export async function listModels(flags: Flags): Promise<ModelRow[]> {
  return rowsOf(await survey(flags))
}

function rowsOf({ plan, profiles }: Board): ModelRow[] {
  const bytes = (c: Considered) =>
    profiles.models.find(m => m.name === c.name)?.files.find(f => f.quantization === c.quantization)?.bytes ??
    0
  const digits = (n: number | undefined) => (n === undefined ? null : Math.round(n * 10) / 10)
  return plan.considered.map(c => ({
    name: c.name,
    quantization: c.quantization,
    task: c.task,
    size_mib: Math.round(bytes(c) / 104857.6) / 10,
    memory_mib: c.memoryMib,
    quality: c.quality,
    installed: c.installed,
    prefill_tokens_per_second: digits(c.rates?.prefillTps),
    decode_tokens_per_second: digits(c.rates?.decodeTps),
    rates_by: c.rates?.by ?? null,
    verdict: c.verdict,
    why: c.why,
  }))
}

/** Rows as a table for people. */
export function sayModels(rows: readonly ModelRow[]): string {
  const head = ['', 'model', 'quantization', 'for', 'file MiB', 'memory MiB', 'reads/s', 'writes/s', 'why']
  const marks = { chosen: '*', fits: '+', ruled_out: '-' }
  const rate = (n: number | null) => (n === null ? '?' : tps(n))
  const lines = rows.map(r => [
    marks[r.verdict],
    r.name,
    r.quantization,
    r.task,
    r.size_mib.toFixed(r.size_mib < 10 ? 1 : 0),
    String(r.memory_mib),
    rate(r.prefill_tokens_per_second),
    rate(r.decode_tokens_per_second),
    r.why,
  ])
  const widths = head.map((word, i) => Math.max(word.length, ...lines.map(line => line[i]!.length)))
  const numbers = new Set([4, 5, 6, 7])
  const say = (line: string[]) =>
    line
      .map((cell, i) => (numbers.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [
    say(head),
    ...lines.map(say),
    '',
    '* is used or would be, + fits, - cannot be. Rates are tokens a second; `fieldmouse doctor --measure` makes them those of this board.',
  ].join('\n')
}

/**
 * One model in full: what it is, what each file needs at growing context lengths, and the verdict.
 * @throws unknown_model
 */
export async function explainModel(flags: Flags, name: string | undefined): Promise<string> {
  const board = await survey(flags)
  const { models } = board.profiles
  const wanted = name ?? board.plan.model?.name ?? models[0]?.name
  const model = models.find(m => m.name === wanted)
  if (!model) throw errors.unknown_model({ name: wanted ?? '', known: models.map(m => m.name).join(', ') })
  return [explainBoard(board.facts), '', ...about(model), '', ...files(model, board)].join('\n')
}

function about(model: ModelProfile): string[] {
  const { shape } = model
  return [
    `${model.title} (${model.name})`,
    `  family ${model.family}, architecture ${model.architecture}, ${model.parameters_m} million parameters, licence ${model.license}`,
    `  for: ${model.tasks.join(', ')}; prompts as ${model.form}; context up to ${model.context_tokens.most} tokens`,
    `  ${shape.layers} layers of ${shape.embedding}, ${shape.heads} heads of ${shape.head_size} (${shape.kv_heads} for K and V), vocabulary ${shape.vocabulary}`,
    `  KV cache ${(model.kv_bytes_per_token.value / 1024).toFixed(1)} KiB a token (${model.kv_bytes_per_token.source})`,
    `  quality ${model.quality.value} (${model.quality.source})`,
  ]
}

function files(model: ModelProfile, { plan }: Board): string[] {
  const { wanted, most } = model.context_tokens
  const lengths = [...new Set([Math.min(512, most), wanted, Math.min(4 * wanted, most)])].sort(
    (a, b) => a - b,
  )
  return model.files.flatMap(file => {
    const judged = plan.considered.filter(c => c.name === model.name && c.quantization === file.quantization)
    const memory = lengths.map(n => `${modelMib(model, file, 1, n)} MiB with ${n} tokens`).join(', ')
    return [
      `${file.quantization}: ${file.file}, ${(file.bytes / 1048576).toFixed(1)} MiB (${file.source})`,
      ...shippedAs(file.file),
      `  memory, one sequence: ${memory}`,
      ...judged.flatMap(c => [
        ...(c.rates
          ? [
              `  ${c.rates.by}: reads ${tps(c.rates.prefillTps)}, writes ${tps(c.rates.decodeTps)} tokens/s with ${c.rates.threads} thread(s)`,
            ]
          : []),
        `  ${c.task}: ${c.verdict.replace('_', ' ')}: ${c.why}`,
      ]),
    ]
  })
}

/** What the signed promise says of a file that ships. @throws factory_damaged */
function shippedAs(file: string): string[] {
  if (!file.startsWith('ota/factory/')) return []
  const model = FACTORY_FAMILIES.map(family => factoryModelOf(family)).find(
    m => m.files.model === packageFile(file),
  )
  if (!model) return []
  const figures = Object.entries(model.promise.evaluation).map(([name, says]) => `${name} ${says}`)
  return [
    `  ships: ${model.family} ${model.version}, release ${model.release}, SHA-256 ${model.sha256.slice(0, 16)}…`,
    `  its publisher says: ${figures.join('; ') || 'nothing'}`,
  ]
}
