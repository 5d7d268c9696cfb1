/** A model file held against what the catalog says of it. Pure: the file's own header is what counts. */
import type { ModelProfile } from '../../../device-profiles/schema.js'
import type { GgufHeader } from '../../inference/gguf.js'
import { cacheBytesPerToken } from '../../inference/gguf-memory.js'

/** Published files carry a tokenizer and notes beside the tensors that the catalog counts. */
const HEADER_SHARE = 0.03

/** ggml type number of most tensors, by quantization. */
const TYPES: Record<string, readonly number[]> = {
  q4_0: [2],
  q8_0: [8],
  f16: [1],
  q6_k: [14],
  q4_k_m: [12, 14],
}

/** What differs, one sentence each; empty when the catalog is right. */
export function compareToCatalog(
  model: ModelProfile,
  file: ModelProfile['files'][number],
  header: GgufHeader,
): string[] {
  const { metadata } = header
  const architecture = metadata.get('general.architecture')
  const number = (key: string) => metadata.get(`${architecture}.${key}`)
  const problems: string[] = []
  const differs = (what: string, says: unknown, is: unknown) => {
    if (is !== undefined && says !== is) problems.push(`${what}: the catalog says ${says}, the file ${is}`)
  }
  differs('architecture', model.architecture, architecture)
  differs('layers', model.shape.layers, number('block_count'))
  differs('embedding', model.shape.embedding, number('embedding_length'))
  differs('feed forward', model.shape.feed_forward, number('feed_forward_length'))
  differs('heads', model.shape.heads, number('attention.head_count'))
  differs('KV cache bytes per token', model.kv_bytes_per_token.value, cacheBytesPerToken(header))
  const context = number('context_length')
  if (typeof context === 'number' && model.context_tokens.most > context)
    problems.push(`context: the catalog says up to ${model.context_tokens.most} tokens, the file ${context}`)
  if (Math.abs(header.parameters / 1e6 / model.parameters_m - 1) > 0.01)
    problems.push(
      `parameters: the catalog says ${model.parameters_m} million, the file has ${header.parameters / 1e6}`,
    )
  if (Math.abs(header.fileBytes / file.bytes - 1) > HEADER_SHARE)
    problems.push(`size: the catalog says ${file.bytes} bytes, the file has ${header.fileBytes}`)
  const wanted = TYPES[file.quantization]
  const bytesOf = (types: readonly number[]) =>
    header.tensors.filter(t => types.includes(t.type)).reduce((sum, t) => sum + t.sizeBytes, 0)
  const all = header.tensors.reduce((sum, t) => sum + t.sizeBytes, 0)
  // the embedding of a small model may be larger than all else, and is kept in another type
  if (wanted && all > 0 && bytesOf(wanted) / all < 0.5)
    problems.push(`quantization: the catalog says ${file.quantization}, most of the file is something else`)
  return problems
}
