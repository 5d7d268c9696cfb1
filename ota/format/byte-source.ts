import { open } from 'node:fs/promises'
import { readExactly } from './read-exactly.js'

/** Ranges of a file that is somewhere else: behind HTTP, a broker, on a stick. */
export interface ByteSource {
  /** Ranges that follow each other come by one request by themselves: nothing need be read ahead, nothing is lost by a cut. */
  readonly isStream?: boolean
  /**
   * @param through what follows, up to here, will be asked for next: one way there and back may serve it all
   * @returns exactly `length` bytes, fewer where the file ends before; what comes is checked by whoever asks
   * @throws what the way there throws; the caller may go on later where it was
   */
  read(offset: number, length: number, signal?: AbortSignal, through?: number): Promise<Uint8Array>
}

/** A file as a source. The caller closes it. */
export async function fileSource(path: string): Promise<ByteSource & { close(): Promise<void> }> {
  const file = await open(path, 'r')
  return {
    async read(offset, length, signal) {
      signal?.throwIfAborted()
      return readExactly(file, offset, length)
    },
    close: () => file.close(),
  }
}

/** Asked for at once, when what follows is wanted too: fewer ways there and back. */
export const READ_AHEAD_BYTES = 512 * 1024

export interface Range {
  offset: number
  length: number
}

/** Neighbouring ranges as one, as long as they stay under `most`. In order. */
export function joined(ranges: readonly Range[], most: number): Range[] {
  const result: Range[] = []
  for (const { offset, length } of ranges) {
    const last = result.at(-1)
    if (last && last.offset + last.length === offset && last.length + length <= most) last.length += length
    else result.push({ offset, length })
  }
  return result
}

/**
 * A source that will be asked for these ranges, in this order, and fetches neighbours together. A range may be left out;
 * one that was not announced is fetched alone. Holds at most `most` bytes, or one range.
 */
export function readAhead(
  source: ByteSource,
  ranges: readonly Range[],
  most = source.isStream ? 0 : READ_AHEAD_BYTES,
): ByteSource {
  const windows = containing(ranges, joined(ranges, most))
  const runs = containing(ranges, joined(ranges, Number.POSITIVE_INFINITY))
  let held: (Range & { bytes: Uint8Array }) | undefined
  return {
    async read(offset, length, signal) {
      if (!held || offset < held.offset || offset + length > held.offset + held.length) {
        const window = windows.get(offset)
        // what lies before in the window was passed over: not wanted any more
        const end = window ? Math.max(window.offset + window.length, offset + length) : offset + length
        held = undefined
        const run = runs.get(offset)
        const bytes = await source.read(offset, end - offset, signal, run && run.offset + run.length)
        if (bytes.length !== end - offset) return bytes
        held = { offset, length: end - offset, bytes }
      }
      return held.bytes.subarray(offset - held.offset, offset - held.offset + length)
    },
  }
}

/** The larger range that each range lies in, by its offset. */
function containing(ranges: readonly Range[], larger: readonly Range[]): Map<number, Range> {
  const found = new Map<number, Range>()
  let r = 0
  for (const one of larger)
    for (; r < ranges.length && isIn(ranges[r]!, one); r++) found.set(ranges[r]!.offset, one)
  return found
}

const isIn = ({ offset }: Range, larger: Range) =>
  offset >= larger.offset && offset < larger.offset + larger.length
