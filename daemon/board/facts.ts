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
  }
  /** NVIDIA Jetson Linux, where it is. */
  l4t?: { release: number; revision: string }
  /** The hottest zone, degrees Celsius. */
  temperatureC?: number
  /** The distribution's own name: `Debian GNU/Linux 12 (bookworm)`. */
  system?: string
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
}
