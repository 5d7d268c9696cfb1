/**
 * Says how a model does on a file of golden requests: the trial of an update, by hand.
 *
 *   node dist/scripts/evaluate/golden.js --family command --golden golden.jsonl [--model mine.gguf] [--adapter a.gguf]
 *       [--show] [--json]
 *
 * `--family classifier` takes golden lines and weights (`--model weights.bin`).
 * Without --golden the set that ships is used, without --model what ships. `--show` prints each request that was
 * not right, with what the model says. Exit code 1: not one was answered.
 */
import { parseArgs } from 'node:util'
import { systemClock } from '../../daemon/base/clock.js'
import { describe } from '../../daemon/base/errors.js'
import { packageFile } from '../../daemon/base/package-root.js'
import { loadGolden as loadCommands } from '../../daemon/commands/golden.js'
import { type FactoryFamily, factoryModelOf } from '../../daemon/factory.js'
import type { Engine } from '../../daemon/inference/engine.js'
import { SupervisedEngine } from '../../daemon/inference/supervisor.js'
import { type Golden, tryModel } from '../../daemon/inference/trial.js'
import { loadGolden as loadLines } from '../../daemon/triage/golden.js'
import { judgeWeights } from './golden-classifier.js'

/** Golden requests that can tell what was expected and what came. */
interface Shown {
  golden: Golden
  request(index: number): string
  right(index: number): string
  said(engine: Engine, index: number, signal: AbortSignal): Promise<string>
}

const FAMILIES: Record<string, (path: string) => Promise<Shown>> = {
  command: async path => {
    const golden = await loadCommands(path)
    const { sentences } = golden
    return {
      golden,
      request: i => sentences[i]!.normalised,
      right: i => sentences[i]!.answer,
      said: (engine, i, signal) => golden.read(engine, sentences[i]!.normalised, signal),
    }
  },
  line: async path => {
    const golden = await loadLines(path)
    const { rows } = golden
    const verdict = (v: { severity: string; category: string; component: string }) =>
      `${v.severity} ${v.category} ${v.component}`
    return {
      golden,
      request: i => `[${rows[i]!.source}] ${rows[i]!.line}`,
      right: i => verdict(rows[i]!),
      said: async (engine, i, signal) => verdict(await golden.read(engine, rows[i]!, signal)),
    }
  },
}

const { values } = parseArgs({
  options: {
    family: { type: 'string', default: 'command' },
    golden: { type: 'string' },
    model: { type: 'string' },
    adapter: { type: 'string' },
    show: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const saySummary = (right: number, size: number, answered: number, p95Ms: number, memoryMib?: number) => {
  say(`${right} of ${size} right, ${answered} answered`)
  say(
    `95 of 100 within ${p95Ms.toFixed(1)} ms${memoryMib ? `, ${Math.round(memoryMib)} MiB at the peak` : ''}`,
  )
}
const sayWrong = (request: string, right: string, said: string) =>
  say(`${request}\n  right: ${right}\n  said:  ${said}`)

/** A model that has a process of its own. */
async function ofModel(family: FactoryFamily, load: (path: string) => Promise<Shown>): Promise<void> {
  const engine = new SupervisedEngine({
    model: {
      path: values.model ?? factoryModelOf(family).files.model,
      ...(values.adapter ? { adapter: { path: values.adapter } } : {}),
    },
    clock: systemClock,
    sequences: 1,
    threads: 1,
  })
  const { signal } = new AbortController()
  try {
    const shown = await load(values.golden ?? packageFile('ota', 'factory', 'golden', `${family}.jsonl`))
    await engine.start(signal)
    const figures = await tryModel(engine, shown.golden, signal)
    const { name, version, adapter } = engine.info!
    const { size } = shown.golden
    if (values.json) say(JSON.stringify({ model: name, version, adapter, requests: size, ...figures }))
    else {
      const { accuracy, answered, p95Ms, memoryMib } = figures
      say(`${name} ${version}${adapter ? ` with ${adapter.name} ${adapter.version}` : ''}`)
      saySummary(Math.round(accuracy * size), size, answered, p95Ms, memoryMib)
    }
    if (values.show)
      for (let i = 0; i < size; i++) {
        const said = await shown.said(engine, i, signal).catch(describe)
        if (said !== shown.right(i)) sayWrong(shown.request(i), shown.right(i), said)
      }
  } finally {
    await engine.stop()
  }
}

async function ofWeights(): Promise<void> {
  const golden = values.golden ?? packageFile('ota', 'factory', 'golden', 'line.jsonl')
  const { wrong, ...figures } = await judgeWeights(golden, values.model)
  const { model, requests, answered, p95Ms } = figures
  if (values.json) say(JSON.stringify(figures))
  else {
    say(model)
    saySummary(requests - wrong.length, requests, answered, p95Ms)
  }
  if (values.show) for (const { request, right, said } of wrong) sayWrong(request, right, said)
}

const load = FAMILIES[values.family]
try {
  if (load) await ofModel(values.family as FactoryFamily, load)
  else if (values.family === 'classifier') await ofWeights()
  else
    throw new Error(
      `--family is one of ${[...Object.keys(FAMILIES), 'classifier'].join(', ')}, not ${JSON.stringify(values.family)}`,
    )
} catch (error) {
  process.stderr.write(`${describe(error)}\n`)
  process.exitCode = 1
}
