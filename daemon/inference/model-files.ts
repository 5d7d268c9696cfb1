/** A model may be one file, or a file with an adapter on it: all are judged before native code sees any. */

import type { GgufHeader } from '../base/gguf.js'
import { BASE_SHA256_KEY, judgeAdapter } from './adapter.js'
import { calibrationOf } from './confidence.js'
import type { ModelInfo } from './engine.js'
import { errors } from './errors.js'
import { checkGguf, sha256Of } from './gguf.js'

/** A model that can be loaded: the file, and the adapter that stands on it. */
export interface ModelFiles {
  path: string
  sha256?: string
  adapter?: { path: string; sha256?: string }
}

/** What the files say of themselves that native code does not tell. */
export type CheckedModel = Pick<ModelInfo, 'calibration' | 'adapter'>

/**
 * @param withHashes false: only headers, for files whose hashes were found right before
 * @throws model_not_found, not_gguf, gguf_truncated, gguf_broken, hash_mismatch, not_an_adapter, adapter_broken,
 *   adapter_misfit
 */
export async function checkModel(
  { path, sha256, adapter }: ModelFiles,
  { withHashes }: { withHashes: boolean },
): Promise<CheckedModel> {
  const expecting = (hash: string | undefined) => ({
    withWords: false,
    ...(withHashes && hash ? { sha256: hash } : {}),
  })
  const base = await checkGguf(path, expecting(sha256))
  if (!adapter) return calibrated(calibrationOf(base, path))
  const top = await checkGguf(adapter.path, expecting(adapter.sha256))
  const info = judgeAdapter(top, base, { path: adapter.path, base: path })
  if (withHashes) await judgeBase(top, { path, ...(sha256 ? { sha256 } : {}) }, adapter.path)
  // other weights are sure of other things; an adapter that says nothing of it is taken for a small change
  return { ...calibrated(calibrationOf(top, adapter.path) ?? calibrationOf(base, path)), adapter: info }
}

/** Where the adapter names its base by hash, it must be that one. */
async function judgeBase(top: GgufHeader, base: Omit<ModelFiles, 'adapter'>, path: string): Promise<void> {
  const wanted = top.metadata.get(BASE_SHA256_KEY)
  if (typeof wanted !== 'string') return
  const found = base.sha256 ?? (await sha256Of(base.path))
  if (found.toLowerCase() !== wanted.toLowerCase())
    throw errors.adapter_misfit({
      path,
      base: base.path,
      problem: `it was made on ${wanted.slice(0, 16)}…, this is ${found.slice(0, 16)}… (SHA-256)`,
    })
}

const calibrated = (calibration: CheckedModel['calibration']): CheckedModel =>
  calibration ? { calibration } : {}
