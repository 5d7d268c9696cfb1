/** Devices that take differences, and repositories that offer them. */
import { readFile } from 'node:fs/promises'
import type { Test } from 'tap'
import { deltaStrategy } from '../../ota/client/delta.js'
import type { Transport } from '../../ota/transport/transport.js'
import { type Device, isSettled, makeDevice, makeSite, type Site, sha256 } from './repository.js'
import { tunedModel } from './tuned.js'

export const MODEL_BYTES = 250_000
const made = [0, 1, 2, 3].map(release => tunedModel(release, MODEL_BYTES))
/** 0 is what the others were fine-tuned from. */
export const tunedRelease = (release: number): Buffer => made[release]!

/** Devices of this site left the factory with what the releases were fine-tuned from. */
export const tunedSite = (t: Test): Promise<Site> => makeSite(t, {}, tunedRelease(0))

export const fromFactory = (site: Site) => ({
  fromFiles: [site.factory.files.model!],
  effort: 'fast' as const,
})

/** A device that takes differences, and why it did not. */
export function deltaDevice(
  t: Test,
  site: Site,
  options: Parameters<typeof makeDevice>[1] = {},
): { device: Device; refused: unknown[] } {
  const refused: unknown[] = []
  const device = makeDevice(site, {
    strategies: [deltaStrategy({ onTrouble: error => refused.push(error) })],
    ...options,
  })
  t.teardown(() => device.client.stop())
  return { device, refused }
}

export const arrives = (device: Device, release = 1) =>
  device.until(s => isSettled(s) && s.running.release === release)

export const modelOf = async ({ client }: Device) => sha256(await readFile(client.running.files.model!))

/** Counts what each kind of file gives: `model`, `delta`, `manifest`, `other`. */
export function counted(transport: Transport): Transport & { bytes: Record<string, number> } {
  const bytes: Record<string, number> = { model: 0, delta: 0, manifest: 0, other: 0 }
  return {
    name: transport.name,
    bytes,
    async *read(path, options) {
      const kind = /\.(gguf|delta|manifest)(\.json)?$/.exec(path)?.[1]?.replace('gguf', 'model') ?? 'other'
      for await (const piece of transport.read(path, options)) {
        bytes[kind]! += piece.length
        yield piece
      }
    },
  }
}
