/**
 * RNNoise: what the package `@shiguredo/rnnoise-wasm` carries, run without its wrapper, which wants to be in a browser. Where
 * the processor can, the network's layers run four numbers at a time; the sound that comes out is the same, bit for bit.
 * Runs in the child process of an engine.
 * @source J.-M. Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", 2018
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parse, z } from '../../base/schema.js'
import { linearLayer } from './linear-layer.js'
import { replaceFunction } from './wasm-code.js'

/** What is used of WebAssembly: the compiler describes it only together with a browser. */
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer
  }
  function validate(module: Uint8Array): boolean
  function instantiate(
    module: Uint8Array,
    imports: Record<string, Record<string, (...values: number[]) => number | undefined>>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>
}

/** Samples at 48 kHz that it takes at once: 10 ms. */
export const FRAME_48 = 480

/** The module of 2025.1.5 and, in it, `compute_linear` and the stack pointer. Of another one nothing is replaced. */
const KNOWN = {
  sha256: 'b3b67c9eae8f0791aad468c708659e0850bb37b0fb9c8a8666f2d7b0b6869bc4',
  computeLinear: 51,
  stackPointer: 0,
}

/** The module lies in the package's script, as the only text of this kind and size. */
const EMBEDDED = /[A-Za-z0-9+/]{1000000,}={0,2}/

const isFunction = (value: unknown) => typeof value === 'function'
const call = <T>() => z.custom<T>(isFunction, 'a function')
const Exports = z.object({
  memory: z.instanceof(WebAssembly.Memory),
  emscripten_stack_init: call<() => void>(),
  __wasm_call_ctors: call<() => void>(),
  rnnoise_create: call<(model: number) => number>(),
  rnnoise_destroy: call<(state: number) => void>(),
  rnnoise_process_frame: call<(state: number, out: number, from: number) => number>(),
  malloc: call<(bytes: number) => number>(),
  free: call<(at: number) => void>(),
})
type Exports = z.output<typeof Exports>

/** One stream of sound. */
export interface NoiseState {
  /** Its own frame of `FRAME_48` samples (16-bit range): what is put in is replaced by what comes out, some 20 ms late. */
  readonly frame: Float32Array
  process(): void
  /** Gives back what it holds. */
  close(): void
}

/** The network with its weights; 21 MB for as long as the process lives. */
export class Rnnoise {
  /** Whether layers run several numbers at a time. */
  readonly wide: boolean
  readonly #exports: Exports

  private constructor(exports: Exports, wide: boolean) {
    this.#exports = exports
    this.wide = wide
  }

  /** @param how `plain` leaves the module as it came, for comparison @throws Error when the package is not as expected */
  static async load(how: 'fast' | 'plain' = 'fast'): Promise<Rnnoise> {
    const script = await readFile(new URL(import.meta.resolve('@shiguredo/rnnoise-wasm')), 'utf8')
    const embedded = EMBEDDED.exec(script)?.[0]
    if (!embedded) throw new Error('@shiguredo/rnnoise-wasm holds no module')
    const bytes = Buffer.from(embedded, 'base64')
    const faster = how === 'fast' ? widened(bytes) : undefined
    const { instance } = await WebAssembly.instantiate(faster ?? bytes, {
      env: {
        __assert_fail: () => {
          throw new Error('RNNoise found itself broken')
        },
        // a state takes 70 KB of the 16 MB that there are
        emscripten_resize_heap: () => 0,
      },
      wasi_snapshot_preview1: { fd_write: () => 0 },
    })
    const exports = parse(Exports, { ...instance.exports }, 'the module of @shiguredo/rnnoise-wasm')
    exports.emscripten_stack_init()
    exports.__wasm_call_ctors()
    return new Rnnoise(exports, faster !== undefined)
  }

  /** @throws Error when too many are open */
  open(): NoiseState {
    const { memory, malloc, free, rnnoise_create, rnnoise_destroy, rnnoise_process_frame } = this.#exports
    const state = rnnoise_create(0)
    const at = malloc(FRAME_48 * Float32Array.BYTES_PER_ELEMENT)
    if (!state || !at) throw new Error('RNNoise has no memory left')
    let closed = false
    return {
      frame: new Float32Array(memory.buffer, at, FRAME_48),
      process: () => {
        rnnoise_process_frame(state, at, at)
      },
      close: () => {
        if (closed) return
        closed = true
        rnnoise_destroy(state)
        free(at)
      },
    }
  }
}

/** The module with layers of our own; undefined where it is another one, or the processor cannot. */
function widened(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (createHash('sha256').update(bytes).digest('hex') !== KNOWN.sha256) return undefined
  const module = replaceFunction(bytes, KNOWN.computeLinear, linearLayer(KNOWN.stackPointer))
  return WebAssembly.validate(module) ? module : undefined
}
