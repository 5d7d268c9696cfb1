import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { decodeGguf, type GgufHeader } from '../../daemon/base/gguf.js'
import { checkModel } from '../../daemon/inference/model-files.js'
import { factoryModelPath } from '../support/model.js'

const run = promisify(execFile)
const hasTorch = () => {
  try {
    execFileSync('python3', ['-c', 'import torch, gguf, tokenizers'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const skip = hasTorch() ? false : 'pip install -r scripts/train/requirements.txt'
const path = factoryModelPath()
const factory = readFileSync(path)
const header = decodeGguf(factory, factory.length, path) as GgufHeader
const DOWN = 'blk.3.ffn_down.weight'

/** The factory model with the first rows of a matrix, or a whole tensor, taken out. */
function without(name: string, rows?: number): Buffer {
  const { offset, sizeBytes, shape } = header.tensors.find(x => x.name === name)!
  const bytes = rows === undefined ? sizeBytes : (sizeBytes / shape[1]!) * rows
  return Buffer.from(factory).fill(0, offset, offset + bytes)
}

t.test(
  'the difference of two models becomes an adapter that the daemon takes',
  { skip, timeout: 170_000 },
  async t => {
    const folder = t.testdir()
    const [tuned, out] = [join(folder, 'tuned.gguf'), join(folder, 'adapter.gguf')]
    writeFileSync(tuned, without(DOWN, 8))
    const make = (...words: string[]) =>
      run('python3', ['scripts/train/adapter.py', '--tuned', tuned, '--out', out, '--type', 'F32', ...words])
    const { stdout } = await make('--rank', '8', '--version', '3.2.1')
    t.match(stdout, /rank 8 holds 100\.00 %/)
    t.match(await checkModel({ path, adapter: { path: out } }, { withHashes: true }), {
      adapter: { name: 'fieldmouse-command-adapter', version: '3.2.1' },
    })
    const { tensors } = decodeGguf(readFileSync(out), readFileSync(out).length, out) as GgufHeader
    t.strictSame(
      tensors.map(x => [x.name, x.shape]),
      [
        [`${DOWN}.lora_a`, [640, 8]],
        [`${DOWN}.lora_b`, [8, 256]],
      ],
    )
    await t.rejects(
      checkModel({ path: tuned, adapter: { path: out } }, { withHashes: true }),
      { code: 'adapter_misfit', message: /SHA-256/ },
      'a model with other weights is no base for it',
    )
    t.match((await make('--rank', '4')).stdout, /rank 4 holds [5-9]\d\.\d\d %/)

    writeFileSync(tuned, without('blk.0.attn_norm.weight'))
    await t.rejects(make(), { code: 1, stderr: /1 tensors changed that no adapter can hold/ })
    writeFileSync(tuned, factory)
    await t.rejects(make(), { code: 1, stderr: /nothing in the layers changed/ })
  },
)
