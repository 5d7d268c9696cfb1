import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { compactGrammar, decode, encode } from '../../../daemon/commands/compact.js'
import { GoldenCommands, loadGolden, sentenceOf } from '../../../daemon/commands/golden.js'
import type { Engine } from '../../../daemon/inference/engine.js'
import { loadGolden as loadLines } from '../../../daemon/triage/golden.js'
import { infoOf } from '../../support/fake-engines.js'

const row = '{"text":"lock the gate","answer":"<lock><k_gate><dev> gate"}'
const lineRow = {
  line: 'pump 3 leaks',
  source: 'plc',
  severity: 'warning',
  category: 'leak',
  component: 'pump',
}

/** Gives the same text to every request. */
const saying = (text: string): Engine => ({
  info: infoOf('test'),
  complete: async () => ({
    text,
    tokens: [],
    stop: 'complete',
    figures: { promptTokens: 1, cachedTokens: 0, outputTokens: 1, forcedTokens: 0, queueMs: 0, inferMs: 1 },
    model: infoOf('test'),
  }),
})

t.test('what is wrong with a file is said with its line', async t => {
  const folder = t.testdir()
  const path = join(folder, 'golden.jsonl')
  const load = (text: string) => {
    writeFileSync(path, text)
    return loadGolden(path)
  }
  t.equal((await load(`${row}\n\n${row}\r\n`)).size, 2, 'blank lines and line ends of others')
  const broken: [string, RegExp][] = [
    ['{"text":', /line 2: .*JSON/],
    ['{"text":"lock the gate"}', /line 2: .*answer/],
    ['{"text":"lock the gate","answer":"<lock>","note":1}', /line 2: .*note/],
    ['{"text":"lock the gate","answer":"<fly>"}', /line 2: .*short form/],
    ['{"text":"lock the gate","answer":"<lock><dev> shed"}', /line 2: .*grammar/],
    ['{"text":"lock the gate","answer":"<lock><dev"}', /line 2: .*short form/],
    ['{"text":"🙂","answer":"<none>"}', /line 2: .*no words/],
    ['[]', /line 2/],
    ['null', /line 2/],
  ]
  for (const [text, message] of broken)
    await t.rejects(load(`${row}\n${text}\n`), { code: 'golden_row_broken', message }, text)
  await t.rejects(load('\n \n'), { code: 'golden_unreadable', message: /holds no requests/ })
  await t.rejects(loadGolden(join(folder, 'none')), { code: 'golden_unreadable', message: /ENOENT/ })
  mkdirSync(join(folder, 'folder'))
  await t.rejects(loadGolden(join(folder, 'folder')), { code: 'golden_unreadable', message: /no file/ })
  await t.rejects(load(`${row}\n`.repeat(2_001)), { code: 'golden_unreadable', message: /2000 requests/ })
  t.equal((await load(`${row}\n`.repeat(2_000))).size, 2_000)
  appendFileSync(path, ' '.repeat(200_000))
  await t.rejects(loadGolden(path), { code: 'golden_unreadable', message: /262144 are allowed/ })
})

t.test('random bytes are refused with a code', async t => {
  const path = join(t.testdir(), 'golden.jsonl')
  const whole = readFileSync('ota/factory/golden/command.jsonl')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      async changes => {
        const bytes = Buffer.from(whole.subarray(0, 2_000))
        for (const [at, value] of changes) bytes[at] = value
        writeFileSync(path, bytes)
        for (const load of [loadGolden, loadLines]) {
          const code = await load(path).then(
            () => 'golden_row_broken',
            error => error.code,
          )
          if (code !== 'golden_row_broken') throw new Error(String(code))
        }
      },
    ),
    { numRuns: 150 },
  )
  t.pass()
})

t.test('lines: closed sets, and normal only with normal', async t => {
  const path = join(t.testdir(), 'lines.jsonl')
  const load = (change: object) => {
    writeFileSync(path, JSON.stringify({ ...lineRow, ...change }))
    return loadLines(path)
  }
  t.equal((await load({})).size, 1)
  t.equal((await load({ source: '' })).size, 1)
  for (const [change, message] of [
    [{ severity: 'bad' }, /severity/],
    [{ component: 'spaceship' }, /component/],
    [{ severity: 'normal' }, /`normal` goes with `normal`/],
    [{ category: 'normal' }, /`normal` goes with `normal`/],
    [{ line: '!!' }, /no words/],
  ] as const)
    await t.rejects(load(change), { code: 'golden_row_broken', message })
})

t.test('the command counts, not its letters; a torso is no answer', async t => {
  const golden = new GoldenCommands([sentenceOf('Lock the gate, now!', '<lock><k_gate><dev> gate')])
  const { signal } = new AbortController()
  t.equal(await golden.ask(saying('<lock><k_gate><dev> gate'), 0, signal), true)
  t.equal(await golden.ask(saying('<lock><dev> gate'), 0, signal), false)
  t.equal(await golden.ask(saying('<none>'), 0, signal), false)
  await t.rejects(golden.ask(saying('<lock><dev'), 0, signal), { code: 'answer_cut_short' })
})

t.test('the sets that ship are whole, of their own words, and say each thing once', async t => {
  const commands = await loadGolden('ota/factory/golden/command.jsonl')
  t.ok(commands.size >= 60)
  t.equal(new Set(commands.sentences.map(s => s.normalised)).size, commands.size)
  for (const { normalised, answer } of commands.sentences) {
    t.ok(compactGrammar(normalised))
    t.equal(encode(decode(answer)!), answer)
  }
  const lines = await loadLines('ota/factory/golden/line.jsonl')
  t.ok(lines.size >= 60)
  t.equal(new Set(lines.rows.map(r => r.line)).size, lines.size)
})
