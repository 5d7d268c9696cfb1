/** What the sherpa-onnx engine and its child say to each other, inside of child-protocol.ts. */
import { z } from '../../base/schema.js'
import type { Samples } from '../audio/pcm.js'

/** The package, which the owner installs: prebuilt for linux-x64 and linux-arm64. */
export const PACKAGE = 'sherpa-onnx-node'
export const PACKAGE_VERSION = '1.13.8'

export const SherpaLoad = z.object({
  /** Where the package is looked for: a folder with `node_modules`. Without it where this program lies. */
  packageFolder: z.string().optional(),
  kind: z.enum(['offline', 'online']),
  /** As `readModelFolder` made it. */
  config: z.record(z.string(), z.unknown()),
})

/** One utterance at `SAMPLE_RATE`; hotwords as sherpa-onnx takes them: phrases with `/` between them. */
export const SherpaQuestion = z.object({
  samples: z.custom<Samples>(value => value instanceof Int16Array, 'no samples'),
  hotwords: z.string().optional(),
})
export type SherpaQuestion = z.output<typeof SherpaQuestion>

export const SherpaAnswer = z.object({
  text: z.string().max(100_000),
  /** Natural logarithms, one a token; empty for models that tell none. */
  logProbs: z.array(z.number()).max(100_000),
})
export type SherpaAnswer = z.output<typeof SherpaAnswer>
