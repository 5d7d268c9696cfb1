import type { BundleFile } from '../format/target.js'

export interface Progress {
  /** Bytes over the line, of all that the bundle takes; what an earlier attempt brought counts. */
  done: number
  total: number
  /** Since this attempt began. */
  came: number
}

/** Counts what a bundle takes over the line: each file as long as it is, until whoever fetches it knows better. */
export class Tally {
  readonly #files: Map<string, { done: number; total: number }>
  #current: { done: number; total: number } | undefined
  #came = 0

  constructor(files: readonly BundleFile[]) {
    this.#files = new Map(files.map(file => [file.role, { done: 0, total: file.length }]))
  }

  /** This file is next, and takes so much in all, of which so much is done. */
  plan({ role }: BundleFile, done: number, total: number): void {
    this.#current = { done, total }
    this.#files.set(role, this.#current)
  }

  /** Bytes of the file that is being fetched. More than was planned makes the plan larger. */
  came(bytes: number): void {
    this.#came += bytes
    if (!this.#current) return
    this.#current.done += bytes
    this.#current.total = Math.max(this.#current.total, this.#current.done)
  }

  progress(): Progress {
    const all = [...this.#files.values()]
    const sum = (of: 'done' | 'total') => all.reduce((n, file) => n + file[of], 0)
    return { done: sum('done'), total: sum('total'), came: this.#came }
  }
}
