/** What this machine is. The only importer of `systeminformation`. */
import { availableParallelism, totalmem } from 'node:os'
import { readCpu } from './cpu.js'
import type { BoardFacts } from './facts.js'
import { readLimits } from './limits.js'
import { Tree } from './read.js'
import { sense } from './sense.js'

export interface ProbeOptions {
  /** Where /proc, /sys and /etc are: `/`, or a recorded tree. Default `/`. */
  root?: string
  /** Node's process.arch, for recorded trees. */
  architecture?: string
  /** Leaves out maker and model of a PC, which take a third of a second to find. Default false. */
  quick?: boolean
}

/** How long systeminformation may take; what it adds is a name, and not worth more. */
const PATIENCE_MS = 250

/**
 * Reads what there is; what cannot be read is left out. Never throws, writes nothing. Everything is asked at once.
 */
export async function probe(options: ProbeOptions = {}): Promise<BoardFacts> {
  const { root = '/', architecture = process.arch, quick = false } = options
  const tree = new Tree(root)
  const modelRead = tree.text('proc/device-tree/model')
  const [model, compatible, cpu, meminfo, limits, nvidia, readings, release, host] = await Promise.all([
    modelRead,
    tree.strings('proc/device-tree/compatible'),
    readCpu(tree),
    tree.text('proc/meminfo'),
    readLimits(tree),
    tree.text('etc/nv_tegra_release'),
    sense(tree),
    tree.text('etc/os-release'),
    // a PC has no device tree; boards need not wait for this
    modelRead.then(found => (root === '/' && !found && !quick ? askHost() : undefined)),
  ])
  const here = root === '/'
  const memory = parseMeminfo(meminfo ?? '')
  const totalMib = memory.totalMib ?? (here ? Math.floor(totalmem() / 1024 / 1024) : 0)
  const l4t = parseL4t(nvidia ?? '')
  const system = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release ?? '')?.[1]
  const board = model ?? host?.model
  return {
    architecture,
    ...(board ? { model: board } : {}),
    compatible,
    cpu: {
      ...cpu,
      cores: here ? Math.min(cpu.cores, availableParallelism()) : cpu.cores,
      ...(limits.cpuCores === undefined ? {} : { quotaCores: limits.cpuCores }),
    },
    memory: {
      totalMib,
      availableMib: memory.availableMib ?? totalMib,
      ...(limits.memoryMib === undefined || limits.memoryMib >= totalMib
        ? {}
        : { limitMib: limits.memoryMib }),
    },
    ...(l4t ? { l4t } : {}),
    accelerators: [],
    readings,
    ...(system ? { system } : {}),
  }
}

/** Pure: kB of /proc/meminfo as MiB. */
export function parseMeminfo(text: string): { totalMib?: number; availableMib?: number } {
  const mib = (key: string) => {
    const kb = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
    return kb === undefined ? undefined : Math.floor(Number(kb) / 1024)
  }
  const totalMib = mib('MemTotal')
  const availableMib = mib('MemAvailable')
  return {
    ...(totalMib === undefined ? {} : { totalMib }),
    ...(availableMib === undefined ? {} : { availableMib }),
  }
}

/** Pure: the first line of /etc/nv_tegra_release. */
export function parseL4t(text: string): { release: number; revision: string } | undefined {
  const found = /^# R(\d+) \(release\), REVISION: ([\d.]+)/.exec(text)
  return found ? { release: Number(found[1]), revision: found[2]! } : undefined
}

/** Maker and model of a PC, which are spread over many files. */
async function askHost(): Promise<{ model?: string } | undefined> {
  const asked = import('systeminformation').then(async ({ default: si }) => {
    const { manufacturer, model } = await si.system()
    const board = [manufacturer, model].filter(word => word && !/^(unknown|default string|n\/a)$/i.test(word))
    return board.length > 0 ? { model: board.join(' ') } : {}
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
  })
  try {
    return await Promise.race([asked, late])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
    asked.catch(() => {})
  }
}
