/** What can be said to an appliance, as a language for the recognisers. */
import { createHash } from 'node:crypto'
import type { SpeechLanguage } from '../engine.js'
import type { Part, Vocabulary } from './vocabulary.js'

/** @param pronunciations of words that a dictionary may lack, CMU phones */
export function applianceLanguage(
  vocabulary: Vocabulary,
  pronunciations: ReadonlyMap<string, readonly string[]> = new Map(),
): SpeechLanguage {
  const grammar = applianceGrammar(vocabulary)
  const hash = createHash('sha256')
    .update(grammar)
    .update(JSON.stringify([...pronunciations]))
  const phrases = [...vocabulary.slots.values()].flat().map(({ says }) => says)
  return { id: hash.digest('hex').slice(0, 32), grammar, pronunciations, hints: [...new Set(phrases)] }
}

/** JSGF 1.0 with one public rule. */
export function applianceGrammar(vocabulary: Vocabulary): string {
  const rule = (name: string, ways: readonly string[]) => `<${name}> = ${[...new Set(ways)].join(' | ')};`
  const intents = vocabulary.intents.map(({ name, sentences }) =>
    rule(`intent_${name}`, sentences.map(print)),
  )
  const slots = [...vocabulary.slots].map(([name, phrases]) =>
    rule(
      `slot_${name}`,
      phrases.map(p => p.says),
    ),
  )
  return [
    '#JSGF V1.0;',
    'grammar appliance;',
    `public <order> = ${vocabulary.intents.map(({ name }) => `<intent_${name}>`).join(' | ')};`,
    ...intents,
    ...slots,
    '',
  ].join('\n')
}

function print(part: Part): string {
  switch (part.type) {
    case 'words':
      return part.words
    case 'slot':
      return `<slot_${part.slot}>`
    case 'sequence':
      return part.parts.map(print).join(' ')
    case 'choice':
      return `(${part.parts.map(print).join(' | ')})`
    case 'optional':
      return `[${print(part.part)}]`
  }
}
