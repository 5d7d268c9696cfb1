import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { checkGguf } from '../../daemon/inference/gguf.js'
import { measureModel } from '../../daemon/inference/measure.js'
import { QUANTIZATIONS, type SizedQuantization, sizeOf } from '../../device-profiles/sizes.js'
import { writeShapeGguf } from '../../scripts/bench/shape-gguf.js'
import { SMALL_SHAPES } from '../support/shapes.js'

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

/** Loading takes a second or two: each architecture once, each quantization once. llama and qwen3: `catalog.test.ts`. */
const RUN = ['gemma3 q4_0', 'lfm2 f16', 'lfm2 q4_k_m', 'lfm2 q6_k', 'llama q8_0']

t.test('every architecture and quantization is as large as computed; they run in llama.cpp', async t => {
  const folder = t.testdir()
  const ran: string[] = []
  for (const { architecture, ...shape } of SMALL_SHAPES)
    for (const quantization of Object.keys(QUANTIZATIONS) as SizedQuantization[]) {
      const name = `${architecture} ${quantization}`
      const path = join(folder, `${name}.gguf`)
      const written = await writeShapeGguf({ path, architecture, shape, quantization, contextTokens: 128 })
      const header = await checkGguf(path)
      const computed = sizeOf({ ...shape, architecture }, quantization)
      t.strictSame([written.bytes, written.parameters], [header.fileBytes, computed.parameters], name)
      t.equal(
        header.tensors.reduce((sum, x) => sum + x.sizeBytes, 0),
        computed.bytes,
        `${name}: bytes as another reader counts them`,
      )
      if (!RUN.includes(name)) continue
      const trial = { counts: [1], promptTokens: 16, outputTokens: 4, budgetMs: 50, exhaustive: true }
      const { trials } = await measureModel({
        path,
        contextTokens: 128,
        trial: { ...trial, energy: 'speed' },
      })
      if (trials[0]!.decodeTps > 0) ran.push(name)
    }
  t.strictSame(ran.sort(), [...RUN].sort())
})

t.test('the same seed writes the same file, another seed another', async t => {
  const folder = t.testdir()
  const { architecture, ...shape } = SMALL_SHAPES[0]!
  const write = async (name: string, seed?: number) => {
    const path = join(folder, name)
    await writeShapeGguf({
      path,
      architecture,
      shape,
      quantization: 'q8_0',
      contextTokens: 128,
      ...(seed && { seed }),
    })
    return sha256(path)
  }
  const first = await write('a')
  t.equal(await write('b'), first)
  t.not(await write('c', 7), first)
})

t.test('a file that is there is neither overwritten nor removed; a cancelled one leaves nothing', async t => {
  const path = join(t.testdir(), 'mine.gguf')
  const { architecture, ...shape } = SMALL_SHAPES[0]!
  const options = { path, architecture, shape, quantization: 'q4_0', contextTokens: 128 } as const
  await t.rejects(writeShapeGguf({ ...options, signal: AbortSignal.abort() }))
  await t.rejects(checkGguf(path), { code: 'model_not_found' })
  writeFileSync(path, 'somebody worked on this')
  await t.rejects(writeShapeGguf(options), { code: 'EEXIST' })
  t.equal(readFileSync(path, 'utf8'), 'somebody worked on this')
})

t.test('the program writes a shape of the catalog, and says what may be asked of it', async t => {
  const run = promisify(execFile)
  const program = 'dist/scripts/bench/shape-gguf.js'
  const path = join(t.testdir(), 'factory.gguf')
  const args = ['--model', 'fieldmouse-command', '--quantization', 'q8_0', '--out', path]
  t.match((await run(process.execPath, [program, ...args])).stdout, /5\.6 million random weights/)
  const header = await checkGguf(path)
  t.equal(header.metadata.get('llama.block_count'), 6)
  t.equal(header.metadata.get('llama.context_length'), 256)
  await t.rejects(run(process.execPath, [program, '--model', 'mole']), {
    message: /--model is one of .*smollm2-135m/,
  })
  await t.rejects(run(process.execPath, [program, ...args, '--quantization', 'q3_k']), { message: /q4_k_m/ })
})
