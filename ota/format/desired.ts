/** `update/desired`: what the fleet wants this device to run. Retained; the fleet names, the signed repository decides. */
import { z } from '../../daemon/base/schema.js'

const hash = z.string().regex(/^[0-9a-f]{64}$/)

export const DesiredModel = z.strictObject({
  family: z.string().min(1).max(64),
  path: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Target in the repository. Without it: the newest that fits.'),
  sha256: hash.optional().describe('Both must agree: this and the signed metadata.'),
  hold: z.boolean().default(false).describe('Keep what runs; look for nothing.'),
  allow_older: z.boolean().default(false).describe('A release below the running one is meant.'),
  not_before: z.iso.datetime().optional().describe('Activate no sooner. UTC.'),
})
export type DesiredModel = z.output<typeof DesiredModel>

export const Desired = z.strictObject({
  version: z.literal(1),
  id: z.string().min(1).max(64).optional().describe('Name of the rollout; comes back in `update/state`.'),
  models: z.array(DesiredModel).max(16),
})
export type Desired = z.output<typeof Desired>

const some = z
  .string()
  .regex(/^[0-9a-f]{8,64}$/, 'expected its SHA-256, or the first 8 digits or more')
  .describe('Of the main file; the first digits will do.')

/** `request/update`, and `fieldmouse ota check|rollback|pin|...`: what an owner asks of one device. */
export const UpdateCommand = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('status'), family: z.string().optional() }),
  z.strictObject({ do: z.literal('check'), family: z.string().optional() }),
  z.strictObject({ do: z.literal('apply'), family: z.string().optional() }),
  z.strictObject({ do: z.literal('rollback'), family: z.string().optional() }),
  z.strictObject({ do: z.literal('pin'), family: z.string().optional() }),
  z.strictObject({ do: z.literal('unpin'), family: z.string().optional() }),
  z.strictObject({ do: z.literal('forgive'), family: z.string().optional(), sha256: some }),
])
export type UpdateCommand = z.output<typeof UpdateCommand>
