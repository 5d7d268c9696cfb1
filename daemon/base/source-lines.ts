/**
 * Stack traces in lines of TypeScript, read from the source maps when there is a stack to show. Node's own
 * `--enable-source-maps` reads the map of every module at its import, those of packages too: 6 MiB and 60 ms for the
 * inference process, as much for the daemon, and most of them never show one.
 */
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** For this process, from now on. Called first by each program's entry. */
export function showSourceLines(): void {
  const maps = new Map<string, SourceMap | undefined>()
  Error.prepareStackTrace = (error, frames) => {
    const lines = frames.map(frame => `\n    at ${inSource(frame, maps)}`)
    return `${headOf(error)}${lines.join('')}`
  }
}

/** One frame as V8 prints it, with the place in the source where that is known. */
function inSource(frame: NodeJS.CallSite, maps: Map<string, SourceMap | undefined>): string {
  const text = String(frame)
  const script = frame.getFileName()
  const [line, column] = [frame.getLineNumber(), frame.getColumnNumber()]
  if (!script?.startsWith('file:') || script.includes('/node_modules/') || line === null || column === null)
    return text
  if (!maps.has(script)) maps.set(script, mapOf(fileURLToPath(script)))
  // V8 counts from 1, maps from 0
  const found = maps.get(script)?.findEntry(line - 1, column - 1)
  if (found === undefined || !('originalSource' in found)) return text
  const { originalSource, originalLine, originalColumn } = found
  const source = resolve(dirname(fileURLToPath(script)), originalSource)
  return text.replace(`${script}:${line}:${column}`, `${source}:${originalLine + 1}:${originalColumn + 1}`)
}

function mapOf(script: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${script}.map`, 'utf8')))
  } catch {
    return undefined // a place in JavaScript is better than none
  }
}

/** What stands above the frames; an error may have a `toString` that fails. */
function headOf(error: Error): string {
  try {
    return String(error)
  } catch {
    return 'an error that cannot be printed'
  }
}
