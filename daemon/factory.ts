/**
 * What ships: the first targets of the repository that travels inside the package. Its metadata is read as it is, without
 * walking the chain of signatures: whoever can change it can change the root and this program too (decision 0021).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CUSTOM_FIELD, type FileRole, mainFile, problemsOf, TargetPromise } from '../ota/format/target.js'
import { checkedPath, targetPath } from '../ota/transport/transport.js'
import { defineErrors } from './base/errors.js'
import { packageFile } from './base/package-root.js'
import { parse, z } from './base/schema.js'

export const errors = defineErrors({
  factory_damaged: {
    says: (a: { family: string; folder: string; problem: string }) =>
      `the ${a.family} model that ships cannot be found: ${a.folder}: ${a.problem}`,
    remedy: 'Install the package again: metadata and models in ota/factory/ belong to it.',
  },
})

/** Models that ship. */
export const FACTORY_FAMILIES = ['command', 'line'] as const
export type FactoryFamily = (typeof FACTORY_FAMILIES)[number]

/** A model that ships, as its signed promise says. An updater takes it as its `FactoryModel`. */
export interface ShippedModel {
  family: FactoryFamily
  version: string
  /** Counter of the shipped repository; says nothing beside releases of another repository. */
  release: number
  /** Of the model file: what it must have; whether it does is for whoever loads it to check. */
  sha256: string
  /** Bytes of the model file. */
  length: number
  /** Absolute paths by what the files are for. */
  files: Partial<Record<FileRole, string>> & { model: string }
  promise: TargetPromise
}

const Targets = z.object({
  signed: z.object({
    targets: z.record(z.string(), z.object({ custom: z.record(z.string(), z.unknown()).optional() })),
  }),
})

/**
 * One model that ships. Reads one small file; says nothing about whether the files it names are there and whole.
 * @param folder of the repository; the package's own by default
 * @throws factory_damaged
 */
export function factoryModelOf(
  family: FactoryFamily,
  folder: string = packageFile('ota', 'factory'),
): ShippedModel {
  try {
    const path = newestTargets(join(folder, 'metadata'))
    const { signed } = parse(Targets, JSON.parse(readFileSync(path, 'utf8')), path)
    for (const { custom } of Object.values(signed.targets)) {
      const own = custom?.[CUSTOM_FIELD] as { family?: unknown } | undefined
      if (own?.family === family) return shipped(family, folder, parse(TargetPromise, own, path))
    }
    throw new Error('no target of this family')
  } catch (error) {
    throw errors.factory_damaged({ family, folder, problem: (error as Error).message }, error)
  }
}

/** Older ones are removed when a new one is published; a package is unpacked, not walked. */
function newestTargets(metadata: string): string {
  const versions = readdirSync(metadata)
    .map(name => Number(/^(\d+)\.targets\.json$/.exec(name)?.[1] ?? Number.NaN))
    .filter(Number.isInteger)
  if (versions.length === 0) throw new Error('it holds no metadata of targets')
  return join(metadata, `${Math.max(...versions)}.targets.json`)
}

function shipped(family: FactoryFamily, folder: string, promise: TargetPromise): ShippedModel {
  const [problem] = promise.kind === 'model' ? problemsOf(promise) : ['it is no model']
  if (problem) throw new Error(problem)
  const { sha256, length } = mainFile(promise)
  const files = Object.fromEntries(
    promise.files.map(f => [f.role, join(folder, checkedPath(targetPath(f.path, f.sha256)))]),
  ) as ShippedModel['files']
  return { family, version: promise.version, release: promise.release, sha256, length, files, promise }
}
