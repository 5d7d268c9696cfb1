/** Phrases of the lexicon said at random, the other way round than the judge reads them. */
import type { PhraseNode } from '../../../daemon/triage/judge/phrase-node.js'
import { parsePhrases } from '../../../daemon/triage/judge/phrases.js'
import { chance, int, pick, type Random } from '../generate/expand.js'

const parsed = new Map<string, PhraseNode[][]>()
const FILLERS = [
  'zone',
  'on',
  'side',
  'unit',
  'at',
  'level',
  'is',
  'value',
  'has',
  'input',
  'channel',
  'status',
  'circuit',
  'was',
  'im',
  'der',
  'du',
  'de',
  'am',
  'system',
  'section',
]
const BEGINNINGS = [
  'motor',
  'oel',
  'lager',
  'wasser',
  'kuehl',
  'haupt',
  'vorlauf',
  'raum',
  'getriebe',
  'netz',
  'pumpen',
  'ab',
  'zu',
]

/** One phrase of a list with commas, said. @param keep whether a said phrase may be used (see split.ts) */
export function say(text: string, random: Random, keep: (said: string) => boolean = () => true): string {
  let phrases = parsed.get(text)
  if (!phrases) {
    phrases = parsePhrases(text)
    parsed.set(text, phrases)
  }
  for (let tries = 0; ; tries++) {
    const said = sequence(pick(random, phrases), random).join(' ')
    if (keep(said) || tries > 30) return said
  }
}

function sequence(nodes: readonly PhraseNode[], random: Random): string[] {
  return nodes.flatMap((node, i): string[] => {
    switch (node.kind) {
      case 'word':
        return [
          `${node.from && chance(random, 0.7) ? pick(random, BEGINNINGS) : ''}${node.text}${node.to && chance(random, 0.4) ? pick(random, ['s', 'en', 'ing', 'ung', 'e', 'ed', 'alarm']) : ''}`,
        ]
      case 'number':
        return [String(int(random, 1, 99))]
      case 'gap':
        return i === nodes.length - 1 || chance(random, 0.6)
          ? []
          : Array.from({ length: int(random, 1, 2) }, () => pick(random, FILLERS))
      default:
        return node.maybe && chance(random, 0.5) ? [] : sequence(pick(random, node.of), random)
    }
  })
}
