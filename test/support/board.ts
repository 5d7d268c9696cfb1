import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse } from 'yaml'

/**
 * Boards nobody here owns, as files below a root: what /proc, /sys and /etc of the board say. One YAML a board in
 * test/fixtures/boards/: `files` by path (the device tree ends its texts with NUL), `links` by path, and `cpus` as a
 * short form of /proc/cpuinfo with the frequencies beside it.
 */
interface BoardFixture {
  /** Node's process.arch there. */
  architecture: string
  cpus?: { count: number; implementer: string; part: string; max_mhz?: number; features: string }[]
  files: Record<string, string>
  links?: Record<string, string>
}

const FOLDER = resolve('test/fixtures/boards')

/** Names of all recorded boards. */
export const BOARDS: readonly string[] = readdirSync(FOLDER)
  .filter(file => file.endsWith('.yaml'))
  .map(file => basename(file, '.yaml'))
  .sort()

/** Lays a board out below `root` (an empty folder). */
export function layBoard(name: string, root: string): { root: string; architecture: string } {
  const fixture = parse(readFileSync(join(FOLDER, `${name}.yaml`), 'utf8')) as BoardFixture
  const files = { ...cpuFiles(fixture.cpus ?? []), ...fixture.files }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const [path, target] of Object.entries(fixture.links ?? {})) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    symlinkSync(target, join(root, path))
  }
  return { root, architecture: fixture.architecture }
}

function cpuFiles(cpus: NonNullable<BoardFixture['cpus']>): Record<string, string> {
  const all = cpus.flatMap(cpu => Array.from({ length: cpu.count }, () => cpu))
  if (all.length === 0) return {}
  const blocks = all.map(({ implementer, part, features }, i) =>
    [
      `processor\t: ${i}`,
      `Features\t: ${features}`,
      `CPU implementer\t: ${implementer}`,
      'CPU architecture: 8',
      `CPU part\t: ${part}`,
    ].join('\n'),
  )
  return {
    'proc/cpuinfo': `${blocks.join('\n\n')}\n\n`,
    'sys/devices/system/cpu/online': `${all.length === 1 ? '0' : `0-${all.length - 1}`}\n`,
    ...Object.fromEntries(
      all.flatMap(({ max_mhz }, i) =>
        max_mhz === undefined
          ? []
          : [[`sys/devices/system/cpu/cpu${i}/cpufreq/cpuinfo_max_freq`, `${max_mhz * 1000}\n`]],
      ),
    ),
  }
}

// node dist/test/support/board.js NAME FOLDER: for scripts
if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name = '', folder = ''] = process.argv.slice(2)
  mkdirSync(folder, { recursive: true })
  console.log(JSON.stringify(layBoard(name, resolve(folder))))
}
