/**
 * Prints training pairs of the line model, one a line: the prompt, a tab, the form.
 *
 *   node dist/scripts/train/lines/generate.js --seed 1 --count 100000 > pairs.tsv
 *   node ... --split train             (or validation, or all)
 *   node ... --exclude rows.jsonl       (no line of this evaluation set, its field `line`, comes out)
 *   node ... --marks                    (the marks, one a line: the tokenizer's added tokens)
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { seeded } from '../../../daemon/base/random.js'
import { wordsOf } from '../../../daemon/triage/judge/words.js'
import { decode, encode, linePrompt, marks, promptText } from '../../../daemon/triage/slm/form.js'
import { trainingLine } from './line.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1000' },
    marks: { type: 'boolean', default: false },
    raw: { type: 'boolean', default: false },
    exclude: { type: 'string', multiple: true, default: [] },
    split: { type: 'string', default: 'all' },
  },
})

/** One said phrase in twenty is for validation, by a hash of its words. */
const heldOut = (said: string) => createHash('sha1').update(said).digest()[0]! % 20 === 0
const folded = (line: string) =>
  wordsOf(line)
    .map(w => w.text)
    .join(' ')

if (values.marks) process.stdout.write(`${marks().join('\n')}\n`)
else {
  const excluded = new Set(
    values.exclude.flatMap(path =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(row => folded(String((JSON.parse(row) as { line?: unknown }).line ?? ''))),
    ),
  )
  const random = seeded(Number(values.seed))
  const keep =
    values.split === 'all'
      ? () => true
      : values.split === 'validation'
        ? heldOut
        : (said: string) => !heldOut(said)
  let chunk = ''
  for (let made = 0; made < Number(values.count); ) {
    const { line, source, evidence, form } = trainingLine(random, keep)
    if (excluded.has(folded(line))) continue
    const prompt = linePrompt(line, source)
    const said = linePrompt(evidence, '').words
    const there = prompt.words.some((_, i) => said.every((w, j) => prompt.words[i + j] === w))
    // what a slip has changed is quoted by what is left of it: the longest run of words that stand in the line
    const quoted = there ? said : longestRun(said, prompt.words)
    const text = encode({ ...form, evidence: quoted })
    if (!decode(text)) throw new Error(`the form does not read back: ${text}`)
    chunk += values.raw ? `${source}\t${line}\t${text}\n` : `${promptText(prompt)}\t${text}\n`
    made++
    if (chunk.length > 1 << 16) {
      if (!process.stdout.write(chunk)) await new Promise(resolve => process.stdout.once('drain', resolve))
      chunk = ''
    }
  }
  process.stdout.write(chunk)
}

function longestRun(said: readonly string[], words: readonly string[]): string[] {
  for (let length = said.length - 1; length > 0; length--)
    for (let from = 0; from + length <= said.length; from++) {
      const run = said.slice(from, from + length)
      if (words.some((_, i) => run.every((w, j) => words[i + j] === w))) return run
    }
  return []
}
