/**
 * Bytes on the wire of a model update: ours against a full download, zstd --patch-from, bsdiff, casync and zchunk, on models
 * that are made here: normal weights, a low-rank change merged into them, quantized by llama.cpp's own quantizer.
 *
 *   nice node dist/scripts/bench/ota-bytes.js [--matrices 10] [--rows 512] [--only q4_0-1%] [--pair old.gguf,new.gguf]
 *       [--effort small] [--alone] [--end-to-end] [--line 2000000] [--json figures.json]
 *
 * With --end-to-end each pair also goes from a publisher's repository through a counted line of so many bytes a second into the
 * device's updater. Needs Debian's zstd, bsdiff, casync and zchunk (not with --alone), and time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { Effort } from '../../ota/format/pack.js'
import { endToEnd } from './ota-bytes/end-to-end.js'
import {
  COLUMNS,
  quantizer,
  RANK,
  type Recipe,
  TEMPLATE,
  TYPES,
  type TypeName,
  writePair,
} from './ota-bytes/models.js'
import { type Cost, MB, OTHERS, sizeOf } from './ota-bytes/others.js'
import { apply, make, ours } from './ota-bytes/ours.js'
import { line, type Row, table } from './ota-bytes/table.js'

interface How {
  effort: Effort
  isAlone: boolean
  /** 0: not end to end. */
  bytesPerSecond: number
}

async function measure(
  name: string,
  folder: string,
  [old, next]: [string, string],
  { effort, isAlone, bytesPerSecond }: How,
): Promise<Row> {
  const fullBytes = sizeOf(next)
  process.stderr.write(`${name}: ${(fullBytes / MB).toFixed(1)} MB\n`)
  const our = ours(fileURLToPath(import.meta.url), folder, [old, next], effort)
  const ways: Record<string, Cost> = { fieldmouse: our.cost }
  for (const [way, run] of isAlone ? [] : Object.entries(OTHERS)) ways[way] = run(folder, old, next)
  const row: Row = { name, fullBytes, ways, notes: our.notes }
  process.stderr.write(`${line(row)}\n`)
  if (bytesPerSecond > 0) row.endToEnd = await endToEnd([old, next], { effort, bytesPerSecond })
  return row
}

/** What is changed how. */
function recipes(size: { matrices: number; rows: number }): [string, Recipe][] {
  const tenth = Math.max(1, Math.round(size.matrices / 10))
  return [
    ...(Object.keys(TYPES) as TypeName[]).flatMap(type =>
      [0.001, 0.01, 0.05].map((change): [string, Recipe] => [
        `${type}, merged fine-tune of ${change * 100} %`,
        { type, change, ...size },
      ]),
    ),
    ['q4_0, 10 % of the tensors changed by 5 %', { type: 'q4_0', change: 0.05, changed: tenth, ...size }],
    [
      'q4_0, longer chat template only',
      {
        type: 'q4_0',
        change: 0,
        template: `${TEMPLATE}{% if tools %}${'{{ tools | tojson }} '.repeat(40)}{% endif %}`,
        ...size,
      },
    ],
    ['q4_0, all weights new', { type: 'q4_0', change: 'new', ...size }],
  ]
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      matrices: { type: 'string', default: '10' },
      rows: { type: 'string', default: '512' },
      only: { type: 'string' },
      pair: { type: 'string' },
      effort: { type: 'string', default: 'small' },
      alone: { type: 'boolean', default: false },
      'end-to-end': { type: 'boolean', default: false },
      line: { type: 'string', default: '2000000' },
      json: { type: 'string' },
      make: { type: 'string' },
      apply: { type: 'string' },
    },
  })
  if (values.make) return make(...(values.make.split(',') as [string, string, string, Effort]))
  if (values.apply) return apply(...(values.apply.split(',') as [string, string, string]))
  const how: How = {
    effort: values.effort === 'fast' ? 'fast' : 'small',
    isAlone: values.alone,
    bytesPerSecond: values['end-to-end'] ? Number(values.line) : 0,
  }
  const rows: Row[] = []
  const within = async (use: (folder: string) => Promise<Row>) => {
    const folder = mkdtempSync(join(tmpdir(), 'ota-bytes-'))
    try {
      rows.push(await use(folder))
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const size = { matrices: Number(values.matrices), rows: Number(values.rows) }
  if (values.pair) {
    const [old, next] = values.pair.split(',') as [string, string]
    await within(folder => measure(`${basename(old)} to ${basename(next)}`, folder, [old, next], how))
  } else {
    const quantize = quantizer()
    for (const [name, recipe] of recipes(size).filter(([name]) => !values.only || name.includes(values.only)))
      await within(folder => measure(name, folder, writePair(folder, quantize, recipe), how))
    // an adapter of the same rank is a target of its own: two thin matrices in F16 for each
    const adapterBytes = size.matrices * RANK * (COLUMNS + size.rows) * 2
    process.stdout.write(`adapter only, rank ${RANK}, F16: ${(adapterBytes / MB).toFixed(2)} MB\n\n`)
  }
  process.stdout.write(`${table(rows)}\n`)
  if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await main(process.argv.slice(2))
