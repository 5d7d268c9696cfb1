import { join } from 'node:path'
import t from 'tap'
import type { DeviceUpdates } from '../../ota/format/state.js'
import { serve } from '../../ota/publisher/serve.js'
import { needsMosquitto, startMosquitto } from '../support/broker.js'
import { startDesk } from '../support/fleet.js'
import { startMouse } from '../support/mouse.js'
import { golden, renamed, spoilt } from '../support/offered.js'
import { makeSite } from '../support/repository.js'

t.test(
  'a rollout brings a new model to real daemons, and a worse one no further than one of them',
  needsMosquitto,
  async t => {
    const site = await makeSite(t)
    const broker = await startMosquitto(t)
    const desk = await startDesk(t, broker.url)
    const repository = join(site.folder, 'repository')
    const server = await serve({ folder: repository })
    t.teardown(() => server.close())
    const ota = { url: server.url, root: site.root, watchMinutes: 0.02, minBytesPerSecond: 1 }
    const start = (id: string) => startMouse(t, { broker: broker.url, env: { FIELDMOUSE_ID: id }, ota })
    const first = await start('barn-1')
    const second = await start('barn-2')
    const third = await start('barn-3')
    const mice = [first, second, third]
    await site.release(1, { content: renamed('rolled-out'), golden })

    const rollout = (name: string, version: string) =>
      desk.file({
        name,
        model: { family: 'command', version },
        who: { devices: ['barn-*'] },
        canary: 1,
        waves: [1],
        gate: { confirmed_percent: 100 },
        timeout_minutes: 5,
        reports: 'required',
      })
    const good = await rollout('better', '1.1.0')
    const done = await desk.ask('start', good, '--repository', repository)
    t.equal(done.code, 0, `${done.err}\n${done.out}`)
    for (const mouse of mice)
      t.match(await mouse.command('turn on the kitchen light'), { ok: true, model: /^rolled-out/ })
    const listed = await desk.ask('devices')
    t.match(listed.out, /barn-1 +online .*command 1\.1\.0, .*good/)
    t.match(listed.out, /3 devices;.*command 1\.1\.0: 3/)

    await site.release(2, { content: spoilt(), golden })
    // it is published, and everybody looks: who follows a rollout takes nothing by himself
    const looked = mice.map((mouse, i) =>
      mouse.next(`fieldmouse/barn-${i + 1}/update/state`, text => {
        const { models } = JSON.parse(text) as DeviceUpdates
        return models.some(
          m => m.family === 'command' && m.state === 'idle' && m.reason?.code === 'up_to_date',
        )
      }),
    )
    for (const [i] of mice.entries())
      await first.client.publishAsync(`fieldmouse/barn-${i + 1}/request/update`, 'check', { qos: 1 })
    await Promise.all(looked)

    const worse = await rollout('worse', '1.2.0')
    const stopped = await desk.ask('start', worse, '--repository', repository)
    t.equal(stopped.code, 1, stopped.err)
    t.match(stopped.out, /stopped: wave 1 came to an end with 0 of 1/)
    const status = await desk.ask('status', 'worse')
    t.match(status.out, /rolled back +1 +.*trial_/)
    for (const mouse of mice)
      t.match(await mouse.command('turn off the kitchen light'), { ok: true, model: /^rolled-out/ })

    // back to what they came with
    const back = await desk.ask('go-back', 'better')
    t.equal(back.code, 0, back.err)
    for (const mouse of mice)
      t.match(await mouse.command('turn on the kitchen light'), { ok: true, model: 'fieldmouse-command' })
  },
)
