/** GPUs and NPUs, by what the kernel shows of them. Whether llama.cpp can use one is another question: see `offload`. */
import type { Accelerator } from './facts.js'
import type { Tree } from './read.js'

/** Kernel nodes of NPUs. llama.cpp uses none of them; `doctor` says so to those who look for it. */
const NPU_NODES: readonly [path: string, name: string][] = [
  ['dev/hailo0', 'Hailo'],
  ['dev/apex_0', 'Coral Edge TPU'],
  ['dev/galcore', 'Vivante (GPU and NPU)'],
  ['dev/accel/accel0', 'an accelerator'],
]

/** Tegra generations by device-tree entry. @source NVIDIA: CUDA GPUs; rbonghi/jetson_stats jetson_variables.py */
const TEGRA: readonly [compatible: string, name: string][] = [
  ['nvidia,tegra264', 'Thor GPU (Blackwell)'],
  ['nvidia,tegra234', 'Orin GPU (Ampere)'],
  ['nvidia,tegra194', 'Xavier GPU (Volta)'],
  ['nvidia,tegra186', 'TX2 GPU (Pascal)'],
  ['nvidia,tegra210', 'Nano GPU (Maxwell)'],
]

/** What there is; an empty list when the kernel shows nothing. */
export async function readAccelerators(tree: Tree, compatible: readonly string[]): Promise<Accelerator[]> {
  const [devfreq, oldGpu, driver, render, icds, ...npus] = await Promise.all([
    tree.names('sys/class/devfreq'),
    tree.names('sys/devices/gpu.0'),
    tree.text('proc/driver/nvidia/version'),
    tree.names('dev/dri', 'renderD'),
    tree.names('usr/share/vulkan/icd.d'),
    ...NPU_NODES.map(async ([path, name]) => ((await tree.exists(path)) ? name : undefined)),
  ])
  const found: Accelerator[] = []
  const tegra = TEGRA.find(([entry]) => compatible.includes(entry))
  if (tegra) {
    // one package of drivers runs several chips: the device is asked, not the release of Jetson Linux
    const ready = oldGpu.length > 0 || devfreq.some(name => /gpu|g[pv]1\db$/.test(name))
    found.push({ kind: 'cuda', name: tegra[1], ready })
  } else if (driver !== undefined) found.push({ kind: 'cuda', name: 'NVIDIA GPU', ready: true })
  if (render.length > 0 && !tegra) {
    const names = await Promise.all(render.map(node => tree.text(`sys/class/drm/${node}/device/uevent`)))
    const kernel = /^DRIVER=(.+)$/m.exec(names.find(text => text !== undefined) ?? '')?.[1]
    found.push({
      kind: 'vulkan',
      name: kernel ?? render[0]!,
      ready: icds.some(name => name.endsWith('.json')),
    })
  }
  if (devfreq.some(name => name.endsWith('.npu'))) found.push({ kind: 'npu', name: 'RKNPU', ready: true })
  for (const name of npus) if (name) found.push({ kind: 'npu', name, ready: true })
  return found
}
