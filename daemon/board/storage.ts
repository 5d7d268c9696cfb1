/** Where state would be written: on what kind of storage, and how much room there is. */
import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { StorageFacts } from './facts.js'
import type { Tree } from './read.js'

/** One line of mountinfo. */
export interface Mount {
  point: string
  type: string
  device: string
  /** major:minor */
  number: string
  readOnly: boolean
}

const BY_TYPE: Record<string, StorageFacts['kind']> = {
  tmpfs: 'ram',
  ramfs: 'ram',
  overlay: 'overlay',
  aufs: 'overlay',
  nfs: 'network',
  nfs4: 'network',
  cifs: 'network',
  '9p': 'network',
  virtiofs: 'network',
}

/** The storage below `folder`, which need not exist yet; undefined when mounts cannot be read. */
export async function readStorage(tree: Tree, folder: string): Promise<StorageFacts | undefined> {
  const path = resolve('/', folder)
  const mount = mountOf(parseMounts((await tree.text('proc/self/mountinfo')) ?? ''), path)
  if (!mount) return undefined
  const freeMib = tree.root === '/' ? await room(path) : undefined
  return {
    folder: path,
    kind: await kindOf(tree, mount),
    ...(mount.device.startsWith('/') ? { device: mount.device } : {}),
    ...(freeMib === undefined ? {} : { freeMib }),
    readOnly: mount.readOnly,
  }
}

/** Pure: /proc/self/mountinfo. @source proc_pid_mountinfo(5) */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap(line => {
    const [front = '', back] = line.split(' - ')
    const fields = front.split(' ')
    const [type, device, options = ''] = (back ?? '').split(' ')
    const [, , number, , point, mine = ''] = fields
    if (!number || !point?.startsWith('/') || !type || !device) return []
    const readOnly = [...mine.split(','), ...options.split(',')].includes('ro')
    return [{ point: plainPath(point), type, device: plainPath(device), number, readOnly }]
  })
}

/** Pure: the mount that a path lies in; of two on one point the later covers the earlier. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const holds = (point: string) => point === '/' || path === point || path.startsWith(`${point}/`)
  return mounts.reduce<Mount | undefined>(
    (best, mount) =>
      holds(mount.point) && (best === undefined || mount.point.length >= best.point.length) ? mount : best,
    undefined,
  )
}

/** Blanks are written as \040. */
const plainPath = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)))

async function kindOf(tree: Tree, mount: Mount): Promise<StorageFacts['kind']> {
  const known = BY_TYPE[mount.type]
  if (known) return known
  // the kernel calls the root `/dev/root` where no initramfs named it
  const uevent = await tree.text(`sys/dev/block/${mount.number}/uevent`)
  const name = /^DEVNAME=(.+)$/m.exec(uevent ?? '')?.[1] ?? mount.device.replace(/^\/dev\//, '')
  if (/^nvme/.test(name)) return 'nvme'
  const card = /^(mmcblk\d+)/.exec(name)?.[1]
  if (card) {
    const type = await tree.text(`sys/block/${card}/device/type`)
    return type === 'MMC' ? 'emmc' : 'sd'
  }
  const disk = /^([a-z]+)\d*$/.exec(name)?.[1]
  if (!disk) return 'unknown'
  const [rotational, removable] = await Promise.all([
    tree.number(`sys/block/${disk}/queue/rotational`),
    tree.number(`sys/block/${disk}/removable`),
  ])
  if (removable === 1) return 'usb'
  return rotational === 0 ? 'ssd' : rotational === 1 ? 'disk' : 'unknown'
}

/** Free for users, MiB, of the nearest folder that exists. */
async function room(path: string): Promise<number | undefined> {
  for (let here = path; ; here = dirname(here)) {
    try {
      const { bavail, bsize } = await statfs(here)
      return Math.floor((bavail * bsize) / 1024 / 1024)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || here === dirname(here)) return undefined
    }
  }
}
