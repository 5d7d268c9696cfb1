/** A repository with tiny models, made by the publisher's own code, and a device that looks at it. */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UpdateClient } from '../../ota/client/client.js'
import type { UpdateClientOptions } from '../../ota/client/options.js'
import type { FactoryModel, Installed } from '../../ota/client/slots.js'
import { Trust } from '../../ota/client/trust.js'
import type { UpdateState } from '../../ota/format/state.js'
import { CUSTOM_FIELD, type TargetPromise } from '../../ota/format/target.js'
import { add, type TargetsSigned } from '../../ota/publisher/add.js'
import type { DeltaOptions } from '../../ota/publisher/deltas.js'
import { init } from '../../ota/publisher/init.js'
import { publish } from '../../ota/publisher/publish.js'
import type { Repository } from '../../ota/publisher/repository.js'
import { sign } from '../../ota/publisher/sign.js'
import { folderTransport } from '../../ota/transport/folder.js'
import { ggufBytes } from './gguf.js'

export interface Site {
  folder: string
  repository: Repository
  keys: string
  /** What a device is shipped with. */
  root: string
  factory: FactoryModel
  /** Adds a tiny model, signs, publishes. @returns the path of its target */
  release(release: number, more?: ReleaseOptions): Promise<string>
  signAndPublish(): Promise<void>
}

export interface ReleaseOptions {
  family?: string
  /** Bytes of tensor data. */
  data?: number
  gates?: Record<string, number>
  needs?: Record<string, unknown>
  role?: string
  content?: Buffer
  golden?: string
  deltas?: DeltaOptions | false
  /** Changes the draft before it is signed. */
  lie?: (promise: TargetPromise) => unknown
}

export async function makeSite(
  t: { teardown?: (end: () => unknown) => void },
  expiryDays = {},
  factoryBytes: Buffer = tinyModel(0),
): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldmouse-ota-'))
  t.teardown?.(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  const keys = join(folder, 'keys')
  const { repository } = await init({ folder: join(folder, 'repository'), keys, expiryDays })
  const root = join(folder, 'root.json')
  await writeFile(root, await readFile(join(repository.metadataFolder, '1.root.json')))
  const factoryPath = join(folder, 'factory.gguf')
  await writeFile(factoryPath, factoryBytes)
  const signAndPublish = async () => {
    await sign({ draftFolder: repository.draftFolder, keys: [keys] })
    await publish({ repository, keys: [keys] })
  }
  return {
    folder,
    repository,
    keys,
    root,
    factory: { version: '0.0.0', sha256: sha256(factoryBytes), files: { model: factoryPath } },
    signAndPublish,
    async release(release, more = {}) {
      const files = join(folder, 'made')
      await mkdir(files, { recursive: true })
      const model = join(files, `${release}.gguf`)
      const golden = join(files, `${release}.jsonl`)
      await writeFile(model, more.content ?? tinyModel(release, more.data))
      await writeFile(
        golden,
        more.golden ?? `{"id":"g1","utterance":"turn on the light","release":${release}}\n`,
      )
      const path = await add({
        repository,
        ...(more.role ? { role: more.role } : {}),
        ...(more.deltas === undefined ? {} : { deltas: more.deltas }),
        files: { model, golden },
        promise: {
          family: more.family ?? 'command',
          version: `1.${release}.0`,
          release,
          needs: more.needs ?? {},
          evaluation: { accuracy: '0.93' },
          ...(more.gates ? { gates: more.gates } : {}),
        },
      })
      const { lie } = more
      if (lie)
        await repository.change(more.role ?? 'targets', signed => {
          lie((signed as TargetsSigned).targets[path]!.custom![CUSTOM_FIELD] as TargetPromise)
        })
      await signAndPublish()
      return path
    },
  }
}

/** Bytes that a release is made of: header and data say which. */
export function tinyModel(release: number, data = 4096): Buffer {
  const bytes = ggufBytes({
    metadata: { 'general.architecture': 'llama', 'general.version': `1.${release}.0` },
    data: Math.max(128, data),
  })
  let state = release + 1
  for (let i = bytes.length - Math.min(data, 2 ** 20); i < bytes.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export interface Device {
  client: UpdateClient
  folder: string
  /** Models that the engine was given, in order. */
  swaps: Installed[]
  /** Different states, in order: `idle`, `checking`, ... */
  states: string[]
  troubles: unknown[]
  /** Called with each state. */
  watchers: ((state: UpdateState) => void)[]
  /** Resolves with the next state that passes, after the one found before; rejects after 20 s, if not told otherwise. */
  until(passes: (state: UpdateState) => boolean, withinMs?: number): Promise<UpdateState>
}

/** A device of that site; not started. Waits are short, the trial is passed. */
export function makeDevice(
  site: Site,
  options: Partial<UpdateClientOptions> & { name?: string } = {},
): Device {
  const folder = join(site.folder, options.name ?? 'device')
  const seen: UpdateState[] = []
  const waiting = new Set<() => void>()
  let from = 0
  const device: Device = {
    folder,
    swaps: [],
    states: [],
    troubles: [],
    watchers: [],
    client: new UpdateClient({
      family: 'command',
      folder: join(folder, 'command'),
      factory: site.factory,
      trust: new Trust({ folder: join(folder, 'trust'), factoryRoot: site.root }),
      transport: folderTransport(site.repository.folder),
      board: { classes: ['raspberry-pi-5', 'arm64'], memoryMib: 1000, engine: '1.0.0' },
      trial: async () => ({ answered: 1, accuracy: 1, p95Ms: 5, running: { accuracy: 1, p95Ms: 5 } }),
      swap: async to => void device.swaps.push(to),
      firstCheckMs: 1,
      checkEveryMs: 3600_000,
      watchMs: 10,
      graceMs: 2_000,
      backoff: { firstMs: 20, maxMs: 50, factor: 2 },
      room: { keepFreeMib: 0, maxDiskMib: 0 },
      onTrouble: error => device.troubles.push(error),
      ...options,
      onState: state => {
        options.onState?.(state)
        seen.push(state)
        if (device.states.at(-1) !== state.state) device.states.push(state.state)
        for (const look of waiting) look()
        for (const watch of device.watchers) watch(state)
      },
    }),
    until: (passes, withinMs = 20_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`never came: ${JSON.stringify(seen.at(-1))}, ${device.troubles.at(-1)}`))
        }, withinMs)
        const look = () => {
          while (from < seen.length) {
            if (!passes(seen[from++]!)) continue
            clearTimeout(timer)
            waiting.delete(look)
            return resolve(seen[from - 1]!)
          }
        }
        waiting.add(look)
        look()
      }),
  }
  return device
}

export const isSettled = (s: UpdateState): boolean => s.state === 'idle' && s.reason !== undefined
