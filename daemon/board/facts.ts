import type { Readings } from './readings.js'

/** What the machine says about itself. Values only: a board you do not own is an object in a test. */
export interface BoardFacts {
  /** Node's process.arch: arm64, arm, x64, ... */
  architecture: string
  /** /proc/device-tree/model, or what a PC says in DMI. */
  model?: string
  /** /proc/device-tree/compatible, the most special first. Empty on a PC. */
  compatible: readonly string[]
  cpu: CpuFacts
  memory: {
    totalMib: number
    availableMib: number
    /** The smallest limit of the control groups we are in; absent when there is none. */
    limitMib?: number
    swapMib?: number
  }
  /** NVIDIA Jetson Linux, where it is. */
  l4t?: { release: number; revision: string; jetpack?: string }
  /** GPUs and NPUs, with a driver that answers or without. */
  accelerators: readonly Accelerator[]
  /** Where state is kept. */
  storage?: StorageFacts
  /** `MAXN_SUPER`, `15W`: nvpmodel's name of the mode that is set, and the names of all. */
  powerMode?: { name: string; modes: readonly string[] }
  /** What changes from minute to minute: heat, volts, pressure, power. */
  readings: Readings
  /** The distribution's own name: `Debian GNU/Linux 12 (bookworm)`. */
  system?: string
}

export interface Accelerator {
  kind: 'cuda' | 'vulkan' | 'npu'
  /** As people call it: `Orin (Ampere)`, `V3D`, `RKNPU`. */
  name: string
  /** Whether its device node or driver is there now. */
  ready: boolean
}

export interface StorageFacts {
  /** The folder that was asked about. */
  folder: string
  kind: 'sd' | 'emmc' | 'nvme' | 'ssd' | 'disk' | 'usb' | 'ram' | 'overlay' | 'network' | 'unknown'
  /** Of the mount, `/dev/mmcblk0p2`. */
  device?: string
  freeMib?: number
  /** Whether the mount is read-only. */
  readOnly: boolean
}

export interface CpuFacts {
  /** As people call it: `Cortex-A76`, `Intel(R) Xeon(R) ...`. */
  name?: string
  /** Cores that may be used, counted as the scheduler does. */
  cores: number
  /** Of these without a twin on the same physical core; absent when unknown. */
  physicalCores?: number
  /** What a control group's CPU quota allows, in cores; absent when there is none. */
  quotaCores?: number
  /** By class, the fastest first; empty when the machine does not say. */
  classes: readonly { name: string; count: number; maxMhz?: number }[]
  /** `asimd`, `asimddp`, `i8mm`, `avx2`, ... */
  features: readonly string[]
  /** Size of the last-level cache of one core, KiB; absent when unknown. */
  lastCacheKib?: number
}
