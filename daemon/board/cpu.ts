import type { CpuFacts } from './facts.js'
import type { Tree } from './read.js'

/** ARM core classes by implementer and part. @source linux/arch/arm64/include/asm/cputype.h */
const PARTS: Record<string, string> = {
  '0x41 0xc07': 'Cortex-A7',
  '0x41 0xd03': 'Cortex-A53',
  '0x41 0xd04': 'Cortex-A35',
  '0x41 0xd05': 'Cortex-A55',
  '0x41 0xd07': 'Cortex-A57',
  '0x41 0xd08': 'Cortex-A72',
  '0x41 0xd09': 'Cortex-A73',
  '0x41 0xd0a': 'Cortex-A75',
  '0x41 0xd0b': 'Cortex-A76',
  '0x41 0xd0c': 'Neoverse-N1',
  '0x41 0xd41': 'Cortex-A78',
  '0x41 0xd42': 'Cortex-A78AE',
  '0x41 0xd83': 'Neoverse-V3AE',
  '0x4e 0x003': 'Denver2',
  '0x4e 0x004': 'Carmel',
}

/** One processor of /proc/cpuinfo. */
export interface Processor {
  number: number
  fields: ReadonlyMap<string, string>
}

/** Pure: the blocks of /proc/cpuinfo that describe a processor. Keys in lower case. */
export function parseCpuinfo(text: string): Processor[] {
  return text
    .split(/\n\s*\n/)
    .map(block => {
      const pairs = block.split('\n').map(line => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const
      })
      const fields = new Map(pairs)
      return { number: Number(fields.get('processor') ?? Number.NaN), fields }
    })
    .filter(processor => Number.isInteger(processor.number))
}

/** `0-3,5` as numbers; undefined for what is no such list. */
export function parseCpuList(text: string | undefined): number[] | undefined {
  if (text === undefined || !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return undefined
  return text.split(',').flatMap(part => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return last - first > 4096 ? [] : Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/** Reads /proc/cpuinfo, frequencies, and which cores are online. */
export async function readCpu(tree: Tree): Promise<CpuFacts> {
  const [cpuinfo, online] = await Promise.all([
    tree.text('proc/cpuinfo'),
    tree.text('sys/devices/system/cpu/online'),
  ])
  const all = parseCpuinfo(cpuinfo ?? '')
  const on = parseCpuList(online)
  const used = on ? all.filter(p => on.includes(p.number)) : all
  const classes = new Map<string, { name: string; count: number; maxMhz?: number }>()
  const physical = new Set<string>()
  await Promise.all(
    used.map(async ({ number, fields }) => {
      const core = fields.get('core id')
      if (core !== undefined) physical.add(`${fields.get('physical id') ?? 0} ${core}`)
      const name = className(fields)
      if (!name) return
      const told = await tree.number(`sys/devices/system/cpu/cpu${number}/cpufreq/cpuinfo_max_freq`)
      const now = Number(fields.get('cpu mhz'))
      // a PC without cpufreq, as virtual machines are, says what it runs at now
      const khz = told ?? (now > 0 ? now * 1000 : undefined)
      const seen = classes.get(name) ?? { name, count: 0 }
      seen.count++
      if (khz !== undefined) seen.maxMhz = Math.max(seen.maxMhz ?? 0, Math.round(khz / 1000))
      classes.set(name, seen)
    }),
  )
  const first = used[0]?.fields
  const sorted = [...classes.values()].sort(
    (a, b) => (b.maxMhz ?? 0) - (a.maxMhz ?? 0) || b.name.localeCompare(a.name),
  )
  const lastCacheKib = await readLastCache(tree)
  const name = first?.get('model name') ?? sorted[0]?.name
  return {
    ...(name === undefined ? {} : { name }),
    cores: Math.max(1, used.length || (on?.length ?? 1)),
    ...(physical.size > 0 ? { physicalCores: physical.size } : {}),
    classes: sorted,
    ...(lastCacheKib === undefined ? {} : { lastCacheKib }),
    features: (first?.get('features') ?? first?.get('flags') ?? '').split(/\s+/).filter(Boolean),
  }
}

/** Size of the highest level that the first core sees, KiB. */
async function readLastCache(tree: Tree): Promise<number | undefined> {
  const folder = 'sys/devices/system/cpu/cpu0/cache'
  const levels = await Promise.all(
    (await tree.names(folder, 'index')).map(async index => {
      const [level = 0, size] = await Promise.all([
        tree.number(`${folder}/${index}/level`),
        tree.text(`${folder}/${index}/size`),
      ])
      return { level, kib: parseSize(size) }
    }),
  )
  return levels.filter(({ kib }) => kib !== undefined).sort((a, b) => b.level - a.level)[0]?.kib
}

/** `512K`, `32M` as KiB. */
function parseSize(text: string | undefined): number | undefined {
  const found = /^(\d+)([KM])$/.exec(text ?? '')
  return found ? Number(found[1]) * (found[2] === 'M' ? 1024 : 1) : undefined
}

/** x86 cores are told apart by what llama.cpp would use of them. */
function x86Class(fields: ReadonlyMap<string, string>): string | undefined {
  const flags = new Set((fields.get('flags') ?? '').split(/\s+/))
  if (!flags.has('sse2')) return undefined
  if (flags.has('avx512_vnni')) return 'x86-64 AVX-512 VNNI'
  return flags.has('avx2') ? 'x86-64 AVX2' : 'x86-64'
}

function className(fields: ReadonlyMap<string, string>): string | undefined {
  const part = fields.get('cpu part')
  if (part === undefined) return x86Class(fields)
  const key = `${fields.get('cpu implementer') ?? ''} ${part}`.toLowerCase()
  return PARTS[key] ?? `ARM ${key}`
}
