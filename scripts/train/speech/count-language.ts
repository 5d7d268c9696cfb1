/**
 * Counts what people say to homes: class trigrams over generated sentences, for daemon/voice/language/said.txt.
 *
 *   node dist/scripts/train/speech/count-language.js [--seed 1] [--count 1500000] [--out daemon/voice/language/said.txt]
 *
 * Names of devices and places are classes; the daemon puts the names of its own home there. Sentences come from the
 * generator of the command model and from dialogue.ts, so nothing of an evaluation set is in them.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { seeded } from '../../../daemon/base/random.js'
import { spoken } from '../../../daemon/voice/language/spoken.js'
import { chance } from '../generate/expand.js'
import { TALK_WORDS } from '../generate/refusals.js'
import { SHARES, sentence } from '../generate/sentence.js'
import { COMMON, PEOPLE, ROOMS } from '../generate/words.js'
import { answer } from './dialogue.js'
import { tag } from './tag.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1500000' },
    out: { type: 'string', default: 'daemon/voice/language/said.txt' },
    least: { type: 'string', default: '12' },
  },
})

/** Share of answers among the sentences. */
const ANSWERS = 0.08
/** Nobody mistypes in speech; talk that is no command is known to the language, but is not what a home mostly hears. */
Object.assign(SHARES, { typo: 0, stumble: 0.02, wake: 0.05, filler: 0.02, refusal: 0.15, several: 0.14 })
/** Literal words that stand fewer times than this are of the class `<word>`. */
const LEAST_WORD = 60
/** Names of a class that are kept, the most frequent first: what is said in homes that have it, and asked for in homes that have not. */
const NAMES = 120
const WORDS = 2_000

const rooms = new Set([
  ...ROOMS.map(spoken),
  ...PEOPLE.flatMap(p => ['room', 'bedroom', 'office', 'bathroom', 'study'].map(r => spoken(`${p}'s ${r}`))),
])
const plain = new Set([...TALK_WORDS, ...COMMON])
const random = seeded(Number(values.seed))

const sentences = new Map<string, number>()
const named = new Map<string, Map<string, number>>()
const words = new Map<string, number>()
const add = <K>(map: Map<K, number>, key: K, n = 1) => map.set(key, (map.get(key) ?? 0) + n)
for (let i = 0; i < Number(values.count); i++) {
  if (chance(random, ANSWERS)) {
    add(sentences, answer(random).join(' '))
    continue
  }
  const { words: said, names } = tag(sentence(random), rooms)
  add(sentences, said.join(' '))
  for (const [label, name] of names) {
    if (!named.has(label)) named.set(label, new Map())
    add(named.get(label)!, name)
  }
}
for (const [text, n] of sentences) for (const word of text.split(' ')) if (word) add(words, word, n)

const kept = new Set([...words].filter(([w, n]) => n >= LEAST_WORD || w.startsWith('<')).map(([w]) => w))
const others = new Map([...words].filter(([w]) => !kept.has(w) && plain.has(w)))
named.set('<word>', others)

type Key = `${string} ${string} ${string}`
const trigrams = new Map<Key, number>()
for (const [text, n] of sentences) {
  const said = [
    '<s>',
    '<s>',
    ...text
      .split(' ')
      .filter(Boolean)
      .map(w => (kept.has(w) ? w : '<word>')),
    '</s>',
  ]
  for (let i = 2; i < said.length; i++) add(trigrams, `${said[i - 2]!} ${said[i - 1]!} ${said[i]!}`, n)
}
/** What is too rare to be kept with two words before it counts with one, or with none. */
function shorten(from: Map<Key, number>, least: number, cut: (a: string, b: string, c: string) => Key) {
  for (const [key, n] of [...from]) {
    if (n >= least) continue
    const [a, b, c] = key.split(' ') as [string, string, string]
    const shorter = cut(a, b, c)
    if (shorter === key) continue
    from.delete(key)
    add(from, shorter, n)
  }
}
const least = Number(values.least)
shorten(trigrams, least, (_, b, c) => `* ${b} ${c}`)
shorten(trigrams, least, (a, b, c) => (a === '*' ? `* * ${c}` : `${a} ${b} ${c}`))

const vocabulary = ['*', '<s>', '</s>', ...[...kept, '<word>'].sort()]
const indexOf = new Map(vocabulary.map((w, i) => [w, i.toString(36)]))
const lines = new Map<string, string[]>()
for (const [key, n] of [...trigrams].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const [a, b, c] = key.split(' ') as [string, string, string]
  const head = `${indexOf.get(a)} ${indexOf.get(b)}`
  if (!lines.has(head)) lines.set(head, [])
  lines.get(head)!.push(`${indexOf.get(c)} ${n.toString(36)}`)
}
const classes = Object.fromEntries(
  [...named].sort().map(([label, names]) => {
    const top = [...names].sort((a, b) => b[1] - a[1]).slice(0, label === '<word>' ? WORDS : NAMES)
    return [label, top.map(([name, n]) => `${name}|${n}`)]
  }),
)
const text = JSON.stringify({
  about:
    'Class trigrams of what people say to homes; see scripts/train/speech/count-language.ts. Figures in base 36.',
  vocabulary: vocabulary.join(' '),
  classes,
  trigrams: [...lines].map(([head, rest]) => `${head} ${rest.join(' ')}`),
})
writeFileSync(values.out, `${text.replaceAll('","', '",\n"')}\n`)
process.stderr.write(
  `${sentences.size} sentences, ${vocabulary.length} words, ${trigrams.size} trigrams, ${Math.round(text.length / 1024)} KiB\n`,
)
