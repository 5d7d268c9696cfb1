import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineErrors } from './errors.js'

export const errors = defineErrors({
  package_root_missing: {
    says: (a: { from: string }) => `no package.json of fieldmouse above ${a.from}`,
    remedy:
      'Install the package again: its package.json lies beside dist/, and data files are found from there.',
  },
})

/**
 * The folder that holds this package: the nearest folder above with a package.json named `fieldmouse`. Compiled code
 * lies in dist/, data files (YAML, GGUF) beside it, in a checkout and as an installed package alike.
 * @param from a file URL to start at; this file's own by default
 * @throws package_root_missing
 */
export function packageRoot(from: string = import.meta.url): string {
  let folder = dirname(fileURLToPath(from))
  for (;;) {
    const file = join(folder, 'package.json')
    if (existsSync(file) && readPackage(file).name === 'fieldmouse') return folder
    const above = dirname(folder)
    if (above === folder) throw errors.package_root_missing({ from })
    folder = above
  }
}

/** A file or folder of the package: `packageFile('device-profiles', 'boards')`. */
export function packageFile(...parts: string[]): string {
  return join(packageRoot(), ...parts)
}

/** The version in package.json. */
export function packageVersion(): string {
  return readPackage(packageFile('package.json')).version ?? '0.0.0'
}

function readPackage(file: string): { name?: string; version?: string } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string }
  } catch {
    return {}
  }
}
