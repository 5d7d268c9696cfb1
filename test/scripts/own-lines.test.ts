import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { loadGolden } from '../../daemon/triage/golden.js'
import { KnowledgeStore } from '../../daemon/triage/store.js'
import { Triage } from '../../daemon/triage/triage.js'
import { CATEGORIES, COMPONENTS, SEVERITIES } from '../../daemon/triage/verdict.js'
import { goldenLines, type LabelledRow, readOwnLines } from '../../scripts/train/lines/own-lines.js'

const SAID = {
  source: 'serial:press',
  component: 'machine',
  who: 'anna',
  at: '2026-11-21T10:00:00.000Z',
} as const

t.test('what people said becomes rows, as answered and as kept', async t => {
  const triage = new Triage()
  const say = (word: 'normal' | 'serious', line: string, templateId: string) =>
    triage.feedback.say({
      ...SAID,
      word,
      line,
      templateId,
      about: { severity: 'warning', category: 'safety' },
    })
  say('normal', 'ERR 77 guard sleep', 'a')
  say('serious', 'tray loader hesitated', 'b')
  const folder = t.testdir()
  const answered = join(folder, 'answered.json')
  const rows = triage.feedback.rows()
  writeFileSync(answered, JSON.stringify({ v: 1, ok: true, result: { said: triage.feedback.list(), rows } }))
  const kept = join(folder, 'knowledge.json')
  await new KnowledgeStore(kept).save(triage.state())
  for (const path of [answered, kept])
    t.match(readOwnLines(path), [
      {
        line: 'ERR 77 guard sleep',
        source: 'serial:press',
        expected: { severity: 'normal', category: 'normal', component: 'machine', needs_human: false },
      },
      {
        line: 'tray loader hesitated',
        expected: { severity: 'critical', category: 'safety', needs_human: true },
      },
    ])
})

t.test('rows and golden lines are the same thing; what is wrong is named with its line', async t => {
  const path = join(t.testdir(), 'own.jsonl')
  const golden = { line: 'P-7 leaks', source: 's', severity: 'critical', category: 'leak', component: 'pump' }
  const { line, source, ...expected } = golden
  writeFileSync(path, `${JSON.stringify({ line, source, expected })}\n\n${JSON.stringify(golden)}\n`)
  const [row, flat] = readOwnLines(path)
  t.strictSame(row, flat)
  const lone = JSON.stringify(golden)
  writeFileSync(path, lone)
  t.equal(readOwnLines(path).length, 1, 'one line is a file of lines too')
  for (const [text, why] of [
    [`${lone}\n{"line": "x"`, /own\.jsonl, line 2: no JSON/],
    [lone.replace('leak"', 'drip"'), /own\.jsonl, line 1.*category/],
    [lone.replace('critical', 'normal'), /`normal` goes with `normal`/],
    ['{"rows":[{"line":"x"}]}', /own\.jsonl, row 1/],
  ] as const) {
    writeFileSync(path, text)
    t.throws(() => readOwnLines(path), why)
  }
})

t.test('golden lines are what a trial on a device reads, and no more than asked for', async t => {
  const folder = t.testdir()
  const path = join(folder, 'golden.jsonl')
  const bad = fc.constantFrom(...SEVERITIES.filter(s => s !== 'normal'))
  const row = fc
    .record({
      line: fc.string({ minLength: 1, maxLength: 40 }),
      source: fc.string({ maxLength: 20 }),
      component: fc.constantFrom(...COMPONENTS),
      kind: fc.option(fc.tuple(bad, fc.constantFrom(...CATEGORIES.filter(c => c !== 'normal')))),
    })
    .map(({ line, source, component, kind }): LabelledRow => {
      const [severity, category] = kind ?? (['normal', 'normal'] as const)
      return { id: '', line, source, expected: { severity, category, component } }
    })
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 30 }),
      fc.integer({ min: 1, max: 30 }),
      async (rows, most) => {
        const golden = goldenLines(rows, most)
        if (golden.length > most) return false
        if (golden.length === 0) return true
        writeFileSync(path, golden.map(g => JSON.stringify(g)).join('\n'))
        return (await loadGolden(path)).size === golden.length
      },
    ),
    { numRuns: 50 },
  )
  t.ok(readFileSync(path).length > 0)
})
