import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../daemon/base/clock.js'
import type { UpdateState } from '../../ota/format/state.js'
import { needsMosquitto } from '../support/broker.js'
import { ownFolder } from '../support/folder.js'
import { type Mouse, startMouse } from '../support/mouse.js'
import { command, golden, nextUpdates, renamed, UPDATES } from '../support/offered.js'
import { makeSite } from '../support/repository.js'

t.setTimeout(180_000)
/** As it is now, or will be. */
async function state(mouse: Mouse, passes: (m: UpdateState) => boolean): Promise<UpdateState> {
  const latest = mouse.heard.findLast(m => m.topic === UPDATES)
  const now = latest && command(JSON.parse(latest.payload))
  return now && passes(now) ? now : command(await nextUpdates(mouse, u => passes(command(u))))
}

t.test(
  'a daemon that is stopped in a trial, and while a model takes over, goes on',
  needsMosquitto,
  async t => {
    const content = renamed('after-many-a-stop')
    const site = await makeSite(t)
    await site.release(1, { content, golden, deltas: false })
    const data = await ownFolder(t, 'stops')
    const options = {
      program: 'mosquitto' as const,
      data,
      ota: { folder: join(site.folder, 'repository'), root: site.root, watchMinutes: 0.02 },
    }
    const memory = async () =>
      JSON.parse(await readFile(join(data, 'updates', 'command', 'state.json'), 'utf8'))
    let mouse = await startMouse(t, options)
    const stopIn = async (
      what: string,
      passes: (m: UpdateState) => boolean,
      more?: () => Promise<unknown>,
    ) => {
      const reached = state(mouse, passes)
      await more?.()
      await reached
      const began = systemClock.monotonic()
      await mouse.daemon.stop()
      t.ok(systemClock.monotonic() - began < 15_000, `${what}: it stopped`)
      t.match((await memory()).bad, [], `${what}: the model is not bad`)
      mouse = await startMouse(t, options)
      t.match(await mouse.command('turn on the kitchen light'), { ok: true }, `${what}: it answers`)
    }
    const check = () => mouse.command({ do: 'check', family: 'command' }, { kind: 'update' })
    for (let i = 0; i < 3; i++)
      await stopIn(`trial ${i}`, m => m.state === 'trial', i === 0 ? check : undefined)
    await stopIn('taking over', m => m.state === 'active')
    const end = await state(mouse, m => m.state === 'idle')
    t.match(end, { running: { release: 1, slot: 'a' }, reason: { code: 'activated' }, bad: [] })
    t.match(mouse.daemon.engine?.info?.name, /^after-many-a-stop/)
  },
)
