/**
 * The words of labelled lines that plain code does not know, for `daemon/triage/judge/taught-words.ts`:
 *
 *   node dist/scripts/train/lines/taught-words.js lines.jsonl... > daemon/triage/judge/taught-words.ts
 *
 * What stands there is told apart by memory, and so the classifier may read it; other words are names to both.
 */
import { readFileSync } from 'node:fs'
import { stopsAt } from '../../../daemon/triage/judge/vocabulary.js'
import { wordsOf } from '../../../daemon/triage/judge/words.js'

const LINE_CHARS = 106

const words = new Set<string>()
for (const path of process.argv.slice(2))
  for (const text of readFileSync(path, 'utf8').trim().split('\n'))
    for (const word of wordsOf((JSON.parse(text) as { line: string }).line)) {
      // `sa45` is an sa with a number (judge/masks.ts)
      const letters = /^([a-z]{2,})(?:\d+[a-z]?)?$/.exec(word.text)?.[1]
      if (letters !== undefined && !stopsAt(letters)) words.add(letters)
    }

let lines = ''
let line = ' '
for (const word of [...words].sort()) {
  if (line.length + word.length >= LINE_CHARS) {
    lines += `${line}\n`
    line = ' '
  }
  line += ` ${word}`
}
process.stdout.write(`/**
 * Words of the lines that taught the classifier, beside those that plain code knows: read by the one, and told apart by memory.
 * Made by \`scripts/train/lines/taught-words.ts\` from those lines; before the weights, not after them.
 */
export const TAUGHT_WORDS: ReadonlySet<string> = new Set(
  \`
${lines}${line}
\`.match(/\\S+/g),
)
`)
