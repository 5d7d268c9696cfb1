/**
 * A model of the catalog held against the header of a file: what is planned with is what the file itself says. Pure.
 * @source ggml/docs/gguf.md (keys), llama.cpp: include/llama.h, llama_ftype
 */
import type { ModelProfile } from '../../device-profiles/schema.js'
import { QUANTIZATIONS, TENSOR_TYPES } from '../../device-profiles/sizes.js'

/** What of a GGUF header is looked at; `checkGguf` of the room inference reads one. */
export interface FileHeader {
  metadata: ReadonlyMap<string, unknown>
  tensors: readonly { name: string; type: number; sizeBytes: number }[]
  parameters: number
  fileBytes: number
}

/** Room for parameters and bytes: an importance matrix moves a few tensors to another type, under 0.3 % of the bytes. */
const TOLERANCE = 0.01
/** K and V of one token are kept as F16. */
const CACHE_BYTES = 2
/** Kept in more bits than the rest, and larger than it in a small model: they do not tell how a file is quantized. */
const EMBEDDINGS = ['token_embd.weight', 'output.weight']

/** What differs, one sentence each; empty when the profile is right. A key that the file lacks is not held against it. */
export function compare(
  profile: ModelProfile,
  file: ModelProfile['files'][number],
  header: FileHeader,
): string[] {
  const { shape } = profile
  const problems: string[] = []
  const differs = (what: string, says: unknown, is: unknown) => {
    if (is !== undefined && says !== is) problems.push(`${what}: the catalog says ${says}, the file ${is}`)
  }
  const architecture = header.metadata.get('general.architecture')
  const number = (key: string) => numberOf(header.metadata.get(`${architecture}.${key}`))
  differs('architecture', profile.architecture, architecture)
  differs('layers', shape.layers, number('block_count'))
  differs('embedding', shape.embedding, number('embedding_length'))
  differs('feed forward', shape.feed_forward, number('feed_forward_length'))
  differs('heads', shape.heads, number('attention.head_count'))
  differs('vocabulary', shape.vocabulary, vocabularyOf(header.metadata))
  differs('KV cache bytes per token', profile.kv_bytes_per_token.value, kvBytesPerToken(header.metadata))
  differs(
    'tied embeddings',
    shape.tied_embeddings,
    header.tensors.length > 0 ? !header.tensors.some(t => t.name === 'output.weight') : undefined,
  )
  const context = number('context_length')
  if (context !== undefined && profile.context_tokens.most > context)
    problems.push(
      `context: the catalog says up to ${profile.context_tokens.most} tokens, the file ${context}`,
    )
  if (Math.abs(header.parameters / 1e6 / profile.parameters_m - 1) > TOLERANCE)
    problems.push(
      `parameters: the catalog says ${profile.parameters_m} million, the file has ${header.parameters / 1e6}`,
    )
  // the catalog counts the tensors, or the whole file where it has one
  const tensorBytes = header.tensors.reduce((sum, t) => sum + t.sizeBytes, 0)
  if (file.bytes < tensorBytes * (1 - TOLERANCE) || file.bytes > header.fileBytes * (1 + TOLERANCE))
    problems.push(
      `size: the catalog says ${file.bytes} bytes, the file has ${header.fileBytes}, ${tensorBytes} of them tensors`,
    )
  const quantization = quantizationProblem(file.quantization, header)
  return quantization ? [...problems, quantization] : problems
}

/** KV cache of one token of one sequence in F16, bytes; undefined when the header does not say. */
export function kvBytesPerToken(metadata: FileHeader['metadata']): number | undefined {
  const architecture = metadata.get('general.architecture')
  const get = (key: string) => metadata.get(`${architecture}.${key}`)
  const layers = numberOf(get('block_count'))
  const heads = numberOf(get('attention.head_count'))
  const embedding = numberOf(get('embedding_length'))
  if (!layers || !heads || !embedding) return undefined
  // a list: another number in each layer, none where there is no attention
  const kv = get('attention.head_count_kv')
  const kvHeads = Array.isArray(kv)
    ? kv.reduce<number>((sum, n) => sum + (numberOf(n) ?? 0), 0)
    : (numberOf(kv) ?? heads) * layers
  const size = (key: string) => numberOf(get(key)) ?? embedding / heads
  return kvHeads * (size('attention.key_length') + size('attention.value_length')) * CACHE_BYTES
}

/** By what the file calls itself, and by what most of its layers are. Undefined for a quantization that we do not know. */
function quantizationProblem(says: string, header: FileHeader): string | undefined {
  const known = (QUANTIZATIONS as Record<string, (typeof QUANTIZATIONS)[keyof typeof QUANTIZATIONS]>)[says]
  if (!known) return undefined
  const type = numberOf(header.metadata.get('general.file_type'))
  if (type !== undefined && type !== known.fileType) {
    const name =
      Object.entries(QUANTIZATIONS).find(([, q]) => q.fileType === type)?.[0] ?? `file type ${type}`
    return `quantization: the catalog says ${says}, the file ${name}`
  }
  const layers = header.tensors.filter(t => !EMBEDDINGS.includes(t.name))
  const bytes = (of: typeof layers) => of.reduce((sum, t) => sum + t.sizeBytes, 0)
  const types = typesOf(says)
  return bytes(layers.filter(t => types.includes(t.type))) < bytes(layers) / 2
    ? `quantization: the catalog says ${says}, most of the layers are something else`
    : undefined
}

/** ggml numbers of a quantization's types: its own, what q4_k_m mixes in, what rows get that no K-quant fits. */
function typesOf(quantization: string): number[] {
  const { base } = QUANTIZATIONS[quantization as keyof typeof QUANTIZATIONS]
  const besides = { q4_k: ['q6_k', 'q5_0'], q6_k: ['q8_0'] } as const
  return [base, ...(base in besides ? besides[base as keyof typeof besides] : [])].map(
    name => TENSOR_TYPES[name].type,
  )
}

function vocabularyOf(metadata: FileHeader['metadata']): number | undefined {
  const tokens = metadata.get('tokenizer.ggml.tokens')
  return Array.isArray(tokens) ? tokens.length : undefined
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
