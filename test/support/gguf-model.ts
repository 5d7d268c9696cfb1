/** Writes small GGUF files with tensors of chosen bytes. */
import { GGML_BLOCKS } from '../../daemon/base/gguf.js'
import { ggufBytes, type Metadata } from './gguf.js'

export interface SmallTensor {
  name: string
  /** ggml type number. */
  type: number
  shape: number[]
  bytes: Uint8Array
}

export interface SmallModel {
  metadata: Metadata
  tensors: SmallTensor[]
  /** What stands after the last tensor. */
  rest?: Uint8Array
}

const ALIGNMENT = 32
const padded = (n: number) => Math.ceil(n / ALIGNMENT) * ALIGNMENT

/** Bytes of a tensor. */
export function tensorBytes(type: number, shape: readonly number[]): number {
  const [elements, bytes] = GGML_BLOCKS[type]!
  return (shape.reduce((n, d) => n * d, 1) / elements) * bytes
}

export function modelBytes({ metadata, tensors, rest = new Uint8Array(0) }: SmallModel): Buffer {
  let offset = 0
  const placed = tensors.map(({ name, type, shape, bytes }) => {
    const tensor = { name, type, shape, offset }
    offset += padded(bytes.length)
    return tensor
  })
  const header = ggufBytes({ metadata, tensors: placed, data: 0 })
  return Buffer.concat([
    header,
    ...tensors.flatMap(({ bytes }) => [bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]),
    rest,
  ])
}
