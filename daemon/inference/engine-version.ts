import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** `node-llama-cpp 3.22.1`, read without loading it; measurements hold for one version. */
export function engineVersion(): string {
  try {
    // its package.json is not exported, but lies above its entry
    let folder = dirname(createRequire(import.meta.url).resolve('node-llama-cpp'))
    for (; folder !== dirname(folder); folder = dirname(folder)) {
      const { name, version } = readPackage(join(folder, 'package.json'))
      if (name === 'node-llama-cpp') return `${name} ${version}`
    }
  } catch {
    // the engine itself will say what is missing
  }
  return 'unknown'
}

function readPackage(path: string): { name?: string; version?: string } {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return {}
  }
}
