/**
 * Bytes on the wire of a model update: ours against a full download, zstd --patch-from, bsdiff, casync and zchunk, on models
 * that are made here: normal weights, a low-rank change merged into them, quantized by llama.cpp's own quantizer.
 *
 *   nice node dist/scripts/bench/ota-bytes.js [--matrices 10] [--rows 512] [--only q4_0-1%] [--pair old.gguf,new.gguf]
 *       [--effort small] [--alone] [--json figures.json]
 *
 * Needs Debian's zstd, bsdiff, casync, zchunk and time.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import koffi from 'koffi'
import { GGML_BLOCKS } from '../../daemon/base/gguf.js'
import { packageRoot } from '../../daemon/base/package-root.js'
import { seeded } from '../../daemon/base/random.js'
import { applyDelta } from '../../ota/format/apply-delta.js'
import { type ByteSource, fileSource } from '../../ota/format/byte-source.js'
import { readDeltaIndex } from '../../ota/format/delta-index.js'
import { makeDelta } from '../../ota/format/make-delta.js'
import { makeManifest } from '../../ota/format/make-manifest.js'
import { formatManifest, type Manifest, parseManifest } from '../../ota/format/manifest.js'
import type { Effort } from '../../ota/format/pack.js'

const COLUMNS = 2048
/** As in the researched figures: N(0, 0.02), rank 8. */
const DEVIATION = 0.02
const RANK = 8
/** A vocabulary that is to the file what a large one is to a large model. */
const TOKENS = 4_096
const TYPES = { q4_0: 2, q8_0: 8, q4_k: 12, q5_k: 13, q6_k: 14 } as const
type TypeName = keyof typeof TYPES
const MB = 1e6

interface Cost {
  bytes: number
  makeSeconds: number
  makePeakMb: number
  applySeconds?: number
  applyPeakMb?: number
}
interface Row {
  name: string
  fullBytes: number
  ways: Record<string, Cost>
  notes?: Record<string, number | string>
}

// ---- models

type Quantize = (type: number, rows: Float32Array, columns: number) => Uint8Array

/** llama.cpp's quantizer, as node-llama-cpp brings it. @source ggml/include/ggml.h, ggml_quantize_chunk */
function quantizer(): Quantize {
  const folder = join(packageRoot(), 'node_modules/@node-llama-cpp', `linux-${process.arch}`, 'bins')
  const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(name =>
    /libggml-base\.so/.test(name),
  )
  if (!file) throw new Error(`no libggml-base under ${folder}`)
  const chunk = koffi
    .load(join(folder, file))
    .func(
      'size_t ggml_quantize_chunk(int, const float *, _Out_ uint8_t *, int64_t, int64_t, int64_t, const float *)',
    )
  return (type, rows, columns) => {
    const [elements, bytes] = GGML_BLOCKS[type]!
    const out = new Uint8Array((rows.length / elements) * bytes)
    chunk(type, rows, out, 0, rows.length / columns, columns, null)
    return out
  }
}

/** @source Box and Muller, 1958 */
function normal(random: () => number, length: number, deviation: number): Float32Array {
  const values = new Float32Array(length)
  for (let i = 0; i < length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    values[i] = radius * Math.cos(angle)
    if (i + 1 < length) values[i + 1] = radius * Math.sin(angle)
  }
  return values
}

/** Adds a matrix of rank 8 whose norm is this part of the weights'. */
function merge(weights: Float32Array, columns: number, relative: number, random: () => number): Float32Array {
  const rows = weights.length / columns
  const a = normal(random, rows * RANK, 1)
  const b = normal(random, columns * RANK, 1)
  // the entries of a * b have a variance of RANK
  const scale = (relative * DEVIATION) / Math.sqrt(RANK)
  return weights.map((w, i) => {
    const row = Math.floor(i / columns) * RANK
    const column = (i % columns) * RANK
    let sum = 0
    for (let k = 0; k < RANK; k++) sum += a[row + k]! * b[column + k]!
    return w + scale * sum
  })
}

interface Tensor {
  name: string
  type: number
  shape: number[]
  bytes: Uint8Array
}

const u32 = (n: number) => Buffer.from(Uint32Array.of(n).buffer)
const u64 = (n: number) => Buffer.from(BigUint64Array.of(BigInt(n)).buffer)
const text = (s: string) => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)])
const padding = (n: number) => Buffer.alloc((32 - (n % 32)) % 32)

function writeModel(path: string, tensors: readonly Tensor[], template: string): void {
  const tokens = Array.from({ length: TOKENS }, (_, i) => text(`token${(i * 7919) % TOKENS}`))
  const pairs = [
    Buffer.concat([text('general.architecture'), u32(8), text('llama')]),
    Buffer.concat([text('tokenizer.chat_template'), u32(8), text(template)]),
    Buffer.concat([text('tokenizer.ggml.tokens'), u32(9), u32(8), u64(tokens.length), ...tokens]),
  ]
  let offset = 0
  const infos = tensors.map(t => {
    const info = [text(t.name), u32(t.shape.length), ...t.shape.map(u64), u32(t.type), u64(offset)]
    offset += t.bytes.length + padding(t.bytes.length).length
    return Buffer.concat(info)
  })
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(pairs.length),
    ...pairs,
    ...infos,
  ])
  writeFileSync(
    path,
    Buffer.concat([head, padding(head.length), ...tensors.flatMap(t => [t.bytes, padding(t.bytes.length)])]),
  )
}

const TEMPLATE = `{% for message in messages %}<|{{ message.role }}|>\n{{ message.content }}</s>\n{% endfor %}`

interface Recipe {
  type: TypeName
  matrices: number
  rows: number
  /** Relative change; a word means new weights. */
  change: number | 'new'
  /** Of the matrices, the first so many. */
  changed?: number
  template?: string
}

function writePair(folder: string, quantize: Quantize, recipe: Recipe): [string, string] {
  const { type, matrices, rows, change, changed = matrices, template = TEMPLATE } = recipe
  const length = rows * COLUMNS
  const sides: [Tensor[], Tensor[]] = [[], []]
  for (let i = 0; i < matrices; i++) {
    const weights = normal(seeded(i + 1), length, DEVIATION)
    const moved =
      change === 'new'
        ? normal(seeded(i + 1001), length, DEVIATION)
        : change > 0 && i < changed
          ? merge(weights, COLUMNS, change, seeded(i + 1001))
          : weights
    const norm = Buffer.from(Float32Array.from({ length: COLUMNS }, (_, n) => 1 + Math.sin(n + i) / 8).buffer)
    for (const [side, values] of [weights, moved].entries()) {
      const bytes = quantize(TYPES[type], values, COLUMNS)
      sides[side]!.push(
        { name: `blk.${i}.weight`, type: TYPES[type], shape: [COLUMNS, rows], bytes },
        { name: `blk.${i}.norm`, type: 0, shape: [COLUMNS], bytes: norm },
      )
    }
  }
  const paths: [string, string] = [join(folder, 'old.gguf'), join(folder, 'new.gguf')]
  writeModel(paths[0], sides[0], TEMPLATE)
  writeModel(paths[1], sides[1], template)
  return paths
}

// ---- ways

interface Ran {
  /** Of a processor. */
  seconds: number
  peakMb: number
  output: string
}

/** Runs a program under time(1). */
function timed(command: string, args: readonly string[]): Ran {
  // user and system time: other work on the machine does not count
  const { stdout, stderr, status } = spawnSync('/usr/bin/time', ['-f', '%U %S %M', command, ...args], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  const [user, system, kib] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  return { seconds: user! + system!, peakMb: (kib! * 1024) / MB, output: stdout }
}

const sizeOf = (path: string) => statSync(path).size

function zstd(folder: string, old: string, next: string): Cost {
  const delta = join(folder, 'zstd')
  const make = timed('zstd', ['-q', '-f', '-9', '--long=27', `--patch-from=${old}`, next, '-o', delta])
  const apply = timed('zstd', [
    '-q',
    '-f',
    '-d',
    '--long=27',
    `--patch-from=${old}`,
    delta,
    '-o',
    `${delta}.out`,
  ])
  return cost(sizeOf(delta), make, apply)
}

function bsdiff(folder: string, old: string, next: string): Cost {
  const delta = join(folder, 'bsdiff')
  const make = timed('bsdiff', [old, next, delta])
  const apply = timed('bspatch', [old, `${delta}.out`, delta])
  return cost(sizeOf(delta), make, apply)
}

function casync(folder: string, old: string, next: string): Cost {
  const [oldStore, newStore] = [join(folder, 'old.castr'), join(folder, 'new.castr')]
  for (const store of [oldStore, newStore]) mkdirSync(store)
  timed('casync', ['make', `--store=${oldStore}`, join(folder, 'old.caibx'), old])
  const index = join(folder, 'new.caibx')
  const make = timed('casync', ['make', `--store=${newStore}`, index, next])
  const chunks = (store: string) =>
    readdirSync(store, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.cacnk'))
  const have = new Set(chunks(oldStore))
  const missing = chunks(newStore).filter(name => !have.has(name))
  const apply = timed('casync', ['extract', `--store=${newStore}`, index, join(folder, 'casync.out')])
  const bytes = missing.reduce((sum, name) => sum + sizeOf(join(newStore, name)), sizeOf(index))
  return cost(bytes, make, apply)
}

function zchunk(folder: string, old: string, next: string): Cost {
  const [a, b] = [join(folder, 'old.zck'), join(folder, 'new.zck')]
  timed('zck', ['-o', a, old])
  const make = timed('zck', ['-o', b, next])
  // "Would download 123 of 456 bytes"
  const said = execFileSync('zck_delta_size', [a, b], { encoding: 'utf8' })
  const bytes = Number(/download (\d+)/.exec(said)?.[1])
  const apply = timed('sh', ['-c', 'unzck -c "$0" > "$0.out"', b])
  return cost(bytes, make, apply)
}

const cost = (bytes: number, make: Ran, apply: Ran): Cost => ({
  bytes,
  makeSeconds: make.seconds,
  makePeakMb: make.peakMb,
  applySeconds: apply.seconds,
  applyPeakMb: apply.peakMb,
})

/** Manifest, index and pieces; each side in a process of its own. */
function ours(
  folder: string,
  old: string,
  next: string,
  effort: Effort,
): { cost: Cost; notes: Row['notes'] } {
  const script = fileURLToPath(import.meta.url)
  const make = timed(process.execPath, [script, '--make', [old, next, join(folder, 'delta'), effort].join()])
  const apply = timed(process.execPath, [script, '--apply', [old, next, join(folder, 'delta')].join()])
  if (hashOf(join(folder, 'delta.out')) !== hashOf(next)) throw new Error('the result is not the new model')
  const { bytes, ...notes } = JSON.parse(apply.output) as { bytes: number }
  return { cost: cost(bytes, make, apply), notes: { ...notes, ...(JSON.parse(make.output) as object) } }
}

const hashOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

async function make(old: string, next: string, out: string, effort: Effort): Promise<void> {
  const sides = []
  for (const path of [old, next]) {
    const manifest = await makeManifest(path)
    writeFileSync(`${path}.manifest`, formatManifest(manifest))
    sides.push({ path, manifest })
  }
  const { codecs } = await makeDelta({ old: sides[0]!, target: sides[1]!, out, effort })
  process.stdout.write(JSON.stringify({ codecs: JSON.stringify(codecs) }))
}

/** Once through, and once more with a cut at half of what is fetched. */
async function apply(oldPath: string, next: string, deltaPath: string): Promise<void> {
  const manifestOf = (path: string): Manifest =>
    parseManifest(JSON.parse(readFileSync(`${path}.manifest`, 'utf8')))
  const target = manifestOf(next)
  const deltaFile = await fileSource(deltaPath)
  const full = await fileSource(next)
  // what crosses the wire, used or not
  let fetched = 0
  const source: ByteSource = {
    read(offset, length, signal) {
      fetched += length
      return deltaFile.read(offset, length, signal)
    },
  }
  const index = await readDeltaIndex(source)
  const build = (out: string, signal?: AbortSignal, onBytes: (fetched: number) => void = () => {}) =>
    applyDelta({
      old: { path: oldPath, manifest: manifestOf(oldPath) },
      target,
      expected: target,
      delta: { index, source },
      full,
      out,
      signal,
      onProgress: progress => onBytes(progress.fetchedBytes),
    })
  const residentBefore = process.memoryUsage.rss()
  let resident = residentBefore
  const began = performance.now()
  const cpu = process.cpuUsage()
  const applied = await build(`${deltaPath}.out`, undefined, () => {
    resident = Math.max(resident, process.memoryUsage.rss())
  })
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const once = applied.deltaBytes + applied.fullBytes
  const cut = new AbortController()
  const out = `${deltaPath}.cut`
  fetched = 0
  await build(out, cut.signal, bytes => {
    if (bytes > once / 2) cut.abort()
  }).catch(() => {})
  const resumed = await build(out)
  await deltaFile.close()
  await full.close()
  const overhead = index.piecesAt + formatManifest(target).length
  process.stdout.write(
    JSON.stringify({
      bytes: overhead + once,
      manifestAndIndexBytes: overhead,
      reusedBytes: applied.reusedBytes,
      fellBack: applied.fellBack,
      interruptedAtHalf: overhead + fetched + applied.fullBytes,
      resumedBytes: resumed.resumedBytes,
      applyMbPerSecond: Math.round(target.length / MB / seconds),
      applyCpuSeconds: (user + system) / 1e6,
      residentBeforeMb: Math.round(residentBefore / MB),
      residentPeakMb: Math.round(resident / MB),
    }),
  )
}

// ---- report

const OTHERS = { 'zstd --patch-from': zstd, bsdiff, casync, zchunk }

function measure(
  name: string,
  folder: string,
  [old, next]: [string, string],
  { effort, isAlone }: { effort: Effort; isAlone: boolean },
): Row {
  const fullBytes = sizeOf(next)
  process.stderr.write(`${name}: ${(fullBytes / MB).toFixed(1)} MB\n`)
  const our = ours(folder, old, next, effort)
  const ways: Record<string, Cost> = { fieldmouse: our.cost }
  for (const [way, run] of isAlone ? [] : Object.entries(OTHERS)) ways[way] = run(folder, old, next)
  const row = { name, fullBytes, ways, notes: our.notes }
  process.stderr.write(`${line(row)}\n`)
  return row
}

const percent = (part: number, whole: number) => {
  const value = (100 * part) / whole
  return `${value.toFixed(value < 1 ? 2 : 1)} %`
}
const line = ({ name, fullBytes, ways }: Row) =>
  `| ${name} | ${(fullBytes / MB).toFixed(1)} MB | ${Object.values(ways)
    .map(way => percent(way.bytes, fullBytes))
    .join(' | ')} |`

function table(rows: readonly Row[]): string {
  const ways = Object.keys(rows[0]!.ways)
  const costs = ways.map(way => {
    const all = rows.map(row => row.ways[way]!)
    const most = (of: (cost: Cost) => number | undefined) => Math.max(...all.map(c => of(c) ?? 0))
    return `| ${way} | ${most(c => c.makeSeconds).toFixed(1)} s | ${most(c => c.makePeakMb).toFixed(0)} MB | ${most(c => c.applySeconds).toFixed(1)} s | ${most(c => c.applyPeakMb).toFixed(0)} MB |`
  })
  return [
    `| update | full | ${ways.join(' | ')} |`,
    `| --- | ${ways.map(() => '---').join(' | ')} | --- |`,
    ...rows.map(line),
    '',
    '| worst of all rows, CPU time | make | peak | apply | peak |',
    '| --- | --- | --- | --- | --- |',
    ...costs,
  ].join('\n')
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
      json: { type: 'string' },
      make: { type: 'string' },
      apply: { type: 'string' },
    },
  })
  if (values.make) return make(...(values.make.split(',') as [string, string, string, Effort]))
  if (values.apply) return apply(...(values.apply.split(',') as [string, string, string]))
  const how = {
    effort: values.effort === 'fast' ? ('fast' as const) : ('small' as const),
    isAlone: values.alone,
  }
  const rows: Row[] = []
  const within = (use: (folder: string) => void) => {
    const folder = mkdtempSync(join(tmpdir(), 'ota-bytes-'))
    try {
      use(folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const size = { matrices: Number(values.matrices), rows: Number(values.rows) }
  const pairs: [string, Recipe][] = (Object.keys(TYPES) as TypeName[]).flatMap(type =>
    [0.001, 0.01, 0.05].map((change): [string, Recipe] => [
      `${type}, merged fine-tune of ${change * 100} %`,
      { type, change, ...size },
    ]),
  )
  const tenth = Math.max(1, Math.round(size.matrices / 10))
  pairs.push(
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
  )
  if (values.pair) {
    const [old, next] = values.pair.split(',') as [string, string]
    within(folder => {
      rows.push(measure(`${basename(old)} to ${basename(next)}`, folder, [old, next], how))
    })
  } else {
    const quantize = quantizer()
    for (const [name, recipe] of pairs.filter(([name]) => !values.only || name.includes(values.only)))
      within(folder => {
        rows.push(measure(name, folder, writePair(folder, quantize, recipe), how))
      })
    // an adapter of the same rank is a target of its own: two thin matrices in F16 for each
    const adapterBytes = size.matrices * RANK * (COLUMNS + size.rows) * 2
    process.stdout.write(`adapter only, rank ${RANK}, F16: ${(adapterBytes / MB).toFixed(2)} MB\n\n`)
  }
  process.stdout.write(`${table(rows)}\n`)
  if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await main(process.argv.slice(2))
