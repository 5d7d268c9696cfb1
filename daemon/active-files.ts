/** The model that a daemon with this data folder would answer with: for commands on the shell that answer as it does. */
import { join } from 'node:path'
import { type FactoryModel, type Installed, Slots } from '../ota/client/slots.js'
import { type Inspect, verify } from '../ota/client/verify.js'
import type { Config } from './config/schema.js'
import { type FactoryFamily, factoryModelOf } from './factory.js'
import type { ModelFiles } from './inference/active.js'
import { checkGguf } from './inference/gguf.js'
import { CLASSIFIER, shippedClassifier } from './line-classifier.js'
import { factoryLineModel, lineModelFile } from './line-model.js'
import { filesOf } from './managed-model.js'
import { Classifier, shippedWeights } from './triage/classifier/classifier.js'

/**
 * What came over the air, read back in full, or the factory's. Only looks: a daemon may run on the same folder.
 * @throws factory_damaged
 */
export async function activeFiles(
  { dataDir }: { dataDir: string },
  family: FactoryFamily,
  signal: AbortSignal,
): Promise<ModelFiles> {
  const factory = factoryModelOf(family)
  const shipped = { path: factory.files.model, sha256: factory.sha256 }
  const installed = await installedOf(dataDir, family, factory, path => checkGguf(path), signal)
  if (!installed) return shipped
  const files = filesOf(installed, { running: () => undefined })
  return files.path === '' ? shipped : files
}

/** What came over the air and is whole; undefined where nothing did. */
async function installedOf(
  dataDir: string,
  family: string,
  factory: FactoryModel,
  inspect: Inspect,
  signal: AbortSignal,
): Promise<Installed | undefined> {
  const slots = new Slots(join(dataDir, 'updates', family), factory)
  const { active } = await slots.pointer()
  const record = active === 'factory' ? undefined : await slots.record(active)
  if (active === 'factory' || !record) return undefined
  try {
    for (const file of record.promise.files) await verify(slots.fileIn(active, file), file, signal, inspect)
  } catch {
    // the daemon would go back as well, and says why
    signal.throwIfAborted()
    return undefined
  }
  return slots.installed(active, record)
}

/** What reads commands: the owner's file, or as `activeFiles`. @throws factory_damaged */
export async function commandFiles(config: Config, signal: AbortSignal): Promise<ModelFiles> {
  const { file, sha256 } = config.model
  return file === undefined
    ? activeFiles(config, 'command', signal)
    : { path: file, ...(sha256 ? { sha256 } : {}) }
}

/** What reads lines: the owner's file, nothing where the owner wants none, or as `activeFiles`. @throws factory_damaged */
export async function lineFiles(config: Config, signal: AbortSignal): Promise<ModelFiles | undefined> {
  const file = lineModelFile(config)
  return file?.path === factoryLineModel() ? activeFiles(config, 'line', signal) : file
}

/** What weighs lines. @throws classifier_broken */
export async function activeClassifier(config: Config, signal: AbortSignal): Promise<Classifier | undefined> {
  const path = await activeWeights(config, signal)
  return path === undefined ? undefined : Classifier.read(path)
}

/** The owner's weights, none where the owner wants none, what came over the air, or those that ship. @throws classifier_broken */
export async function activeWeights(
  { dataDir, triage }: Pick<Config, 'dataDir' | 'triage'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (triage.classifier === 'off') return undefined
  if (triage.classifierFile !== undefined) return triage.classifierFile
  const inspect: Inspect = async path => void Classifier.read(path)
  const installed = await installedOf(dataDir, CLASSIFIER, shippedClassifier(), inspect, signal)
  return installed?.files.model ?? shippedWeights()
}
