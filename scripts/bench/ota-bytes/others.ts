/** What other programs make of the same pair of files, each under time(1). */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const MB = 1e6

export interface Cost {
  bytes: number
  makeSeconds: number
  makePeakMb: number
  applySeconds?: number
  applyPeakMb?: number
}

export interface Ran {
  /** Of a processor. */
  seconds: number
  peakMb: number
  output: string
}

/** Runs a program under time(1). */
export function timed(command: string, args: readonly string[]): Ran {
  // user and system time: other work on the machine does not count
  const { stdout, stderr, status } = spawnSync('/usr/bin/time', ['-f', '%U %S %M', command, ...args], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  const [user, system, kib] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  return { seconds: user! + system!, peakMb: (kib! * 1024) / MB, output: stdout }
}

export const sizeOf = (path: string) => statSync(path).size

function zstd(folder: string, old: string, next: string): Cost {
  const delta = join(folder, 'zstd')
  const make = timed('zstd', ['-q', '-f', '-9', '--long=27', `--patch-from=${old}`, next, '-o', delta])
  const apply = timed('zstd', [
    '-q',
    '-f',
    '-d',
    '--long=27',
    `--patch-from=${old}`,
    delta,
    '-o',
    `${delta}.out`,
  ])
  return cost(sizeOf(delta), make, apply)
}

function bsdiff(folder: string, old: string, next: string): Cost {
  const delta = join(folder, 'bsdiff')
  const make = timed('bsdiff', [old, next, delta])
  const apply = timed('bspatch', [old, `${delta}.out`, delta])
  return cost(sizeOf(delta), make, apply)
}

function casync(folder: string, old: string, next: string): Cost {
  const [oldStore, newStore] = [join(folder, 'old.castr'), join(folder, 'new.castr')]
  for (const store of [oldStore, newStore]) mkdirSync(store)
  timed('casync', ['make', `--store=${oldStore}`, join(folder, 'old.caibx'), old])
  const index = join(folder, 'new.caibx')
  const make = timed('casync', ['make', `--store=${newStore}`, index, next])
  const chunks = (store: string) =>
    readdirSync(store, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.cacnk'))
  const have = new Set(chunks(oldStore))
  const missing = chunks(newStore).filter(name => !have.has(name))
  const apply = timed('casync', ['extract', `--store=${newStore}`, index, join(folder, 'casync.out')])
  const bytes = missing.reduce((sum, name) => sum + sizeOf(join(newStore, name)), sizeOf(index))
  return cost(bytes, make, apply)
}

function zchunk(folder: string, old: string, next: string): Cost {
  const [a, b] = [join(folder, 'old.zck'), join(folder, 'new.zck')]
  timed('zck', ['-o', a, old])
  const make = timed('zck', ['-o', b, next])
  // "Would download 123 of 456 bytes"
  const said = execFileSync('zck_delta_size', [a, b], { encoding: 'utf8' })
  const bytes = Number(/download (\d+)/.exec(said)?.[1])
  const apply = timed('sh', ['-c', 'unzck -c "$0" > "$0.out"', b])
  return cost(bytes, make, apply)
}

export const cost = (bytes: number, make: Ran, apply: Ran): Cost => ({
  bytes,
  makeSeconds: make.seconds,
  makePeakMb: make.peakMb,
  applySeconds: apply.seconds,
  applyPeakMb: apply.peakMb,
})

export const OTHERS = { 'zstd --patch-from': zstd, bsdiff, casync, zchunk }
