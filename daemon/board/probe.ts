/** What this machine is. The only importer of `systeminformation`. */
import { availableParallelism, totalmem } from 'node:os'
import { readAccelerators } from './accelerators.js'
import { parseCpuinfo, readCpu } from './cpu.js'
import type { BoardFacts } from './facts.js'
import { parseL4t, readPowerMode } from './jetson.js'
import { readLimits } from './limits.js'
import { Tree } from './read.js'
import { type SenseHints, sense } from './sense.js'
import { readStorage } from './storage.js'

export interface ProbeOptions {
  /** Where /proc, /sys and /etc are: `/`, or a recorded tree. Default `/`. */
  root?: string
  /** Node's process.arch, for recorded trees; without it what their /proc/cpuinfo looks like. */
  architecture?: string
  /** Folder for state, whose storage is looked at. Default `/`. */
  dataDir?: string
  /** What a profile knows about reading this board. */
  hints?: SenseHints
  /** Leaves out maker and model of a PC, which take a third of a second to find. Default false. */
  quick?: boolean
}

/** How long systeminformation may take; what it adds is a name, and not worth more. */
const PATIENCE_MS = 250

/**
 * Reads what there is; what cannot be read is left out. Never throws, writes nothing. Everything is asked at once.
 */
export async function probe(options: ProbeOptions = {}): Promise<BoardFacts> {
  const { root = '/', quick = false, dataDir = '/', hints } = options
  const tree = new Tree(root)
  const here = root === '/'
  const modelRead = tree.text('proc/device-tree/model')
  const treeRead = tree.strings('proc/device-tree/compatible')
  const [
    model,
    compatible,
    cpu,
    meminfo,
    limits,
    nvidia,
    powerMode,
    accelerators,
    storage,
    readings,
    release,
    host,
  ] = await Promise.all([
    modelRead,
    treeRead,
    readCpu(tree),
    tree.text('proc/meminfo'),
    readLimits(tree),
    tree.text('etc/nv_tegra_release'),
    readPowerMode(tree),
    treeRead.then(entries => readAccelerators(tree, entries)),
    readStorage(tree, dataDir),
    sense(tree, hints),
    tree.text('etc/os-release'),
    // a PC has no device tree; boards need not wait for this
    modelRead.then(found => (here && !found && !quick ? askHost() : undefined)),
  ])
  const architecture = options.architecture ?? (here ? process.arch : await architectureOf(tree))
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
      ...(memory.swapMib === undefined ? {} : { swapMib: memory.swapMib }),
    },
    ...(l4t ? { l4t } : {}),
    ...(powerMode ? { powerMode } : {}),
    accelerators,
    ...(storage ? { storage } : {}),
    readings,
    ...(system ? { system } : {}),
  }
}

/** Pure: kB of /proc/meminfo as MiB. */
export function parseMeminfo(text: string): { totalMib?: number; availableMib?: number; swapMib?: number } {
  const mib = (key: string) => {
    const kb = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
    return kb === undefined ? undefined : Math.floor(Number(kb) / 1024)
  }
  const totalMib = mib('MemTotal')
  const availableMib = mib('MemAvailable')
  const swapMib = mib('SwapTotal')
  return {
    ...(totalMib === undefined ? {} : { totalMib }),
    ...(availableMib === undefined ? {} : { availableMib }),
    ...(swapMib === undefined ? {} : { swapMib }),
  }
}

/** Node's name of the architecture that a recorded tree was taken from. */
async function architectureOf(tree: Tree): Promise<string> {
  const fields = parseCpuinfo((await tree.text('proc/cpuinfo')) ?? '')[0]?.fields
  if (fields?.has('flags')) return 'x64'
  const arm = fields?.get('cpu architecture')
  return arm === undefined ? process.arch : Number(arm) >= 8 ? 'arm64' : 'arm'
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
