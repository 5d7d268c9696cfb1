import { readFileSync } from 'node:fs'
import type { Document, LineCounter, YAMLMap } from 'yaml'
import { describe } from '../base/errors.js'
import { yamlLibrary } from '../base/yaml.js'
import { errors } from './errors.js'

/** A configuration file, read but not yet checked. */
export interface ReadFile {
  values: Record<string, unknown>
  /** `fieldmouse.yaml, line 3`, for an option or for a key inside a section. */
  where(path: readonly PropertyKey[]): string
}

const LARGEST_FILE_CHARS = 1024 * 1024

/** @throws config_unreadable, config_not_yaml */
export function readConfigFile(file: string): ReadFile {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw errors.config_unreadable({ file, problem: describe(error) }, error)
  }
  return readConfigText(text, file)
}

/**
 * Reads YAML, of which JSON is a part. Options left empty count as not written.
 * @throws config_not_yaml with the line
 */
export function readConfigText(text: string, file: string): ReadFile {
  if (text.length > LARGEST_FILE_CHARS)
    throw errors.config_not_yaml({ where: file, problem: 'it is larger than 1 MiB' })
  const { LineCounter, parseDocument } = yamlLibrary()
  const lines = new LineCounter()
  let document: Document.Parsed
  let value: unknown
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
    const problem = document.errors[0]
    if (problem) {
      const line = lines.linePos(problem.pos[0]).line
      throw errors.config_not_yaml({ where: `${file}, line ${line}`, problem: problem.message }, problem)
    }
    value = document.toJS({ maxAliasCount: 50 })
  } catch (error) {
    if (error instanceof Error && error.name === 'FieldmouseError') throw error
    throw errors.config_not_yaml({ where: file, problem: describe(error) }, error)
  }
  if (value === null || value === undefined) value = {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw errors.config_not_yaml({ where: file, problem: 'expected sections and options (`key: value`)' })
  return {
    values: withoutEmpty(value as Record<string, unknown>, DEEPEST_SECTION),
    where: path => {
      const line = lineOf(document, lines, path)
      return line === undefined ? file : `${file}, line ${line}`
    },
  }
}

/** Sections within sections: `voice.engines.sherpa`. */
const DEEPEST_SECTION = 4

/** Drops `key:` with nothing behind it, so that a section may be left with all its options commented out. */
function withoutEmpty(section: Record<string, unknown>, depth: number): Record<string, unknown> {
  const kept = Object.entries(section).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      depth > 1 && typeof value === 'object' && !Array.isArray(value)
        ? withoutEmpty(value as Record<string, unknown>, depth - 1)
        : value,
    ]),
  )
}

/** The line of the deepest part of `path` that the file has. */
function lineOf(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number | undefined {
  const { isMap, isNode, isScalar, isSeq } = yamlLibrary()
  let line: number | undefined
  let node: unknown = document.contents
  for (const step of path) {
    if (isSeq(node) && typeof step === 'number') {
      node = node.items[step]
      if (isNode(node) && node.range) line = lines.linePos(node.range[0]).line
      continue
    }
    if (!isMap(node)) break
    const pair = (node as YAMLMap).items.find(
      p => (isScalar(p.key) ? String(p.key.value) : undefined) === step,
    )
    if (!pair) break
    if (isNode(pair.key) && pair.key.range) line = lines.linePos(pair.key.range[0]).line
    node = pair.value
  }
  return line
}
