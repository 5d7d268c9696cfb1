/**
 * Prints training pairs, one a line: the prompt, a tab, the short form.
 *
 *   node dist/scripts/train/generate/generate.js --seed 1 --count 100000 > pairs.tsv
 *   node ... --split train             (or validation, or all: see split.ts)
 *   node ... --exclude rows.jsonl       (no sentence of this evaluation set, whatever its field `utterance` says, comes out)
 *   node dist/scripts/train/generate/generate.js --marks     (the marks, one a line: the tokenizer's added tokens)
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { seeded } from '../../../daemon/base/random.js'
import { decode, encode, MARKS } from '../../../daemon/commands/compact.js'
import { normalise } from '../../../daemon/commands/normalise.js'
import { sentence } from './sentence.js'
import type { Split } from './split.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1000' },
    marks: { type: 'boolean', default: false },
    exclude: { type: 'string', multiple: true, default: [] },
    split: { type: 'string', default: 'all' },
  },
})
if (values.marks) {
  process.stdout.write(`${MARKS.join('\n')}\n`)
} else {
  const excluded = new Set(values.exclude.flatMap(sentencesOf))
  const random = seeded(Number(values.seed))
  const split = values.split as Split
  if (!['train', 'validation', 'all'].includes(split))
    throw new Error(`--split is train, validation or all, not ${split}`)
  let chunk = ''
  for (let i = 0; i < Number(values.count); i++) {
    const { utterance, command } = sentence(random, split)
    if (excluded.has(utterance)) {
      i--
      continue
    }
    const form = encode(command)
    if (!decode(form)) throw new Error(`the short form does not read back: ${form}`)
    chunk += `${utterance}\t${form}\n`
    if (chunk.length > 1 << 16) {
      if (!process.stdout.write(chunk)) await new Promise(resolve => process.stdout.once('drain', resolve))
      chunk = ''
    }
  }
  process.stdout.write(chunk)
}

/** Sentences of an evaluation set, in the one spelling. */
function sentencesOf(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => normalise(String((JSON.parse(line) as { utterance?: unknown }).utterance ?? '')))
}
