/**
 * llama.cpp, opened. For a process of its own (decision 0001): this one may die of it.
 *
 * node-llama-cpp tries a prebuilt binary in one more process before it loads it, so that a binary which does not suit
 * the machine takes none of its user's processes with it. Ours is that process already. The trial costs a second start of
 * Node with the whole package, at each start of the daemon and at each trial of an update: as much as all else that opening
 * takes. So where only the prebuilt binary can be meant, what the trial would have allowed is done at once.
 *
 * That uses an inside of the package (`Llama._create`), of the one version that it was looked up in. Any other version, a
 * build of the owner's, a GPU, and whatever goes otherwise than expected, goes through the package's own door.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { getLlama, Llama, LlamaLogLevel } from 'node-llama-cpp'
import { describe } from '../base/errors.js'
import { engineVersion } from './engine-version.js'
import type { Gpu } from './protocol.js'

/** The version whose inside is known. @source node-llama-cpp 3.22.1, dist/bindings/getLlama.js, loadExistingLlamaBinary */
export const KNOWN_ENGINE = 'node-llama-cpp 3.22.1'

type Logger = (level: LlamaLogLevel, message: string) => void

/** @throws what node-llama-cpp throws when it has no binary for this machine */
export async function openLlama(gpu: Gpu, logger: Logger): Promise<Llama> {
  const folder = gpu === 'off' ? prebuilt() : undefined
  const opened =
    folder === undefined
      ? undefined
      : await openPrebuilt(folder, logger).catch(error => {
          logger(LlamaLogLevel.warn, `not opened at once, the package opens it: ${describe(error)}`)
          return undefined
        })
  if (opened) return opened
  return getLlama({
    build: 'never',
    skipDownload: true,
    gpu: gpu === 'off' ? false : gpu,
    logLevel: LlamaLogLevel.warn,
    logger,
  })
}

/** Where the binary of the package for this machine lies. @returns undefined where another may be meant, or none is there */
export function prebuilt(version = engineVersion()): string | undefined {
  const name = `${process.platform}-${process.arch}`
  if (version !== KNOWN_ENGINE || !['linux-x64', 'linux-arm64'].includes(name)) return undefined
  try {
    const entry = createRequire(import.meta.url).resolve('node-llama-cpp')
    // built on this machine, or to be (docs/boards.md): that comes first
    const own = ['llama/localBuilds', 'llama/llama.cpp', `bins/${name}`]
    if (own.some(path => existsSync(join(dirname(entry), '..', path)))) return undefined
    const binaries = dirname(createRequire(entry).resolve(`@node-llama-cpp/${name}`))
    const folder = join(binaries, '..', 'bins', name)
    return existsSync(join(folder, ADDON)) ? folder : undefined
  } catch {
    return undefined // the package says what is missing
  }
}

const ADDON = 'llama-addon.node'

/** What getLlama does with its defaults once the trial has passed. */
async function openPrebuilt(folder: string, logger: Logger): Promise<Llama> {
  const bindingPath = join(folder, ADDON)
  const { _create: create } = Llama as unknown as { _create?: (options: object) => Promise<Llama> }
  if (!create) throw new Error('the inside of node-llama-cpp is another')
  return create.call(Llama, {
    bindings: createRequire(import.meta.url)(bindingPath),
    bindingPath,
    buildType: 'prebuilt',
    buildMetadata: JSON.parse(readFileSync(join(folder, '_nlcBuildMetadata.json'), 'utf8')),
    logLevel: LlamaLogLevel.warn,
    logger,
    vramPadding: 0,
    // its default on Linux: a quarter of the memory, 1 GiB at most
    ramPadding: (total: number) => Math.floor(Math.min(total * 0.25, 2 ** 30)),
    debug: false,
    numa: false,
    tempDir: false,
  })
}
