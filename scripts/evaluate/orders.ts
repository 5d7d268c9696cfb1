/**
 * Orders to an appliance by people, clean and in noise, through the recogniser that ships: exactly right is intent and all
 * slots. Noise at a ratio: mean power of speech over mean power of noise in the whole file, cut at a seeded random place.
 *
 *   node dist/scripts/evaluate/orders.js --vocabulary F.json --labels F.jsonl [--noise F.flac --snr 24,18,12,6] [--seed 1]
 *
 * Rows of the labels: `{id, file, intent, slots}`, files relative to them.
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readJsonLines } from '../../daemon/base/json-lines.js'
import { seeded } from '../../daemon/base/random.js'
import { parse, z } from '../../daemon/base/schema.js'
import { ApplianceEar } from '../../daemon/voice/appliance/listen.js'
import { readVocabulary } from '../../daemon/voice/appliance/vocabulary.js'
import { decodeAudio } from '../../daemon/voice/audio/decode.js'
import { durationMs, type Samples } from '../../daemon/voice/audio/pcm.js'
import { PocketsphinxEngine } from '../../daemon/voice/engines/pocketsphinx.js'
import { mix } from './voice/noise.js'

const { values } = parseArgs({
  options: {
    vocabulary: { type: 'string' },
    labels: { type: 'string' },
    noise: { type: 'string' },
    snr: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    raw: { type: 'boolean', default: false },
  },
})
if (!values.vocabulary || !values.labels) throw new Error('give --vocabulary and --labels')
const Label = z.object({
  id: z.string(),
  file: z.string(),
  intent: z.string(),
  slots: z.record(z.string(), z.string()),
})

/** Processor time of a process: on a busy machine the clock on the wall tells of others. Linux counts in hundredths of a second. */
function cpuMs(pid: number | undefined): number {
  const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = rest!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const sound = async (path: string) =>
  (await decodeAudio(await readFile(path), path, { longestSeconds: 3_600 })).samples
const sameSlots = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>) =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())

const { signal } = new AbortController()
const engine = new PocketsphinxEngine({ denoise: !values.raw })
const vocabulary = readVocabulary(
  JSON.parse(await readFile(values.vocabulary, 'utf8')),
  `vocabulary ${values.vocabulary}`,
)
const ear = new ApplianceEar(engine, vocabulary)
const orders: { label: z.infer<typeof Label>; samples: Samples }[] = []
for await (const { line, value } of readJsonLines(values.labels)) {
  const label = parse(Label, value, `${values.labels}, line ${line}`)
  orders.push({ label, samples: await sound(resolve(dirname(values.labels), label.file)) })
}
const noise = values.noise ? await sound(values.noise) : undefined
const ratios = noise ? values.snr.split(',').filter(Boolean).map(Number) : []
await engine.start(signal)
try {
  for (const snr of [undefined, ...ratios]) {
    const random = seeded(Number(values.seed) * 1000 + (snr ?? 0))
    const told = { right: 0, rejected: 0, audioMs: 0 }
    const before = cpuMs(engine.pid)
    for (const { label, samples } of orders) {
      const heard = noise && snr !== undefined ? mix(samples, noise, snr, random) : samples
      const order = await ear.listen(heard, signal)
      if (order.intent === null) told.rejected++
      else if (order.intent === label.intent && sameSlots(order.slots, label.slots)) told.right++
      told.audioMs += durationMs(heard)
    }
    const share = ((100 * told.right) / orders.length).toFixed(1)
    process.stdout.write(
      `${(snr === undefined ? 'clean' : `${snr} dB`).padEnd(6)} exact ${share.padStart(5)} %, taken for no order ${told.rejected}, real-time factor of one core ${((cpuMs(engine.pid) - before) / told.audioMs).toFixed(3)}\n`,
    )
  }
} finally {
  await engine.stop()
}
