/** The sections `model`, `board` and `governor`: what runs here, chosen by which goals, and when it does less. */
import { z } from '../base/schema.js'

const whole = (least: number, most: number) => z.int().min(least).max(most)
const path = z.string().min(1)

export const Model = z
  .strictObject({
    file: path.optional().describe('A GGUF file. Without it: what the plan for this board picks.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits in lower case')
      .optional()
      .describe('SHA-256 that `file` must have; checked before the model is loaded.'),
    threads: z
      .union([z.literal('auto'), whole(1, 256)])
      .default('auto')
      .describe(
        'Threads of one completion. auto measures what is fastest on this board when the model loads.',
      ),
    gpu: z
      .enum(['off', 'cuda', 'vulkan'])
      .default('off')
      .describe(
        'Where the model is computed: off is the CPU, which is faster for the factory model. The others need a build of node-llama-cpp for them (docs/boards.md).',
      ),
    sequences: whole(1, 64)
      .optional()
      .describe('Completions side by side. Without it: what the plan for this board says.'),
    context_tokens: whole(64, 131072)
      .optional()
      .describe('Tokens of one request, prompt and answer. Without it: what the plan says.'),
  })
  .describe('The language model.')

export const Board = z
  .strictObject({
    root: path
      .default('/')
      .describe(
        'Where /proc, /sys and /etc of the board are; another folder for recorded boards and containers.',
      ),
    profiles_dir: path
      .optional()
      .describe(
        'Folder with `boards` and `models` of your own (YAML as in device-profiles/); a name that ships is replaced.',
      ),
    measure: z
      .enum(['first_start', 'always', 'never'])
      .default('first_start')
      .describe(
        'When models that are installed are measured on this board: once (kept until hardware or file changes), at every start, or never.',
      ),
    measure_seconds: whole(1, 600)
      .default(40)
      .describe('About how long `doctor --measure` times random weights; loading comes on top.'),
    least_tokens_per_second: z
      .number()
      .min(0)
      .max(1000)
      .default(5)
      .describe(
        'Models that write free answers must reach this rate; 5 is about as fast as one reads aloud.',
      ),
    first_token_ms: whole(100, 600_000)
      .default(5000)
      .describe('Longest time from a question of 200 tokens to the first word of a free answer.'),
    energy: z
      .enum(['speed', 'thrift'])
      .default('speed')
      .describe(
        'speed takes the fastest thread count; thrift the fewest threads that are no more than a quarter slower.',
      ),
  })
  .describe('What this board is, and by which goals its models are chosen.')

export const Governor = z
  .strictObject({
    enabled: z
      .enum(['on', 'off'])
      .default('on')
      .describe('Whether the daemon does less while the board is hot, or short of volts, memory or charge.'),
    every_seconds: z
      .number()
      .min(0.1)
      .max(3600)
      .default(10)
      .describe('How often sensors are looked at; five times as often while it holds back.'),
    hold_seconds: z
      .number()
      .min(0)
      .max(86_400)
      .default(60)
      .describe('How long all must be well before each step up.'),
    hot_margin_c: z
      .number()
      .min(1)
      .max(40)
      .default(5)
      .describe('So much cooler than `hot` it must be before a step up, degrees Celsius.'),
    hot_c: z
      .number()
      .min(30)
      .max(120)
      .optional()
      .describe(
        'From here on the board counts as hot, degrees Celsius. Without it: what the profile of the board says.',
      ),
    memory_some_percent: z
      .number()
      .min(1)
      .max(100)
      .default(10)
      .describe(
        'Share of time in which tasks wait for memory (PSI, ten seconds) from which on less is kept in it.',
      ),
    least_available_mib: whole(0, 65_536)
      .default(24)
      .describe('Less memory than this that can be had counts as short.'),
    battery_low_percent: whole(0, 100)
      .default(20)
      .describe('A battery at or below this that is not charging counts as low; 0 is never.'),
  })
  .describe('When the daemon does less than it could.')
