import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { serve } from '../../ota/publisher/serve.js'
import { freePort, needsMosquitto } from '../support/broker.js'
import { ownFolder } from '../support/folder.js'
import { golden, renamed } from '../support/offered.js'
import { makeSite, sha256 } from '../support/repository.js'
import {
  eventually,
  type Home,
  inferenceOf,
  memoryOf,
  pointedModel,
  processesOf,
  stageOf,
  startWhole,
  type WholeDaemon,
} from '../support/whole-daemon.js'

t.setTimeout(180_000)

/** The model that ships under another name, offered by a repository that a whole daemon looks into. */
async function story(t: Test): Promise<{ home: Home; wanted: string }> {
  const content = renamed('after-so-many-cuts')
  const site = await makeSite(t)
  await site.release(1, { content, golden, deltas: false })
  const server = await serve({ folder: site.repository.folder })
  t.teardown(() => server.close())
  const data = await ownFolder(t, 'cuts')
  const config = join(site.folder, 'fieldmouse.yaml')
  // slowly enough to be met while it loads
  await writeFile(
    config,
    `ota:\n  url: ${server.url}\n  root: ${site.root}\n  check_every_minutes: 10000\n  watch_minutes: 0.02\n  bytes_per_second: 3000000\n`,
  )
  return { home: { data, port: await freePort(), config }, wanted: sha256(content) }
}

/** Whatever happened: what the pointer names is what was signed, and it answers. */
async function answers(t: Test, daemon: WholeDaemon, home: Home, when: string): Promise<string> {
  const { found, signed } = await pointedModel(home)
  t.equal(found, signed, `${when}: a whole model`)
  const { ok, model } = await daemon.ask({ text: 'turn on the kitchen light' })
  t.ok(ok, `${when}: it answers`)
  return model ?? ''
}

t.test(
  'cut off in every part of an update, a daemon comes up, answers, and goes on',
  needsMosquitto,
  async t => {
    const { home, wanted } = await story(t)
    let daemon = await startWhole(home)
    t.teardown(() => daemon.cut())
    await daemon.ask({ do: 'check', family: 'command' }, 'update')
    for (const stage of ['downloading', 'trial', 'active']) {
      await eventually(stage, async () => (await stageOf(home)) === stage)
      await daemon.cut()
      await eventually('nothing of it is left', async () => (await processesOf(home)).size === 0)
      daemon = await startWhole(home)
      await answers(t, daemon, home, `cut off: ${stage}`)
    }
    await eventually('the end', async () => (await memoryOf(home)).state.is === 'idle')
    t.match(await memoryOf(home), { state: { why: { code: 'activated' } }, bad: [] })
    t.equal((await pointedModel(home)).found, wanted)
    t.match(await answers(t, daemon, home, 'at the end'), /^after-so-many-cuts/)
  },
)

t.test('told to stop, or without its inference process, it goes on as well', needsMosquitto, async t => {
  const { home, wanted } = await story(t)
  let daemon = await startWhole(home)
  t.teardown(() => daemon.cut())
  await daemon.ask({ do: 'check', family: 'command' }, 'update')
  const isInTrial = async () => (await stageOf(home)) === 'trial' && (await inferenceOf(home)).length > 1
  void daemon.ask({ do: 'check', family: 'command' }, 'update').catch(() => {})
  for (let i = 0; i < 2; i++) {
    await eventually('trial', isInTrial)
    const ms = await daemon.term()
    // the deadline of a service manager is 90 s; what hangs is killed after 8
    t.ok(ms < 15_000, `stopped within ${Math.round(ms)} ms`)
    t.match(await daemon.ended, { code: 0 })
    t.match(
      await memoryOf(home),
      { state: { is: 'trial', tries: 0 }, bad: [] },
      'and says nothing against the model',
    )
    daemon = await startWhole(home)
  }
  await eventually('trial', isInTrial)
  process.kill((await inferenceOf(home)).at(-1)!, 'SIGKILL')
  await answers(t, daemon, home, 'the process on trial was killed')
  await eventually('the end', async () => (await memoryOf(home)).state.is === 'idle')
  t.match(await memoryOf(home), { state: { why: { code: 'activated' } }, bad: [] })
  t.equal((await pointedModel(home)).found, wanted)
})
