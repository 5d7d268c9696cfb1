/**
 * Evaluates a model of the factory form on sentences with known right answers.
 *
 *   npm run evaluate                                            (the project's own small set, the factory model)
 *   npm run evaluate -- --gold rows.jsonl --homes homes.json --model mine.gguf [--adapter a.gguf] [--min-confidence 0.5] [--json] [--out answers.jsonl]
 *
 * Rows: {id, source?, utterance, home, context: {area?}, expected: [{action, targets, params}], alternatives?,
 * expected_none?, tags?}; test/fixtures/commands holds examples. Homes: one home file, YAML or JSON, of one or several.
 */
import { parseArgs } from 'node:util'
import { systemClock } from '../../daemon/base/clock.js'
import { jsonLinesWriter } from '../../daemon/base/json-lines.js'
import { loadHomeFile } from '../../daemon/commands/home.js'
import { loadConfig } from '../../daemon/config/load.js'
import { SupervisedEngine } from '../../daemon/inference/supervisor.js'
import { factoryModel } from '../../daemon/main.js'
import { figuresOf } from './figures.js'
import { report } from './report.js'
import { readRows } from './rows.js'
import { answerAll } from './run.js'

const { values } = parseArgs({
  options: {
    gold: { type: 'string', default: 'test/fixtures/commands/rows.jsonl' },
    homes: { type: 'string', default: 'test/fixtures/commands/homes.yaml' },
    model: { type: 'string' },
    adapter: { type: 'string' },
    'min-confidence': { type: 'string' },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const minConfidence = Number(values['min-confidence'] ?? loadConfig().config.commands.minConfidence)
const rows = await readRows(values.gold)
const homes = new Map((await loadHomeFile(values.homes)).map(h => [h.id, h]))
const engine = new SupervisedEngine({
  model: {
    path: values.model ?? factoryModel(),
    ...(values.adapter ? { adapter: { path: values.adapter } } : {}),
  },
  clock: systemClock,
  sequences: 1,
})
await engine.start(new AbortController().signal)
try {
  const answers = await answerAll(rows, homes, engine, minConfidence)
  const figures = figuresOf(answers)
  const info = engine.info!
  const subject = {
    model: info.name,
    version: info.version,
    calibrated: info.calibration !== undefined,
    minConfidence,
    gold: values.gold,
  }
  process.stdout.write(
    values.json ? `${JSON.stringify({ ...subject, ...figures }, null, 1)}\n` : report(figures, subject),
  )
  if (values.out) {
    const writer = jsonLinesWriter(values.out)
    for (const { row, actions, refusal, stage, confidence, ms } of answers)
      writer.write({
        id: row.id,
        result: actions,
        ms,
        confidence,
        stage,
        ...(refusal ? { reason: refusal } : {}),
      })
    await writer.close()
  }
} finally {
  await engine.stop()
}
