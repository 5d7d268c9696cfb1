/**
 * Prints training pairs, one a line: the prompt, a tab, the short form.
 *
 *   node dist/scripts/train/generate/generate.js --seed 1 --count 100000 > pairs.tsv
 *   node dist/scripts/train/generate/generate.js --marks     (the marks, one a line: the tokenizer's added tokens)
 */
import { parseArgs } from 'node:util'
import { seeded } from '../../../daemon/base/random.js'
import { decode, encode, MARKS } from '../../../daemon/commands/compact.js'
import { sentence } from './sentence.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1000' },
    marks: { type: 'boolean', default: false },
  },
})
if (values.marks) {
  process.stdout.write(`${MARKS.join('\n')}\n`)
} else {
  const random = seeded(Number(values.seed))
  let chunk = ''
  for (let i = 0; i < Number(values.count); i++) {
    const { utterance, command } = sentence(random)
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
