/** A platform that a package is made for. Names are those of node-llama-cpp's binaries. */
export interface Target {
  name: TargetName
  /** As npm spells them. */
  os: 'linux'
  cpu: 'arm64' | 'arm' | 'x64'
  libc: 'glibc'
  /** Folder below @node-llama-cpp/. */
  engine: string
  /** As Debian spells the platform. */
  debian: 'arm64' | 'armhf' | 'amd64'
}

export const TARGET_NAMES = ['linux-arm64', 'linux-armv7l', 'linux-x64'] as const
export type TargetName = (typeof TARGET_NAMES)[number]

const CPU = { 'linux-arm64': 'arm64', 'linux-armv7l': 'arm', 'linux-x64': 'x64' } as const
const DEBIAN = { 'linux-arm64': 'arm64', 'linux-armv7l': 'armhf', 'linux-x64': 'amd64' } as const

export const targetOf = (name: TargetName): Target => ({
  name,
  os: 'linux',
  cpu: CPU[name],
  libc: 'glibc',
  engine: name,
  debian: DEBIAN[name],
})

/** The platform this runs on; undefined where there is no package for it. */
export function ownTarget(): TargetName | undefined {
  if (process.platform !== 'linux') return undefined
  return TARGET_NAMES.find(name => CPU[name] === process.arch)
}
