/**
 * A LoRA adapter is judged before native code sees it: whether it is one, whether it is whole, and whether it stands on
 * this model. llama.cpp would refuse some of this, end the process over some, and pass over the rest in silence.
 * @source llama.cpp: src/llama-adapter.cpp, llama_adapter_lora_init_impl
 */
import type { GgufHeader, GgufTensor } from '../base/gguf.js'
import type { AdapterInfo } from './engine.js'
import { errors } from './errors.js'

/** SHA-256 of the model that an adapter was made on, in its metadata: shapes alone are alike in many models. */
export const BASE_SHA256_KEY = 'fieldmouse.adapter.base_sha256'
export const ALPHA_KEY = 'adapter.lora.alpha'
const F32_VALUE = 6
/** What both halves may be stored in: F32, F16, Q8_0, BF16. */
const HALF_TYPES = [0, 1, 8, 30]
/** Of all adapters that anybody makes; more is a broken number. */
const MOST_RANK = 1024

/** Where files lie, for messages. */
export interface AdapterPaths {
  path: string
  base: string
}

/**
 * @returns what it calls itself
 * @throws not_an_adapter, adapter_broken, adapter_misfit
 */
export function judgeAdapter(
  adapter: Pick<GgufHeader, 'metadata' | 'types' | 'tensors'>,
  base: Pick<GgufHeader, 'metadata' | 'tensors'>,
  paths: AdapterPaths,
): AdapterInfo {
  const { path } = paths
  const is = (key: string, wanted: string) => {
    const found = adapter.metadata.get(key)
    if (found === wanted) return
    const problem = `\`${key}\` is ${found === undefined ? 'missing' : JSON.stringify(String(found))}, not "${wanted}"`
    throw errors.not_an_adapter({ path, problem })
  }
  is('general.type', 'adapter')
  is('adapter.type', 'lora')
  const alpha = adapter.metadata.get(ALPHA_KEY)
  // any other type ends the process; none and zero are taken for "do not scale"
  if (alpha !== undefined && (adapter.types.get(ALPHA_KEY) !== F32_VALUE || !Number.isFinite(alpha)))
    throw errors.adapter_broken({
      path,
      tensor: ALPHA_KEY,
      problem: 'it is not a finite 32-bit floating-point number',
    })
  if (adapter.metadata.has('adapter.alora.invocation_tokens'))
    throw errors.not_an_adapter({ path, problem: 'it is an activated one (aLoRA), which is not supported' })
  const [made, here] = [adapter, base].map(h => String(h.metadata.get('general.architecture') ?? 'none'))
  if (made !== here)
    throw errors.adapter_misfit({
      ...paths,
      problem: `it is for the architecture ${made}, the model is ${here}`,
    })
  const pairs = pairsOf(adapter.tensors, path)
  if (pairs.size === 0) throw errors.not_an_adapter({ path, problem: 'it holds no weights' })
  const targets = new Map(base.tensors.map(t => [t.name, t]))
  for (const [name, pair] of pairs) judgePair(name, pair, targets.get(name), paths)
  const text = (key: string) => String(adapter.metadata.get(key) ?? '')
  return { name: text('general.name') || 'unnamed', version: text('general.version') }
}

interface Pair {
  a?: GgufTensor
  b?: GgufTensor
}

/** The halves by the tensor that they change. */
function pairsOf(tensors: readonly GgufTensor[], path: string): Map<string, Required<Pair>> {
  const pairs = new Map<string, Pair>()
  for (const tensor of tensors) {
    const { name } = tensor
    const [, target, half] = /^(.+)\.lora_([ab])$/.exec(name) ?? []
    // llama.cpp leaves norms out without a word, and refuses all others
    if (target === undefined || half === undefined)
      throw errors.adapter_broken({
        path,
        tensor: name,
        problem: 'only `*.lora_a` and `*.lora_b` are applied; changed norms cannot travel in an adapter',
      })
    const pair = pairs.get(target) ?? {}
    if (pair[half as 'a' | 'b'])
      throw errors.adapter_broken({ path, tensor: name, problem: 'it is there twice' })
    pair[half as 'a' | 'b'] = tensor
    pairs.set(target, pair)
  }
  for (const [name, { a, b }] of pairs)
    if (!a || !b)
      throw errors.adapter_broken({ path, tensor: name, problem: `its \`lora_${a ? 'b' : 'a'}\` is missing` })
  return pairs as Map<string, Required<Pair>>
}

function judgePair(
  name: string,
  { a, b }: Required<Pair>,
  target: GgufTensor | undefined,
  paths: AdapterPaths,
): void {
  const broken = (problem: string) => errors.adapter_broken({ path: paths.path, tensor: name, problem })
  for (const half of [a, b]) {
    if (!HALF_TYPES.includes(half.type)) throw broken(`it is stored as type ${half.type}`)
    if (half.shape.length !== 2) throw broken(`it has ${half.shape.length} dimensions, not two`)
  }
  if (!target) throw errors.adapter_misfit({ ...paths, problem: `the model has no tensor ${name}` })
  if (target.shape.length !== 2) throw broken('only matrices take an adapter')
  // where embeddings are the output as well, the product with them ends the process
  if (/(^|\.)token_embd\.weight$/.test(name)) throw broken('embeddings take no adapter here')
  const [input, rank] = a.shape as [number, number]
  const [inner, output] = b.shape as [number, number]
  if (rank !== inner) throw broken(`its halves have ranks ${rank} and ${inner}`)
  if (rank > MOST_RANK) throw broken(`a rank of ${rank} is beyond reason`)
  if (input !== target.shape[0] || output !== target.shape[1])
    throw errors.adapter_misfit({
      ...paths,
      problem: `${name} is ${target.shape.join('x')} there, the adapter is for ${input}x${output}`,
    })
}
