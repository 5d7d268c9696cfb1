import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Reads pieces of /proc, /sys and /etc below a root. What cannot be read is undefined: boards differ. */
export class Tree {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** @param path `proc/meminfo`; the text without blanks and NUL at its end */
  async text(path: string): Promise<string | undefined> {
    try {
      const text = await readFile(join(this.root, path), 'utf8')
      return text.replace(/[\s\u0000]+$/, '')
    } catch {
      return undefined
    }
  }

  /** Entries between NULs, as the device tree has them. */
  async strings(path: string): Promise<string[]> {
    return ((await this.text(path)) ?? '').split('\u0000').filter(Boolean)
  }

  /** A whole number that can be reckoned with; a longer one is noise. */
  async number(path: string): Promise<number | undefined> {
    const text = await this.text(path)
    const number = text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined
    return Number.isSafeInteger(number) ? number : undefined
  }

  /** Whether there is anything at a path: device nodes are looked at, not opened. */
  async exists(path: string): Promise<boolean> {
    try {
      await stat(join(this.root, path))
      return true
    } catch {
      return false
    }
  }

  /** Names in a folder that start with `prefix`, sorted. */
  async names(path: string, prefix = ''): Promise<string[]> {
    try {
      return (await readdir(join(this.root, path))).filter(name => name.startsWith(prefix)).sort()
    } catch {
      return []
    }
  }
}
