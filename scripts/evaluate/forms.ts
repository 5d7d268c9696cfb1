/**
 * How well and how fast a model writes the short form, without a home: pairs as generate.ts prints them, through the
 * engine that the daemon uses. For tables that compare models.
 *
 *   node dist/scripts/train/generate/generate.js --seed 5 --count 1000 --split validation > pairs.tsv
 *   node dist/scripts/evaluate/forms.js --model F --in pairs.tsv          (prints one line of JSON)
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { systemClock } from '../../daemon/base/clock.js'
import { compactGrammar, promptFor } from '../../daemon/commands/compact.js'
import { SupervisedEngine } from '../../daemon/inference/supervisor.js'

/** Figures of one model over some pairs. */
export interface FormFigures {
  sentences: number
  /** Share whose whole short form is right, 0 to 1. */
  exact: number
  /** Share of commands taken for no command, and of talk taken for a command. 0 to 1. */
  refusedCommands: number
  acceptedTalk: number
  /** Tokens read and written, forced ones and kept prefixes left out, a second of inference. */
  tokensPerSecond: number
  /** Median time of a sentence in the child, milliseconds. */
  p50Ms: number
  bytes: number
  parameters: number
}

/** Median of numbers; NaN for none. */
const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

/**
 * Runs pairs through a model.
 * @param pairs lines of an utterance, a tab, its short form
 * @throws the engine's errors
 */
export async function measureForms(path: string, pairs: readonly string[]): Promise<FormFigures> {
  const engine = new SupervisedEngine({ model: { path }, clock: systemClock, threads: 1, sequences: 1 })
  await engine.start(new AbortController().signal)
  try {
    let right = 0
    let [commands, refused, talk, accepted] = [0, 0, 0, 0]
    let tokens = 0
    const times: number[] = []
    for (const line of pairs) {
      const [utterance = '', form = ''] = line.split('\t')
      const { text, figures } = await engine.complete({
        ...promptFor(utterance),
        grammar: compactGrammar(utterance, { dialogue: true }),
        maxTokens: 160,
      })
      if (text === form) right++
      if (form === '<none>') {
        talk++
        if (text !== form) accepted++
      } else {
        commands++
        if (text === '<none>') refused++
      }
      tokens += figures.promptTokens - figures.cachedTokens + figures.outputTokens - figures.forcedTokens
      times.push(figures.inferMs)
    }
    const seconds = times.reduce((a, b) => a + b, 0) / 1000
    const share = (n: number, of: number) => (of ? Math.round((n / of) * 1e4) / 1e4 : 0)
    return {
      sentences: pairs.length,
      exact: share(right, pairs.length),
      refusedCommands: share(refused, commands),
      acceptedTalk: share(accepted, talk),
      tokensPerSecond: Math.round(tokens / seconds),
      p50Ms: Math.round(median(times) * 100) / 100,
      bytes: engine.info?.sizeBytes ?? 0,
      parameters: engine.info?.parameters ?? 0,
    }
  } finally {
    await engine.stop()
  }
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({ options: { model: { type: 'string' }, in: { type: 'string' } } })
  if (!values.model || !values.in) throw new Error('give --model F and --in pairs.tsv')
  const pairs = readFileSync(values.in, 'utf8').split('\n').filter(Boolean)
  process.stdout.write(`${JSON.stringify(await measureForms(values.model, pairs))}\n`)
}
