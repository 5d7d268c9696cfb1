import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { sleep } from '../../../daemon/base/clock.js'
import { program } from '../../../daemon/cli/program.js'
import { needsMosquitto } from '../../support/broker.js'
import { ownFolder } from '../../support/folder.js'
import { startMouse } from '../../support/mouse.js'
import { golden, renamed, spoilt } from '../../support/offered.js'
import { makeSite } from '../../support/repository.js'

t.setTimeout(150_000)

/** Runs one command line. */
async function fieldmouse(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { code: -1, out: '', err: '' }
  const shell = {
    out: (line: string) => {
      said.out += `${line}\n`
    },
    err: (line: string) => {
      said.err += `${line}\n`
    },
    signal: new AbortController().signal,
  }
  await program(shell, code => {
    said.code = code
  }).parseAsync(words, { from: 'user' })
  return said
}

t.test(
  'an owner follows updates on the shell, and the exit status says how it ended',
  needsMosquitto,
  async t => {
    const site = await makeSite(t)
    await site.release(1, { content: renamed('asked-on-the-shell'), golden, deltas: false })
    const data = await ownFolder(t, 'shell')
    const folder = join(site.folder, 'repository')
    const ota = { folder, root: site.root, watchMinutes: 30 }
    const mouse = await startMouse(t, { program: 'mosquitto', data, ota })
    const config = join(site.folder, 'fieldmouse.yaml')
    await writeFile(config, `ota:\n  folder: ${folder}\n  root: ${site.root}\n`)
    const port = new URL(mouse.daemon.brokerUrl).port
    const where = ['--config', config, '--data', data, '--broker', `embedded:${port}`]
    const ask = (...words: string[]) => fieldmouse('ota', ...words, ...where)

    const applied = await ask('apply', '--until', 'active', '--family', 'command')
    t.equal(applied.code, 0)
    t.match(
      applied.out,
      /runs {6}1\.1\.0 \(slot a, release 1, watched\)/,
      'it has taken over, and is watched',
    )
    t.match(applied.err, /trial/)
    t.match(applied.err, /active, watched for 30 minutes more/)
    const asked = await ask('check', '--family', 'command')
    t.match(asked, {
      code: 0,
      out: /watched {3}1\.1\.0, for (30|29) minutes more; then it is good, and the repository is looked into/,
    })

    const back = await ask('rollback', '--wait', '--family', 'command')
    t.equal(back.code, 0, 'who asks for the way back gets what was asked for')
    t.match(back.out, /\(factory\)/)
    const digits = /bad here {2}([0-9a-f]{12})/.exec(back.out)![1]!

    t.match(await ask('forgive', '0123456789ab'), { code: 1, out: /nothing that begins with 0123456789ab/ })
    const waiting = ask('forgive', digits, '--wait', '--family', 'command')
    const state = async () => (await ask('status', '--family', 'command')).out
    while (!/slot a, release 1, watched/.test(await state())) await sleep(200)
    t.match(await ask('rollback', '--family', 'command'), { code: 0 }, 'a watch ends the short way')
    t.match(
      await waiting,
      { code: 1, out: /\(factory\)/, err: /rolled-back/ },
      'and who waited for it is told',
    )
    await site.release(2, { content: spoilt(), golden, deltas: false })
    const worse = await ask('check', '--wait', '--family', 'command')
    t.match(worse, { code: 1, err: /rolled-back/ })

    await mouse.daemon.stop()
    const offline = await ask('status')
    t.match(offline, { code: 0, out: /repository {2}folder .*\n\ncommand\n/, err: /no daemon answers/ })
    t.notMatch(offline.out, /device|trust/, 'only models are shown')
    await t.rejects(ask('check'), { code: 'no_broker' })
  },
)

t.test('who waits, waits until the model is good', needsMosquitto, async t => {
  const site = await makeSite(t)
  await site.release(1, { content: renamed('waited-for-command'), golden, deltas: false })
  const folder = join(site.folder, 'repository')
  const ota = { folder, root: site.root, watchMinutes: 0.03 }
  const mouse = await startMouse(t, { program: 'mosquitto', ota })
  const { port } = new URL(mouse.daemon.brokerUrl)
  const applied = await fieldmouse(
    'ota',
    'apply',
    '--wait',
    '--family',
    'command',
    '--broker',
    `embedded:${port}`,
  )
  t.match(applied, {
    code: 0,
    out: /runs {6}1\.1\.0 \(slot a, release 1\)\n.*idle\n {2}because {3}command 1\.1\.0 is good/,
    err: /active, watched for less than a minute more/,
  })
})
