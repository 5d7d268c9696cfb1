import { readFileSync } from 'node:fs'
import t from 'tap'
import { packageFile } from '../../../../daemon/base/package-root.js'
import { seeded } from '../../../../daemon/base/random.js'
import { LogLines } from '../../../../daemon/cli/bench/log-lines.js'
import { Classifier } from '../../../../daemon/triage/classifier/classifier.js'
import { lineFeatures, plainFeatures } from '../../../../daemon/triage/classifier/features.js'
import { lexicon } from '../../../../daemon/triage/judge/lexicon.js'
import { isName, isZero, maskOf } from '../../../../daemon/triage/judge/masks.js'
import type { PhraseNode } from '../../../../daemon/triage/judge/phrase-node.js'
import { parsePhrases } from '../../../../daemon/triage/judge/phrases.js'
import { wordsOf } from '../../../../daemon/triage/judge/words.js'
import { shapeOf } from '../../../../daemon/triage/signature.js'
import { Triage } from '../../../../daemon/triage/triage.js'
import type { Verdict } from '../../../../daemon/triage/verdict.js'
import { another, labelled, otherNumbers, pairs, someName } from '../../../support/labelled-lines.js'

const classifier = Classifier.read()
const SOURCE = 'mqtt:plant/zork7'
type Dice = (n: number) => number
function dice(seed: number): Dice {
  const random = seeded(seed)
  return n => Math.floor(random() * n)
}

/** Other names and other numbers, or something else in one place. */
function varied(line: string, below: Dice): string {
  let said = line
  if (below(4) > 0)
    said = said.replace(/\p{L}[\p{L}\d]*/gu, word =>
      isName(maskOf(word.toLowerCase())) || below(12) === 0 ? someName(below) : word,
    )
  if (below(3) > 0) said = otherNumbers(said, below)
  return below(4) === 0 ? another(said, below) : said
}

/** Lines of all kinds, with names put in. */
function lines(below: Dice, count: number): { line: string; source: string }[] {
  const all = [
    ...[...'abcdefghijk'].map(set => `verdicts-${set}`).flatMap(labelled),
    ...labelled('hostile'),
    ...pairs().flatMap(({ a, b, source }) => [a, b].map(line => ({ line, source }))),
    ...new LogLines(5).known(300),
    ...['people', 'factories', 'short'].flatMap(written),
  ]
  return Array.from({ length: count }, () => {
    const { line, source } = all[below(all.length)]!
    const words = line.split(' ')
    if (below(2) === 0) words.splice(below(words.length + 1), 0, someName(below))
    return { line: words.join(' '), source }
  })
}
const written = (name: string) =>
  readFileSync(packageFile('scripts', 'train', 'lines', 'written', `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map(row => JSON.parse(row) as { line: string; source: string })

t.test('to the classifier lines of one shape are one line', async t => {
  const below = dice(20261121)
  let same = 0
  const wrong: string[] = []
  for (const { line } of lines(below, 3_000)) {
    const key = shapeOf(line)?.key
    if (key === undefined) continue
    const seen = lineFeatures(wordsOf(line), SOURCE).join(' ')
    for (let i = 0; i < 4; i++) {
      const other = varied(line, below)
      if (other === line || shapeOf(other)?.key !== key) continue
      same++
      if (lineFeatures(wordsOf(other), SOURCE).join(' ') !== seen) wrong.push(`${line} | ${other}`)
    }
  }
  t.strictSame(wrong, [])
  t.ok(same > 1_000, `${same} pairs of one shape`)
})

const sayOf = (v: Verdict) => `${v.severity} ${v.category} ${v.component} ${v.needsHuman}`

/** What memory says otherwise than the same line would be called if judged alone. */
function differing(all: readonly { line: string; source: string }[], below: Dice, others: number) {
  let remembered = 0
  const wrong: string[] = []
  for (const { line, source } of all) {
    const triage = new Triage({ classifier })
    // its kind is known from the second time on
    for (let i = 0; i < 2; i++) triage.judge(source, line)
    for (let i = 0; i < others; i++) {
      const other = varied(line, below)
      const { verdict, start } = triage.judge(source, other)
      if (verdict.stage !== 'memo') continue
      remembered++
      const alone = triage.unbiased(source, other)
      // the header has just been learnt otherwise
      if (alone.start !== start) continue
      if (sayOf(alone.verdict) !== sayOf(verdict))
        wrong.push(`${other}: ${sayOf(verdict)} from memory, ${sayOf(alone.verdict)} alone`)
    }
  }
  return { remembered, wrong }
}

t.test('judged from memory is judged alone, whatever names and numbers stand in the line', async t => {
  const below = dice(7)
  const { remembered, wrong } = differing(lines(below, 900), below, 6)
  t.strictSame(wrong, [])
  t.ok(remembered > 1_000, `${remembered} came from memory`)
})

t.test('so it is around numbers that phrases have as they are', async t => {
  const below = dice(11)
  const { conditions, components, states } = lexicon()
  const phrases = [...conditions.map(c => c.say), ...components.map(c => c.words), ...Object.values(states)]
    .flatMap(parsePhrases)
    .filter(hasNumber)
  t.ok(phrases.length > 30, `${phrases.length} phrases`)
  const all = Array.from({ length: 700 }, () => {
    const said = spoken(phrases[below(phrases.length)]!, below)
    const front = below(2) === 0 ? `${someName(below)} ` : ''
    const back = [` ${someName(below)}`, ` at ${below(100)} C`, ' = 1', '', '; all ok'][below(5)]!
    return { line: `${front}${said}${back}`, source: SOURCE }
  })
  const { remembered, wrong } = differing(all, below, 6)
  t.strictSame(wrong, [])
  t.ok(remembered > 500, `${remembered} came from memory`)
})

const hasNumber = (nodes: readonly PhraseNode[]): boolean =>
  nodes.some(node =>
    node.kind === 'any' ? node.of.some(hasNumber) : node.kind === 'word' && /^\d/.test(node.text),
  )

const spoken = (nodes: readonly PhraseNode[], below: Dice): string =>
  nodes
    .map(node => {
      if (node.kind === 'word') return /^\d/.test(node.text) && below(3) === 0 ? String(below(30)) : node.text
      if (node.kind === 'number') return String(below(900))
      if (node.kind === 'gap') return ['', 'of it', someName(below), '3', 'line 2'][below(5)]!
      return node.maybe && below(2) === 0 ? '' : spoken(node.of[below(node.of.length)]!, below)
    })
    .filter(text => text !== '')
    .join(' ')

t.test('what stands for words and numbers', async t => {
  const cases = {
    zorkulm: '_',
    pump12: 'pump#',
    motor: 'motor',
    x0000: 'x0000',
    co2: 'co2',
    zork7: '_',
    x4zork: 'x_',
  }
  for (const [word, mask] of Object.entries(cases)) t.equal(maskOf(word), mask, word)
  t.strictSame(['0', '0,00', '0.1', '00000000', '000000000', '7'].map(isZero), [
    true,
    true,
    false,
    true,
    false,
    false,
  ])
  const signs = (line: string) =>
    plainFeatures(wordsOf(line), SOURCE, new Triage().unbiased(SOURCE, line).verdict)
  const seen = (line: string) => lineFeatures(wordsOf(line), SOURCE)
  for (const code of ['0x65535', '0xf033804', '0x1a', '0xe9da3de', '0xzork'])
    t.strictSame(seen(`drive 3 fault ${code}`), seen('drive 3 fault 0x2310'), code)
  t.notSame(seen('drive 3 fault 0x0000'), seen('drive 3 fault 0x2310'))
  t.strictSame(signs('pump zork leaks at 12'), signs('pump ulm leaks at 73'))
})
