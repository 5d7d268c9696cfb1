/**
 * What a model target promises: the custom metadata that stands, signed, beside its length and hash in the targets role.
 * Publisher writes it, device checks it; neither believes anything else about a model.
 */
import { z } from '../../daemon/base/schema.js'

/** What the files of a bundle are for. `model` or `adapter` is the target itself; the others travel with it. */
export const FILE_ROLES = ['model', 'adapter', 'prompt', 'grammar', 'vocabulary', 'golden', 'card'] as const
export type FileRole = (typeof FILE_ROLES)[number]

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits')
/** Letters that are safe in a file name, a URL and a topic. */
const word = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected lower-case letters, digits, `.`, `_`, `-`')

const path = z.string().min(1).max(200).describe('Path of the target, as the targets role names it.')
const length = z.number().int().nonnegative().describe('Bytes.')

export const BundleFile = z.strictObject({
  role: z.enum(FILE_ROLES),
  path,
  length,
  sha256: hash,
})
export type BundleFile = z.output<typeof BundleFile>

/** How to come from one model to this one with less than all of it. @source docs/decisions/0020 */
export const DeltaPromise = z.strictObject({
  from: hash.describe('The main file that must be on the device.'),
  path,
  length,
  sha256: hash,
  index_length: z.number().int().positive().describe('Bytes of the index, behind the preamble.'),
  index_sha256: hash.describe('Of the index; it knows the hash of each piece.'),
})
export type DeltaPromise = z.output<typeof DeltaPromise>

/** Whole numbers only: the canonical JSON that is signed knows no fractions (securesystemslib refuses them). */
const perMille = z.number().int().min(0).max(1000)

export const Gates = z
  .strictObject({
    min_accuracy_per_mille: perMille.default(0).describe('Golden requests answered right, of 1,000.'),
    max_accuracy_loss_per_mille: perMille
      .default(0)
      .describe('How far below the running model it may be on the same requests.'),
    max_p95_ms: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('95th percentile of one answer on this board.'),
    max_memory_mib: z.number().int().positive().optional().describe('Peak of the process that holds it.'),
    min_answered: z.number().int().nonnegative().default(1).describe('Fewer golden requests prove nothing.'),
  })
  .describe('What the trial on the device must show before the model takes over.')
export type Gates = z.output<typeof Gates>

export const TargetPromise = z.strictObject({
  kind: z.enum(['model', 'adapter']),
  family: word.describe('What it is for: `command`, `line`, ... A device keeps one set of slots a family.'),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'expected a version like 1.4.0'),
  release: z
    .number()
    .int()
    .positive()
    .describe('Counter that only grows within a family; what a device never goes below by itself.'),
  needs: z
    .strictObject({
      boards: z.array(word).default([]).describe('Board classes it is made for; empty: all.'),
      memory_mib: z.number().int().nonnegative().default(0).describe('With context, beside the daemon.'),
      engine: z
        .string()
        .regex(/^\d+(\.\d+){0,2}$/)
        .default('0')
        .describe('The oldest engine that runs it.'),
      base: z
        .strictObject({
          family: word.describe('What the base is for; mostly what the adapter is for.'),
          release: z
            .number()
            .int()
            .positive()
            .optional()
            .describe('Shown, not judged by: the hash says all.'),
          sha256: hash,
        })
        .optional()
        .describe('Adapters: the very model that must be there.'),
    })
    .prefault({}),
  files: z.array(BundleFile).min(1).max(16).describe('The target itself and all that travels with it.'),
  deltas: z
    .strictObject({
      manifest: z
        .strictObject({ path, length, sha256: hash })
        .describe('What the main file consists of, chunk by chunk.'),
      from: z.array(DeltaPromise).max(32),
    })
    .optional()
    .describe('Ways to make the main file from another. Targets of their own, which no device keeps.'),
  evaluation: z
    .record(word, z.string().max(60))
    .default({})
    .describe('Figures of the publisher: name, value with its unit. Shown, not judged by.'),
  gates: Gates.prefault({}),
})
export type TargetPromise = z.output<typeof TargetPromise>

/** Name of our field in a target's custom metadata, which other tools share. */
export const CUSTOM_FIELD = 'fieldmouse'

/** Where a targets role keeps what must no longer run: SHA-256 of the main file -> the reason. */
export const REVOKED_FIELD = 'fieldmouse_revoked'

/** One model that a trusted repository offers. */
export interface Offer {
  /** Path of the target. */
  path: string
  promise: TargetPromise
}

/** The file that the target itself is. */
export function mainFile(promise: TargetPromise): BundleFile {
  return promise.files.find(f => f.role === promise.kind)!
}

/** What a schema cannot say: the bundle holds its own main file once, adapters name a base, names do not clash. */
export function problemsOf(promise: TargetPromise): string[] {
  const problems: string[] = []
  const roles = promise.files.map(f => f.role)
  if (roles.filter(r => r === promise.kind).length !== 1)
    problems.push(`a bundle of kind ${promise.kind} holds exactly one file of that role`)
  if (new Set(roles).size !== roles.length) problems.push('two files have one role')
  if (promise.kind === 'adapter' && !promise.needs.base)
    problems.push('an adapter names its base (`needs.base`; `--base model.gguf` fills it in)')
  if (promise.kind === 'model' && promise.needs.base) problems.push('a model has no base')
  if (roles.includes('model') && roles.includes('adapter'))
    problems.push('a model and an adapter are two bundles')
  const from = promise.deltas?.from.map(d => d.from) ?? []
  if (new Set(from).size !== from.length) problems.push('two deltas begin at one file')
  if (from.some(sha256 => promise.files.some(f => f.role === promise.kind && f.sha256 === sha256)))
    problems.push('a delta begins at the file it ends at')
  return problems
}

/** Bytes of the whole bundle. */
export const bundleBytes = (promise: TargetPromise): number => promise.files.reduce((n, f) => n + f.length, 0)

/** Paths of all targets that this one brings with it. */
export const pathsOf = ({ files, deltas }: TargetPromise): string[] => [
  ...files.map(f => f.path),
  ...(deltas ? [deltas.manifest.path, ...deltas.from.map(d => d.path)] : []),
]

/** What a device may have to keep while it makes the main file: two manifests, of about one length, and one index. */
export function scratchBytes({ deltas }: TargetPromise): number {
  if (!deltas) return 0
  return 2 * deltas.manifest.length + Math.max(0, ...deltas.from.map(d => d.index_length))
}
