/**
 * YAML files, read. Parsing one costs as much as a thousand lines of JSON: the 40 device profiles took a fifth of all the
 * work of a start. So the build leaves what each file of the package says beside the compiled code, as JSON
 * (scripts/package/parsed-yaml.ts), with the hash of the text that it was made from: a file that was edited since is parsed.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The library, for those who need more than values. Imported by the first who does. */
export const yamlLibrary = (): typeof import('yaml') => createRequire(import.meta.url)('yaml')

/** @throws what the library throws, with the line */
export const parseYaml = (text: string): unknown => yamlLibrary().parse(text)

/**
 * What a YAML file says.
 * @throws the system's own error, or what the library throws, with the line
 */
export function readYaml(path: string): unknown {
  const text = readFileSync(path, 'utf8')
  return fromBuild(path, text) ?? parseYaml(text)
}

/** One file of the build. */
export interface ParsedYaml {
  /** SHA-256 of the text. */
  of: string
  value: unknown
}

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Where the build puts it. @returns undefined for a file that is not of the package */
export function parsedPath(path: string): string | undefined {
  const dist = fileURLToPath(new URL('../..', import.meta.url))
  const inside = relative(dirname(dist), path)
  return inside.startsWith('..') ? undefined : join(dist, `${inside}.json`)
}

function fromBuild(path: string, text: string): unknown {
  const parsed = parsedPath(path)
  if (parsed === undefined) return undefined
  try {
    const { of, value } = JSON.parse(readFileSync(parsed, 'utf8')) as ParsedYaml
    return of === hashOf(text) ? value : undefined
  } catch {
    return undefined // built without it
  }
}
