/**
 * Fits the weights that turn what the decode loop knows of an answer into the probability that it is right, on generated
 * sentences from a seed that training does not use. Prints how well they do on sentences that were not fitted.
 *
 *   node dist/scripts/evaluate/calibrate.js --model model.gguf [--adapter adapter.gguf] --out calibration.json [--count 8000] [--seed 90210]
 *       [--features "one logit_p rejected"] [--split half|train|validation] [--exclude rows.jsonl]
 *
 * `scripts/train/export.py --calibration calibration.json` then writes them into the model.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { systemClock } from '../../daemon/base/clock.js'
import { FieldmouseError } from '../../daemon/base/errors.js'
import { readJsonLines } from '../../daemon/base/json-lines.js'
import { seeded } from '../../daemon/base/random.js'
import { type CompactCommand, compactGrammar, decode, promptFor } from '../../daemon/commands/compact.js'
import { ground } from '../../daemon/commands/ground.js'
import { normalise } from '../../daemon/commands/normalise.js'
import { factoryModelOf } from '../../daemon/factory.js'
import { confidenceOf, FEATURE_NAMES, type Features, featuresOf } from '../../daemon/inference/confidence.js'
import type { Engine } from '../../daemon/inference/engine.js'
import { SupervisedEngine } from '../../daemon/inference/supervisor.js'
import { type Pair, sentence } from '../train/generate/sentence.js'
import type { Split } from '../train/generate/split.js'
import { homeFor, NEAR } from './home-for.js'
import { fit, predict } from './logistic.js'
import { calibrationError, type Judged, reliability, riskCoverage } from './reliability.js'
import { right } from './same.js'

/** Every so many sentences are kept out of the fit, to judge it. */
const HELD_OUT_OF = 4
const THRESHOLDS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]

interface Answer {
  features: Features
  right: boolean
  acts: boolean
}

/** Asks for one generated sentence. @returns undefined when it cannot be judged */
async function judge(engine: Engine, pair: Pair): Promise<Answer | undefined> {
  const wanted = homeFor(pair.command)
  if (!wanted) return undefined
  let command: CompactCommand | undefined
  let features: Features
  try {
    const completion = await engine.complete({
      ...promptFor(pair.utterance),
      grammar: compactGrammar(pair.utterance),
      maxTokens: 160,
    })
    command = decode(completion.text)
    if (!command) return undefined
    features = featuresOf(completion, command.length === 0)
  } catch (error) {
    // too long to be answered: refused before there is a confidence
    if (error instanceof FieldmouseError && error.code === 'prompt_too_long') return undefined
    throw error
  }
  const got = ground(command, { home: wanted.home, area: NEAR })
  const actions = 'actions' in got ? got.actions : []
  const expected = 'actions' in wanted.parsed ? wanted.parsed.actions : []
  const gold = expected.length ? { expected, context: { area: NEAR } } : { expected_none: true }
  return { features, right: right(gold, actions, wanted.home), acts: actions.length > 0 }
}

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    adapter: { type: 'string' },
    out: { type: 'string' },
    count: { type: 'string', default: '8000' },
    seed: { type: 'string', default: '90210' },
    features: { type: 'string', default: 'one logit_p rejected' },
    split: { type: 'string', default: 'half' },
    exclude: { type: 'string', multiple: true, default: [] },
  },
})
const features = values.features.split(' ') as (keyof Features)[]
const unknown = features.find(name => !FEATURE_NAMES.includes(name))
if (unknown) throw new Error(`there is no feature "${unknown}": choose of ${FEATURE_NAMES.join(', ')}`)

// People say some things as training says them and some as it never does; how much of each nobody knows. Half and half
// is the choice made before any measurement.
const SPLITS: Record<string, readonly Split[]> = {
  half: ['train', 'validation'],
  train: ['train'],
  validation: ['validation'],
}
const splits = SPLITS[values.split]
if (!splits) throw new Error(`--split is ${Object.keys(SPLITS).join(', ')}, not ${values.split}`)
const excluded = new Set<string>()
for (const path of values.exclude)
  for await (const { value } of readJsonLines(path))
    excluded.add(normalise(String((value as { utterance?: unknown }).utterance ?? '')))
const random = seeded(Number(values.seed))
const engine = new SupervisedEngine({
  model: {
    path: values.model ?? factoryModelOf('command').files.model,
    ...(values.adapter ? { adapter: { path: values.adapter } } : {}),
  },
  clock: systemClock,
  sequences: 1,
  threads: 1,
})
await engine.start(new AbortController().signal)
const answers: Answer[] = []
try {
  while (answers.length < Number(values.count)) {
    const pair = sentence(random, splits[answers.length % splits.length]!)
    const answer = excluded.has(pair.utterance) ? undefined : await judge(engine, pair)
    if (answer) answers.push(answer)
  }
} finally {
  await engine.stop()
}

const samples = answers.map(a => ({ x: features.map(name => a.features[name]), right: a.right }))
const fitted = fit(samples.filter((_, i) => i % HELD_OUT_OF !== 0))
const rest = answers.flatMap((a, i) => (i % HELD_OUT_OF === 0 ? [{ ...a, x: samples[i]!.x }] : []))
const judged = (confidence: (a: (typeof rest)[number]) => number): Judged[] =>
  rest.map(a => ({ confidence: confidence(a), right: a.right }))
const calibrated = judged(a => predict(fitted, a.x))
const percent = (x: number) => `${(100 * x).toFixed(1)} %`
const error = (list: readonly Judged[]) => percent(calibrationError(reliability(list)))
const say = (line: string) => process.stdout.write(`${line}\n`)

say(`${answers.length} generated sentences, ${percent(rest.filter(a => a.right).length / rest.length)} right`)
say(`calibration error of the plain product   ${error(judged(a => confidenceOf(a.features)))}`)
say(`calibration error with these weights     ${error(calibrated)}   (sentences kept out of the fit)`)
say('\nthreshold   answered   of these wrong   (only sentences that would be acted on)')
for (const t of riskCoverage(
  calibrated.filter((_, i) => rest[i]!.acts),
  THRESHOLDS,
))
  say(
    `${t.threshold.toFixed(2).padStart(9)}   ${percent(t.coverage).padStart(8)}   ${percent(t.risk).padStart(14)}`,
  )
const weights = fit(samples)
say(`\n${features.map((name, i) => `${name} ${weights[i]!.toFixed(3)}`).join(', ')}`)
if (values.out)
  writeFileSync(
    values.out,
    `${JSON.stringify({ features, weights, count: answers.length, seed: Number(values.seed) }, null, 1)}\n`,
  )
