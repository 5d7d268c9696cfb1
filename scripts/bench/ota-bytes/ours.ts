/** Our own way on a pair of files: manifest, index and pieces, made and applied in processes of their own. */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyDelta } from '../../../ota/format/apply-delta.js'
import { type ByteSource, fileSource } from '../../../ota/format/byte-source.js'
import { readDeltaIndex } from '../../../ota/format/delta-index.js'
import { makeDelta } from '../../../ota/format/make-delta.js'
import { makeManifest } from '../../../ota/format/make-manifest.js'
import { formatManifest, type Manifest, parseManifest } from '../../../ota/format/manifest.js'
import type { Effort } from '../../../ota/format/pack.js'
import { type Cost, cost, MB, timed } from './others.js'

export type Notes = Record<string, number | string>

/** @param script that runs `make` and `apply` when it is asked by `--make` and `--apply` */
export function ours(
  script: string,
  folder: string,
  [old, next]: readonly [string, string],
  effort: Effort,
): { cost: Cost; notes: Notes } {
  const make = timed(process.execPath, [script, '--make', [old, next, join(folder, 'delta'), effort].join()])
  const apply = timed(process.execPath, [script, '--apply', [old, next, join(folder, 'delta')].join()])
  if (hashOf(join(folder, 'delta.out')) !== hashOf(next)) throw new Error('the result is not the new model')
  const { bytes, ...notes } = JSON.parse(apply.output) as { bytes: number }
  return { cost: cost(bytes, make, apply), notes: { ...notes, ...(JSON.parse(make.output) as object) } }
}

const hashOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

export async function make(old: string, next: string, out: string, effort: Effort): Promise<void> {
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
export async function apply(oldPath: string, next: string, deltaPath: string): Promise<void> {
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
