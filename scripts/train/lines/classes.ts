/**
 * Labelled lines as the classifier of `daemon/triage/classifier/` sees them, for `classifier.py`:
 *
 *   node dist/scripts/train/lines/classes.js lines.jsonl... > rows.jsonl
 *
 * In: `{id, source, line, expected: {severity, category, component, needs_human, *_ok?}}`. Out: `{from, line: [bucket],
 * plain: [bucket], expected}`, and what plain code said, to compare with.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { lineFeatures, plainFeatures } from '../../../daemon/triage/classifier/features.js'
import { wordsOf } from '../../../daemon/triage/judge/words.js'
import { Triage } from '../../../daemon/triage/triage.js'

interface Row {
  id: string
  source?: string
  line: string
  expected: unknown
}

for (const path of process.argv.slice(2)) {
  const triage = new Triage()
  for (const text of readFileSync(path, 'utf8').trim().split('\n')) {
    const { id, source = '', line, expected } = JSON.parse(text) as Row
    const { verdict } = triage.unbiased(source, line)
    const words = wordsOf(line)
    const { severity, category, component, needsHuman, confidence } = verdict
    const row = {
      from: basename(path, '.jsonl'),
      id,
      line: lineFeatures(words, source),
      plain: plainFeatures(words, source, verdict),
      said: { severity, category, component, needs_human: needsHuman, confidence },
      expected,
    }
    process.stdout.write(`${JSON.stringify(row)}\n`)
  }
}
