/**
 * A user's own phrases as training pairs.
 *
 *   node dist/scripts/train/generate/own-phrases.js --in my-phrases.yaml             (each phrase once, as written)
 *   node dist/scripts/train/generate/own-phrases.js --in my-phrases.yaml --copies 50 --seed 1
 *                                                   (and with politeness, wake words and slips around it)
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parse as parseYaml } from 'yaml'
import { defineErrors, describe } from '../../../daemon/base/errors.js'
import { seeded } from '../../../daemon/base/random.js'
import { parse, z } from '../../../daemon/base/schema.js'
import {
  type CompactAction,
  type CompactCommand,
  encode,
  SPAN_SLOTS,
} from '../../../daemon/commands/compact.js'
import { normalise } from '../../../daemon/commands/normalise.js'
import { ACTION_NAMES, KIND_NAMES, MEDIA_CLASSES, QUANTIFIERS } from '../../../daemon/commands/vocabulary.js'
import { dress, FILLER, stumble, typo, WAKE } from './dress.js'
import { chance, pick, type Random } from './expand.js'
import type { Pair } from './sentence.js'

export const errors = defineErrors({
  phrases_unreadable: {
    says: (a: { path: string; problem: string }) => `the phrases ${a.path} cannot be read: ${a.problem}`,
    remedy: 'Give a YAML file as in scripts/train/README.md, "Your own phrases".',
  },
  span_not_said: {
    says: (a: { phrase: string; slot: string; words: string }) =>
      `"${a.phrase}": ${a.slot} is "${a.words}", which the phrase does not say`,
    remedy: 'The model copies words: write the slot with the very words of the phrase, or leave it out.',
  },
})

const Span = z.coerce.string().min(1)
const Do = z.strictObject({
  action: z.enum(ACTION_NAMES as [string, ...string[]]),
  kind: z.enum(KIND_NAMES as [string, ...string[]]).optional(),
  quantifier: z.enum(QUANTIFIERS).optional(),
  step: z.enum(['up', 'down']).optional(),
  media: z.enum(MEDIA_CLASSES).optional(),
  ...Object.fromEntries(SPAN_SLOTS.map(slot => [slot, Span.optional()])),
})
const OwnPhrases = z.strictObject({
  phrases: z
    .array(
      z.strictObject({
        say: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).describe('What people say.'),
        do: z.union([z.literal('none'), Do, z.array(Do).min(1)]).describe('What it means; none: no command.'),
      }),
    )
    .min(1),
})

/**
 * Reads a file of phrases.
 * @returns one pair for each thing to say, in the one spelling
 * @throws phrases_unreadable, invalid_value, span_not_said
 */
export function readPhrases(path: string): Pair[] {
  let value: unknown
  try {
    value = parseYaml(readFileSync(path, 'utf8'))
  } catch (error) {
    throw errors.phrases_unreadable({ path, problem: describe(error) }, error)
  }
  return parse(OwnPhrases, value, path).phrases.flatMap(({ say, do: meaning }) => {
    const actions = meaning === 'none' ? [] : [meaning].flat()
    return [say].flat().map(words => pairOf(words, actions as unknown as CompactAction[]))
  })
}

function pairOf(phrase: string, actions: readonly CompactAction[]): Pair {
  const utterance = normalise(phrase)
  const command: CompactCommand = actions.map(a => {
    const out = { ...a }
    for (const slot of SPAN_SLOTS) {
      const said = a[slot]
      if (said === undefined) continue
      out[slot] = normalise(said)
      if (!` ${utterance} `.includes(` ${out[slot]} `))
        throw errors.span_not_said({ phrase, slot, words: said })
    }
    return out
  })
  return { utterance, command }
}

/** The phrase as it may be said another time: politely, to a wake word, with a slip. Now and then just as it is. */
export function varied(random: Random, { utterance, command }: Pair): Pair {
  let pair: Pair = { utterance, command: command.map(a => ({ ...a })) }
  const [only] = pair.command
  if (only && pair.command.length === 1) {
    const dressed = dress(random, { words: utterance, action: only })
    pair = { utterance: normalise(dressed.words), command: [dressed.action] }
  }
  if (chance(random, 0.1)) pair = stumble(random, pair)
  if (chance(random, 0.15)) pair.utterance = normalise(pick(random, WAKE) + pair.utterance)
  if (chance(random, 0.08)) pair.utterance = normalise(pick(random, FILLER) + pair.utterance)
  if (chance(random, 0.1)) pair = typo(random, pair)
  const whole = pair.command.every(a =>
    SPAN_SLOTS.every(slot => {
      const span = a[slot]
      if (span === undefined) return true
      a[slot] = normalise(span)
      return ` ${pair.utterance} `.includes(` ${a[slot]} `)
    }),
  )
  return whole ? pair : { utterance, command }
}

function main(): void {
  const { values } = parseArgs({
    options: {
      in: { type: 'string' },
      copies: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
    },
  })
  if (!values.in) throw new Error('give the file of phrases with --in')
  const pairs = readPhrases(values.in)
  const random = seeded(Number(values.seed))
  const copies = Number(values.copies)
  const lines = copies
    ? Array.from({ length: copies }, () => pairs.map(pair => varied(random, pair))).flat()
    : pairs
  for (const { utterance, command } of lines) process.stdout.write(`${utterance}\t${encode(command)}\n`)
}
if (import.meta.filename === process.argv[1]) {
  try {
    main()
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`)
    process.exitCode = 1
  }
}
