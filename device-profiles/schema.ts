import { z } from 'zod'

/** The schema of board, core and model files. `schema/*.json` are printed from here for editors. */

const slug = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'expected lower-case letters, digits, `-` and `.`')
const source = z
  .string()
  .min(8)
  .describe('Data sheet, command, or "our choice" with the reason; with its date.')
const quantization = z.string().regex(/^[a-z0-9_]+$/)

/** A number that somebody measured, read or chose, and who, where, when. */
const Figure = z.strictObject({ value: z.number().nonnegative(), source })
export type Figure = z.output<typeof Figure>

export const ARCHITECTURES = ['arm64', 'arm', 'x64'] as const

const Match = z
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
  .describe('How the board is recognised: compatible first, then model, then architecture.')

const PowerMode = z.strictObject({
  name: z.string().min(1).describe('As `nvpmodel -q` prints it: `15W`, `MAXN_SUPER`. Ids differ by release.'),
  cores: z.number().int().positive().optional().describe('Cores that are on in this mode.'),
  bandwidth_gb_s: z.number().positive().optional().describe('Peak of the memory bus in this mode.'),
  source,
})

export const BoardSchema = z.strictObject({
  name: slug.describe('Name of the file without .yaml.'),
  title: z.string().min(1),
  soc: z.string().min(1).optional().describe('`BCM2712`, `RK3588`, `Tegra234`.'),
  match: Match,
  cores: z
    .array(
      z.strictObject({
        class: z.string().min(1).describe('`Cortex-A76`; how fast a class is stands in cores.yaml.'),
        count: z.number().int().positive(),
        max_mhz: z.number().int().positive(),
        source,
      }),
    )
    .describe('By class, the fastest first. Empty for generic profiles: the probe counts.'),
  memory: z.strictObject({
    bandwidth_gb_s: Figure.optional().describe(
      'Peak of the memory bus: what decode of large models is bound by.',
    ),
    bandwidth_share: Figure.optional().describe(
      'Share of the peak that decode on CPU cores reaches, 0 to 1; without it that of cores.yaml.',
    ),
    kept_for_system_mib: Figure.describe('What the system and other programs keep; never planned with.'),
  }),
  heat: z.strictObject({
    hot_c: Figure.describe('Above this the board slows itself down, degrees Celsius.'),
    zones: z
      .array(z.string().min(1))
      .default([])
      .describe('Types of thermal zones that count, e.g. cpu-thermal. Empty: the hottest of all.'),
    ignore: z.array(z.string().min(1)).default([]).describe('Types of zones that lie, e.g. PMIC-Die.'),
  }),
  power: z
    .strictObject({
      throttle: z
        .enum(['rpi_firmware', 'soctherm_oc', 'none'])
        .default('none')
        .describe(
          'Who tells of under-voltage and throttling: the Pi firmware, or the over-current counters of a Jetson.',
        ),
      rails: z
        .enum(['ina3221', 'rapl', 'none'])
        .default('none')
        .describe('What measures power: INA3221 chips, the counters of an x86 package.'),
      total_rail: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Label of the rail that feeds the whole board, e.g. VDD_IN. Without it rails are added up.',
        ),
      modes: z.array(PowerMode).default([]).describe('Modes of nvpmodel, the most frugal first.'),
      advice: z
        .array(
          z.strictObject({
            when: z
              .string()
              .min(1)
              .describe('Name of the power mode it is for; `any` for a sentence that always holds.'),
            says: z.string().min(10).describe('What to change and what it brings, one sentence.'),
            source,
          }),
        )
        .default([]),
      source: source.optional(),
    })
    .default({ throttle: 'none', rails: 'none', modes: [], advice: [] }),
  offload: z
    .strictObject({
      kind: z.enum(['cuda', 'vulkan', 'npu']),
      compute_capability: z
        .string()
        .regex(/^\d+\.\d$/)
        .optional(),
      least_parameters_m: z
        .number()
        .positive()
        .optional()
        .describe('Models with at least so many million parameters are worth a GPU; absent: none is.'),
      bandwidth_share: Figure.optional().describe(
        'Share of the peak bandwidth that decode on the GPU reaches, 0 to 1.',
      ),
      says: z.string().min(10).describe('One sentence for `doctor`: what it is good for, and how to get it.'),
      source,
    })
    .optional(),
  run: z.strictObject({
    quantizations: z.array(quantization).min(1).describe('What to take of those that fit, the best first.'),
    quantizations_source: source,
    most_threads: Figure.describe('Upper bound of threads; what is used is measured when the model loads.'),
    sequences: Figure.describe('Completions side by side.'),
  }),
})
export type BoardProfile = z.output<typeof BoardSchema>

/** How fast a core of a class works through quantized weights; what decode is bound by where memory is not. */
export const CoresSchema = z.strictObject({
  cores: z.array(
    z.strictObject({
      class: z.string().min(1).describe('`Cortex-A76`, as the probe names it.'),
      decode_weights_per_cycle: Figure.describe(
        'Weights of a 4-bit model that one core works through in a cycle, one token at a time.',
      ),
      prefill_weights_per_cycle: Figure.describe(
        'The same for a batch of prompt tokens, weights times tokens.',
      ),
    }),
  ),
  other: z.strictObject({
    decode_weights_per_cycle: Figure,
    prefill_weights_per_cycle: Figure,
  }),
  bandwidth_share: Figure.describe('Share of the peak bandwidth that decode on CPU cores reaches, 0 to 1.'),
})
export type CoreSpeeds = z.output<typeof CoresSchema>

const Shape = z.strictObject({
  layers: z.number().int().positive(),
  attention_layers: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('Layers with a KV cache, where not all have one.'),
  embedding: z.number().int().positive(),
  feed_forward: z.number().int().positive(),
  heads: z.number().int().positive(),
  kv_heads: z.number().int().positive(),
  head_size: z.number().int().positive(),
  vocabulary: z.number().int().positive(),
  tied_embeddings: z.boolean().describe('Whether the output matrix is the embedding.'),
  source,
})
export type ModelShape = z.output<typeof Shape>

export const ModelSchema = z.strictObject({
  name: slug.describe('Name of the file without .yaml.'),
  title: z.string().min(1),
  family: z.string().min(1).describe('`Qwen3`, `SmolLM2`, `Fieldmouse`.'),
  architecture: z.string().min(1).describe('`general.architecture` of the GGUF.'),
  parameters_m: z.number().positive().describe('Parameters, in millions.'),
  tasks: z.array(z.enum(['command', 'triage', 'ask'])).min(1),
  form: z
    .enum(['compact', 'chatml', 'llama3', 'gemma', 'qwen3', 'lfm2'])
    .describe('How a prompt is written: our compact form, or the chat template of the family.'),
  license: z.string().min(1),
  context_tokens: z.strictObject({
    most: z.number().int().positive().describe('What the model was trained for.'),
    wanted: z.number().int().positive().describe('What one request of its tasks needs.'),
  }),
  shape: Shape,
  kv_bytes_per_token: Figure.describe('KV cache of one token of one sequence (F16).'),
  runtime_mib: Figure.describe('Memory of the inference process beside weights and KV cache.'),
  quality: Figure.describe(
    'How good its answers are at its tasks, 0 to 100, in full precision; only compared within a task.',
  ),
  files: z
    .array(
      z.strictObject({
        quantization,
        file: z
          .string()
          .min(1)
          .describe('Path in this package, or name in the `models` folder of the data folder.'),
        bytes: z.number().int().positive(),
        quality_share: z
          .number()
          .min(0)
          .max(1)
          .optional()
          .describe(
            'Share of the quality that this quantization keeps; without it the usual one of the quantization.',
          ),
        source,
      }),
    )
    .min(1),
})
export type ModelProfile = z.output<typeof ModelSchema>
