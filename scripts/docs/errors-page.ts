import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ErrorEntry } from '../../daemon/base/errors.js'
import { packageRoot } from '../../daemon/base/package-root.js'
import { WIRE_CODES } from '../../daemon/requests/codes.js'
import { code, GENERATED, table } from './markdown.js'

/** docs/reference/errors.md: the codes on the wire, then every catalogue there is. */
export async function errorsPage(): Promise<string> {
  const wire = Object.entries(WIRE_CODES).map(([name, e]) => [
    code(name),
    e.meaning,
    e.remedy,
    e.retryable ? 'yes' : '',
  ])
  const rooms = (await catalogues()).map(({ source, entries }) => {
    const rows = Object.entries(entries).map(([name, e]) => [
      code(name),
      sample(e),
      e.remedy,
      e.retryable ? 'yes' : '',
    ])
    return `### ${source}\n\n${table(['code', 'says', 'remedy', 'again?'], rows)}`
  })
  return `${GENERATED}# Errors

A program may branch on a code; the sentences are free to improve. *Again?* says whether the very same request may
succeed later without anybody changing anything.

## On the wire

The closed list of \`error.code\` in replies.

${table(['code', 'means', 'remedy', 'again?'], wire)}
## In the log and on the shell

${rooms.join('\n')}`
}

/** Every \`defineErrors\` catalogue, found in the compiled files. Files without a source any more are passed over. */
async function catalogues(): Promise<{ source: string; entries: Record<string, ErrorEntry<never>> }[]> {
  const root = packageRoot()
  const found = []
  for (const folder of ['daemon', 'ota']) {
    const compiled = join(root, 'dist', folder)
    const files = existsSync(compiled) ? readdirSync(compiled, { recursive: true, encoding: 'utf8' }) : []
    for (const file of files.filter(name => name.endsWith('.js')).sort()) {
      const path = join(compiled, file)
      const source = relative(join(root, 'dist'), path).replace(/\.js$/, '.ts')
      if (!existsSync(join(root, source)) || !readFileSync(path, 'utf8').includes('= defineErrors({'))
        continue
      const { errors } = (await import(pathToFileURL(path).href)) as {
        errors?: { entries: Record<string, ErrorEntry<never>> }
      }
      if (errors) found.push({ source, entries: errors.entries })
    }
  }
  return found
}

/** The sentence with the names of its details in the places of their values. */
export function sample(entry: ErrorEntry<never>): string {
  const names = new Proxy({}, { get: (_, name) => `<${String(name)}>` })
  try {
    return entry
      .says(names as never)
      .replaceAll('…', '')
      .replaceAll('<', '‹')
      .replaceAll('>', '›')
  } catch {
    return ''
  }
}
