import { z } from 'zod'

/** The schema of board and model files. `schema/*.json` are printed from here for editors. */

const slug = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and `-`')

/** A number that somebody measured, read or chose, and who, where, when. */
const Figure = z.strictObject({
  value: z.number().nonnegative(),
  source: z.string().min(8).describe('Data sheet, command, or "our choice" with the reason; with its date.'),
})

export const ARCHITECTURES = ['arm64', 'arm', 'x64'] as const

export const BoardSchema = z.strictObject({
  name: slug.describe('Name of the file without .yaml.'),
  title: z.string().min(1),
  match: z
    .strictObject({
      generic: z
        .boolean()
        .default(false)
        .describe('Taken when no board is recognised by its device tree; by `architectures` then.'),
      architectures: z.array(z.enum(ARCHITECTURES)).default([]).describe("Node's process.arch."),
      compatible: z
        .array(z.string().min(1))
        .default([])
        .describe('Entries of /proc/device-tree/compatible; any of them will do.'),
      model: z
        .array(z.string().min(1))
        .default([])
        .describe('Beginnings of /proc/device-tree/model, without "Rev 1.4" and " Super".'),
      min_memory_mib: z
        .number()
        .int()
        .nonnegative()
        .optional()
        .describe('Of boards that share a name: this one has at least so much.'),
      max_memory_mib: z.number().int().positive().optional(),
    })
    .describe('How the board is recognised: compatible first, then model, then architecture.'),
  cores: z
    .array(
      z.strictObject({
        class: z.string().min(1).describe('`Cortex-A76`'),
        count: z.number().int().positive(),
        max_mhz: z.number().int().positive(),
        source: z.string().min(8),
      }),
    )
    .describe('By class, the fastest first. Empty for generic profiles: the probe counts.'),
  memory: z.strictObject({
    bandwidth_gb_s: Figure.optional().describe(
      'Peak of the memory bus: what decode of large models is bound by.',
    ),
    kept_for_system_mib: Figure.describe('What the system and other programs keep; never planned with.'),
  }),
  heat: z.strictObject({
    hot_c: Figure.describe('Above this the board slows itself down, degrees Celsius.'),
  }),
  accelerator: z
    .strictObject({
      kind: z.enum(['cuda']),
      compute_capability: z.string().regex(/^\d+\.\d$/),
      source: z.string().min(8),
    })
    .optional(),
  run: z.strictObject({
    quantizations: z
      .array(z.string().regex(/^[a-z0-9_]+$/))
      .min(1)
      .describe('What to take of those that fit, the best first.'),
    quantizations_source: z.string().min(8),
    most_threads: Figure.describe('Upper bound of threads; what is used is measured when the model loads.'),
    sequences: Figure.describe('Completions side by side.'),
  }),
})
export type BoardProfile = z.output<typeof BoardSchema>

export const ModelSchema = z.strictObject({
  name: slug.describe('Name of the file without .yaml.'),
  title: z.string().min(1),
  architecture: z.string().min(1).describe('`general.architecture` of the GGUF.'),
  tasks: z.array(z.enum(['command', 'triage', 'ask'])).min(1),
  license: z.string().min(1),
  context_tokens: z.strictObject({
    most: z.number().int().positive().describe('What the model was trained for.'),
    wanted: z.number().int().positive().describe('What one request of its tasks needs.'),
  }),
  kv_bytes_per_token: Figure.describe('KV cache of one token of one sequence.'),
  runtime_mib: Figure.describe('Memory of the inference process beside weights and KV cache.'),
  files: z
    .array(
      z.strictObject({
        quantization: z.string().regex(/^[a-z0-9_]+$/),
        file: z.string().min(1).describe('Path in this package, or name in the data folder.'),
        size_mib: z.number().positive(),
      }),
    )
    .min(1),
})
export type ModelProfile = z.output<typeof ModelSchema>
