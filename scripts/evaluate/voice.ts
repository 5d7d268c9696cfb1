/**
 * Speaks the sentences of an evaluation set with several synthetic voices and takes them through the whole path: language
 * of the home, recogniser, rescoring, command path. Beside it: the same sentences as text, and general talk.
 *
 *   node dist/scripts/evaluate/voice.js [--gold rows.jsonl --homes homes.json] [--sample 100] [--seed 1]
 *     [--voices en-us:160,en-gb:150] [--noise 100] [--accent en-gb] [--readings 10] [--look 5] [--share 0.5] [--talk] [--json] [--out answers.jsonl]
 *
 * Synthetic speech, not people: figures compare languages and settings with one another.
 */
import { parseArgs } from 'node:util'
import { systemClock } from '../../daemon/base/clock.js'
import { jsonLinesWriter } from '../../daemon/base/json-lines.js'
import { seeded } from '../../daemon/base/random.js'
import { type Home, loadHomeFile } from '../../daemon/commands/home.js'
import type { Action } from '../../daemon/commands/parsed-command.js'
import { FactoryStage } from '../../daemon/commands/stages/factory.js'
import { MemoStage } from '../../daemon/commands/stages/memo.js'
import { understand } from '../../daemon/commands/understand.js'
import { loadConfig } from '../../daemon/config/load.js'
import { SupervisedEngine } from '../../daemon/inference/supervisor.js'
import { factoryModel } from '../../daemon/main.js'
import { durationMs } from '../../daemon/voice/audio/pcm.js'
import { PocketsphinxEngine } from '../../daemon/voice/engines/pocketsphinx.js'
import { BUILD, type BuildOptions, build, type HomeSpeech } from '../../daemon/voice/language/build.js'
import { readDictionary } from '../../daemon/voice/language/dictionary.js'
import { DICTIONARY } from '../../daemon/voice/language/in-worker.js'
import { espeakReader } from '../../daemon/voice/language/pronounce.js'
import { readSaid } from '../../daemon/voice/language/said.js'
import { spoken } from '../../daemon/voice/language/spoken.js'
import { rescore } from '../../daemon/voice/rescore.js'
import { type Row, readRows } from './rows.js'
import { right } from './same.js'
import { speak, VOICES } from './voice/speak.js'
import { TALK } from './voice/talk.js'

const { values } = parseArgs({
  options: {
    gold: { type: 'string', default: 'test/fixtures/commands/rows.jsonl' },
    homes: { type: 'string', default: 'test/fixtures/commands/homes.yaml' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    voices: { type: 'string' },
    build: { type: 'string', multiple: true, default: [] },
    readings: { type: 'string', default: '10' },
    look: { type: 'string', default: '5' },
    share: { type: 'string', default: '0.5' },
    accent: { type: 'string', multiple: true, default: [] },
    talk: { type: 'boolean', default: false },
    noise: { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
})
const pairs = (list: readonly string[]) => Object.fromEntries(list.map(s => s.split('=') as [string, string]))
const voices = values.voices
  ? values.voices.split(',').map(v => ({ name: v.split(':')[0]!, speed: Number(v.split(':')[1] ?? 160) }))
  : VOICES
const signal = new AbortController().signal
const { minConfidence } = loadConfig().config.commands
const homes = new Map((await loadHomeFile(values.homes)).map(h => [h.id, h]))
const random = seeded(Number(values.seed))
const all = values.talk ? [] : await readRows(values.gold)
const drawn = all.map(row => ({ row, at: random() })).sort((a, b) => a.at - b.at)
const rows: Row[] = drawn.slice(0, Number(values.sample ?? all.length)).map(d => d.row)
if (values.talk) {
  const ids = [...homes.keys()]
  for (const [i, utterance] of TALK.entries())
    rows.push({
      id: `talk-${i}`,
      source: 'talk-oos',
      utterance,
      home: ids[i % ids.length]!,
      context: {},
      expected: [],
      expected_none: true,
      tags: [],
    })
}
// one home after the other: a decoder keeps the languages it has seen
rows.sort((a, b) => (a.home < b.home ? -1 : a.home > b.home ? 1 : 0))

const slm = new SupervisedEngine({ model: { path: factoryModel() }, clock: systemClock, sequences: 1 })
const ears = new PocketsphinxEngine({ readings: Number(values.readings) })
const sources = {
  said: await readSaid(),
  dictionary: await readDictionary(DICTIONARY),
  read: espeakReader(problem => process.stderr.write(`espeak-ng: ${problem}\n`)),
  accents: values.accent.map(voice =>
    espeakReader(problem => process.stderr.write(`espeak-ng: ${problem}\n`), 'espeak-ng', voice),
  ),
}
const changes = Object.entries(pairs(values.build)).map(([k, v]) => [k, Number(v)])
const options: BuildOptions = { ...BUILD, ...Object.fromEntries(changes) }
const languages = new Map<string, HomeSpeech>()
async function languageOf(home: Home): Promise<HomeSpeech> {
  const known = languages.get(home.id)
  if (known) return known
  languages.clear()
  const speech = await build(home, sources, options)
  languages.set(home.id, speech)
  return speech
}

/** Sums of one way of hearing. */
const sums = () => ({ right: 0, acted: 0, wrong: 0 })
const figures = {
  rows: rows.length,
  voices: voices.map(v => `${v.name} at ${v.speed}`),
  utterances: 0,
  text: sums(),
  firstReading: sums(),
  rescored: sums(),
  words: 0,
  wordErrors: 0,
  dryRuns: 0,
  audioMs: 0,
  engineMs: 0,
  byVoice: {} as Record<string, { right: number; of: number; words: number; wordErrors: number }>,
}
const writer = values.out ? jsonLinesWriter(values.out) : undefined
await slm.start(signal)
await ears.start(signal)
try {
  const cascade = { stages: [new FactoryStage(slm)], memo: new MemoStage(0), minConfidence }
  for (const row of rows) {
    const home = homes.get(row.home)
    if (!home) throw new Error(`row ${row.id}: there is no home "${row.home}"`)
    const setting = { home, ...(row.context.area ? { area: row.context.area } : {}) }
    const known = new Map<string, { acts: boolean; meaning: string; confidence: number; actions: Action[] }>()
    const dryRun = async (text: string) => {
      const before = known.get(text)
      if (before) return before
      const u = await understand(text, setting, cascade, signal)
      const actions = 'actions' in u.parsed ? u.parsed.actions : []
      const result = {
        acts: actions.length > 0,
        meaning: JSON.stringify(actions),
        confidence: u.confidence,
        actions,
      }
      known.set(text, result)
      return result
    }
    const count = (sum: ReturnType<typeof sums>, actions: Action[]) => {
      const fits = right(row, actions, home)
      if (fits) sum.right++
      if (actions.length) sum.acted++
      if (actions.length && !fits) sum.wrong++
      return fits
    }
    count(figures.text, (await dryRun(row.utterance)).actions)
    const language = await languageOf(home)
    const said = spoken(row.utterance).split(' ')
    for (const voice of voices) {
      const samples = await speak(row.utterance, voice, Number(values.noise))
      const heard = await ears.hear(samples, language, signal)
      const [first] = heard.hypotheses
      const best = await rescore(
        heard,
        {
          understand: dryRun,
          names: language.names,
          spellings: language.spellings,
          phonesOf: word => language.sounds.get(word),
          most: Number(values.look),
          leastShare: Number(values.share),
        },
        signal,
      )
      const errors = wordErrors(said, (first?.text ?? '').split(' ').filter(Boolean))
      figures.utterances++
      figures.words += said.length
      figures.wordErrors += errors
      figures.audioMs += durationMs(samples)
      figures.engineMs += heard.ms
      figures.dryRuns += best?.tried ?? 0
      count(figures.firstReading, first ? (await dryRun(first.text)).actions : [])
      const actions = best?.acts ? (await dryRun(best.text)).actions : []
      const fits = count(figures.rescored, actions)
      const own = figures.byVoice[voice.name] ?? { right: 0, of: 0, words: 0, wordErrors: 0 }
      figures.byVoice[voice.name] = own
      own.right += fits ? 1 : 0
      own.of++
      own.words += said.length
      own.wordErrors += errors
      writer?.write({
        id: row.id,
        voice: voice.name,
        said: said.join(' '),
        heard: heard.hypotheses,
        text: best?.text ?? '',
        confidence: best?.confidence ?? 0,
        result: actions,
        right: fits,
        ms: heard.ms,
      })
    }
  }
} finally {
  await writer?.close()
  await ears.stop()
  await slm.stop()
}
process.stdout.write(values.json ? `${JSON.stringify(figures, null, 1)}\n` : report())

function report(): string {
  const percent = (n: number, of: number) => `${((100 * n) / Math.max(1, of)).toFixed(1)} %`
  const line = (what: string, s: ReturnType<typeof sums>, of: number) =>
    `${what.padEnd(24)} right ${percent(s.right, of).padStart(7)}   acted ${percent(s.acted, of).padStart(7)}   acted wrongly ${percent(s.wrong, of).padStart(7)}\n`
  return [
    `${figures.rows} sentences, ${voices.length} synthetic voices, ${figures.utterances} utterances\n`,
    line('as text', figures.text, figures.rows),
    line('first reading', figures.firstReading, figures.utterances),
    line('rescored', figures.rescored, figures.utterances),
    `word errors ${percent(figures.wordErrors, figures.words)}, dry runs an utterance ${(figures.dryRuns / Math.max(1, figures.utterances)).toFixed(2)}, real-time factor of the recogniser ${(figures.engineMs / Math.max(1, figures.audioMs)).toFixed(3)}\n`,
    ...Object.entries(figures.byVoice).map(
      ([name, v]) =>
        `  ${name.padEnd(22)} right ${percent(v.right, v.of).padStart(7)}   word errors ${percent(v.wordErrors, v.words)}\n`,
    ),
  ].join('')
}

/** Words put in, left out or changed. */
function wordErrors(said: readonly string[], heard: readonly string[]): number {
  let row = Array.from({ length: heard.length + 1 }, (_, j) => j)
  said.forEach((word, i) => {
    const next = [i + 1]
    heard.forEach((other, j) => {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (word === other ? 0 : 1)))
    })
    row = next
  })
  return row.at(-1)!
}
