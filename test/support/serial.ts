import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:fs'
import { access, type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/**
 * Options for a test that needs pairs of pseudo-terminals. Without socat it is skipped and says which package to install;
 * in continuous integration it runs and fails.
 */
export const needsSocat: { skip?: string } =
  spawnSync('socat', ['-V']).status === 0 || process.env.CI
    ? {}
    : { skip: 'socat is missing: apt-get install socat' }

/** Two serial ports with a cable between them. */
export interface PtyPair {
  /** For the daemon to open. */
  port: string
  /** The device's end. */
  device: string
  /** Writes as the device would; resolves when the kernel took it all. */
  write(bytes: Buffer | string): Promise<void>
  /** Pulls the plug: both ends vanish. */
  unplug(): Promise<void>
  /** Plugs it in again, under the same names. */
  plug(): Promise<void>
  close(): Promise<void>
}

/** Closes with the test. @throws when socat is missing */
export async function openPtyPair(t: Pick<Test, 'teardown'>): Promise<PtyPair> {
  const pair = await ptyPair()
  t.teardown(() => pair.close())
  return pair
}

/** For scripts: the caller closes it. @throws when socat is missing */
export async function ptyPair(): Promise<PtyPair> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldmouse-pty-'))
  const port = join(folder, 'ttyMouse')
  const device = join(folder, 'device')
  let socat: ChildProcess | undefined
  let handle: FileHandle | undefined

  const plug = async () => {
    const end = (link: string) => `pty,raw,echo=0,link=${link}`
    const child = spawn('socat', ['-b65536', end(device), end(port)], { stdio: 'ignore' })
    let failed: Error | undefined
    child.once('error', () => {
      failed = new Error('socat is missing: apt-get install socat')
    })
    socat = child
    for (let waited = 0; ; waited += 10) {
      if (failed) throw failed
      if (waited > 5_000 || child.exitCode !== null) throw new Error('socat made no pair of pseudo-terminals')
      if ((await exists(port)) && (await exists(device))) break
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    handle = await open(device, constants.O_RDWR | constants.O_NOCTTY)
  }
  const unplug = async () => {
    const child = socat
    socat = undefined
    await handle?.close()
    handle = undefined
    if (!child || child.exitCode !== null) return
    const gone = new Promise(resolve => child.once('close', resolve))
    child.kill('SIGTERM') // so that it takes its links away
    await gone
  }
  await plug()
  return {
    port,
    device,
    write: async bytes => {
      const data = Buffer.from(bytes as Buffer)
      for (let at = 0; at < data.length; ) {
        if (!handle) throw new Error('the pair is unplugged')
        at += (await handle.write(data, at, data.length - at)).bytesWritten
      }
    },
    unplug,
    plug,
    close: async () => {
      await unplug()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
