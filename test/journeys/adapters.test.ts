import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { UpdateState } from '../../ota/format/state.js'
import { add } from '../../ota/publisher/add.js'
import { adapterBytes, zero } from '../support/adapter.js'
import { needsMosquitto } from '../support/broker.js'
import { ownFolder } from '../support/folder.js'
import { type Mouse, startMouse } from '../support/mouse.js'
import { command, factory, golden, nextUpdates, renamed } from '../support/offered.js'
import { makeSite, type Site } from '../support/repository.js'

t.setTimeout(180_000)
const BASE = { family: 'command', release: factory.release, sha256: factory.sha256 }
const QUICK = { watchMinutes: 0.02, minBytesPerSecond: 1 }

/** An adapter that changes nothing: other files, the same answers. */
async function publishAdapter(site: Site, release: number, base: typeof BASE): Promise<void> {
  const at = (name: string) => join(site.folder, `${release}-${name}`)
  await writeFile(
    at('adapter.gguf'),
    adapterBytes([zero('blk.0.attn_q.weight', 256, 256, release + 1)], {
      'general.name': 'of this house',
      'general.version': `1.${release}.0`,
    }),
  )
  await writeFile(at('golden.jsonl'), golden)
  await add({
    repository: site.repository,
    files: { adapter: at('adapter.gguf'), golden: at('golden.jsonl') },
    promise: { family: 'command', version: `1.${release}.0`, release, needs: { base } },
  })
  await site.signAndPublish()
}

const state = (mouse: Mouse, passes: (m: UpdateState) => boolean) =>
  nextUpdates(mouse, u => passes(command(u))).then(command)
const ask = (mouse: Mouse, body: object) => mouse.command(body, { kind: 'update' })
const options = (site: Site) => ({
  program: 'mosquitto' as const,
  ota: { folder: join(site.folder, 'repository'), root: site.root, ...QUICK },
})

t.test(
  'an adapter takes over on the factory model, one for another base does not, and a whole model replaces it',
  needsMosquitto,
  async t => {
    const site = await makeSite(t)
    await publishAdapter(site, 1, BASE)
    const mouse = await startMouse(t, options(site))
    t.notOk(mouse.daemon.engine?.info?.adapter)
    const done = state(mouse, m => m.reason?.code === 'activated')
    await ask(mouse, { do: 'apply', family: 'command' })
    t.match(await done, { running: { version: '1.1.0', release: 1, slot: 'a' }, bad: [] })
    t.match(mouse.daemon.engine?.info, {
      name: 'fieldmouse-command',
      adapter: { name: 'of this house', version: '1.1.0' },
    })
    t.match(await mouse.command('turn on the kitchen light'), { ok: true })

    await publishAdapter(site, 2, { ...BASE, sha256: 'b'.repeat(64) })
    const refused = state(mouse, m => m.reason?.code === 'base_missing')
    await ask(mouse, { do: 'check', family: 'command' })
    t.match(await refused, { state: 'idle', running: { release: 1 }, bad: [] })

    await site.release(3, {
      content: renamed('a-whole-new-model'),
      golden,
      deltas: { from: [], fromFiles: [factory.files.model], effort: 'fast' },
    })
    const whole = state(mouse, m => m.running.release === 3 && m.state === 'idle')
    await ask(mouse, { do: 'apply', family: 'command' })
    t.match(await whole, { running: { slot: 'b' }, bad: [] })
    t.match(mouse.daemon.engine?.info?.name, /^a-whole-new-model/)
    t.notOk(mouse.daemon.engine?.info?.adapter)

    const back = state(mouse, m => m.running.release === 1 && m.state === 'idle')
    t.match(await ask(mouse, { do: 'rollback', family: 'command' }), { ok: true })
    await back
    t.match(mouse.daemon.engine?.info, { adapter: { version: '1.1.0' } }, 'the way back is the adapter')
    t.match(await mouse.command('turn off the kitchen light'), { ok: true })
  },
)

t.test(
  'after a restart the adapter answers; where its base is gone, the factory model does',
  needsMosquitto,
  async t => {
    const site = await makeSite(t)
    await publishAdapter(site, 1, BASE)
    const data = await ownFolder(t, 'kept')
    const first = await startMouse(t, { ...options(site), data })
    const done = state(first, m => m.reason?.code === 'activated')
    await ask(first, { do: 'apply', family: 'command' })
    await done
    await first.daemon.stop()
    const second = await startMouse(t, { ...options(site), data })
    t.match(second.daemon.engine?.info, { adapter: { version: '1.1.0' } })
    t.match(await second.command('turn on the kitchen light'), { ok: true })
    await second.daemon.stop()

    // the package was replaced by one with another factory model
    const path = join(data, 'updates', 'command', 'slots', 'a', 'record.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace(factory.sha256, 'c'.repeat(64)))
    const third = await startMouse(t, { ...options(site), data })
    t.notOk(third.daemon.engine?.info?.adapter)
    t.match(await third.command('turn on the kitchen light'), { ok: true, model: 'fieldmouse-command' })
    t.match(command(third.daemon.updates!.status()), { running: { slot: 'factory' }, bad: [] })
  },
)
