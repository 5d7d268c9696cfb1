/**
 * What people notice while a model is tried in the place of the one that answers, for there is no memory for both: a
 * command each half second from the trial to the end of the update; how many are answered, how late, how many refused.
 *
 *   node dist/scripts/bench/aside.js [--golden 1] [--every-ms 500]      the golden requests so many times; a command each so many ms
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sleep, systemClock } from '../../daemon/base/clock.js'
import { merged } from '../../daemon/cli/bench/merged-model.js'
import { factoryModelOf } from '../../daemon/factory.js'
import { serve } from '../../ota/publisher/serve.js'
import { freePort } from '../../test/support/broker.js'
import { makeSite } from '../../test/support/repository.js'
import { eventually, memoryOf, stageOf, startWhole, tightBoard } from '../../test/support/whole-daemon.js'

const { values } = parseArgs({
  options: { golden: { type: 'string', default: '1' }, 'every-ms': { type: 'string', default: '500' } },
})
/** One model fits, two do not. */
const MEMORY_MIB = 400
const EVERY_MS = Number(values['every-ms'])

const closing: (() => unknown)[] = []
const site = await makeSite({ teardown: end => void closing.push(end) })
const factory = factoryModelOf('command')
const golden = await readFile(factory.files.golden!, 'utf8')
await site.release(1, {
  content: await merged(factory.files.model, await readFile(factory.files.model), 0.01),
  golden: golden.repeat(Number(values.golden)),
  gates: { min_answered: 1, max_accuracy_loss_per_mille: 1000 },
  deltas: { fromFiles: [factory.files.model], effort: 'fast' },
})
const server = await serve({ folder: site.repository.folder })
closing.unshift(() => server.close())
const home = {
  data: join(site.folder, 'data'),
  port: await freePort(),
  config: join(site.folder, 'fieldmouse.yaml'),
}
await mkdir(home.data)
const board = await tightBoard(site.folder, MEMORY_MIB)
await writeFile(
  home.config,
  `board:\n  root: ${board}\ncommands:\n  memo_entries: 0\nota:\n  url: ${server.url}\n  root: ${site.root}\n  check_every_minutes: 10000\n  watch_minutes: 0.05\n`,
)

try {
  const daemon = await startWhole(home)
  closing.unshift(() => daemon.term())
  // one for each command that waits
  daemon.client.setMaxListeners(0)
  await daemon.ask({ text: 'turn on the kitchen light' })
  await daemon.ask({ do: 'apply', family: 'command' }, 'update')
  await eventually('trial', async () => (await stageOf(home)) === 'trial', 90_000)
  const began = systemClock.monotonic()
  // a trial that people left no time for is put off, and counts as an end here
  const isOver = async () => ['idle', 'failed'].includes((await memoryOf(home)).state.is)
  const pending: Promise<{ ms: number; code: string | undefined }>[] = []
  for (let n = 0; !(await isOver()); n++) {
    const from = systemClock.monotonic()
    const answer = daemon.ask({ text: `set the desk lamp to ${(n % 90) + 5} percent` }, 'command', 60_000)
    pending.push(answer.then(({ error }) => ({ ms: systemClock.monotonic() - from, code: error?.code })))
    await sleep(EVERY_MS)
  }
  const seconds = (systemClock.monotonic() - began) / 1000
  const all = await Promise.all(pending)
  const times = all
    .filter(a => a.code === undefined)
    .map(a => Math.round(a.ms))
    .sort((a, b) => a - b)
  const { state } = await memoryOf(home)
  const report = {
    end: 'reason' in state ? state.reason.says : state.is,
    seconds: Math.round(seconds),
    asked: all.length,
    answered: times.length,
    refused: all.filter(a => a.code !== undefined).map(a => a.code),
    laterThanASecond: times.filter(ms => ms > 1_000).length,
    longestMs: times.at(-1),
    medianMs: times[times.length >> 1],
  }
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
} finally {
  for (const end of closing) await end()
}
