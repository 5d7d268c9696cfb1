import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { sleep } from '../../../daemon/base/clock.js'
import { program } from '../../../daemon/cli/program.js'
import { factoryModelOf } from '../../../daemon/factory.js'
import { needsMosquitto } from '../../support/broker.js'
import { startMouse } from '../../support/mouse.js'
import { makeSite } from '../../support/repository.js'

t.setTimeout(150_000)
const factory = factoryModelOf('command')
const golden = readFileSync(factory.files.golden!, 'utf8').split('\n').slice(0, 12).join('\n')

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
    const content = readFileSync(factory.files.model)
    content.write('asked-on-the-shell', content.indexOf('fieldmouse-command'))
    const site = await makeSite(t)
    await site.release(1, { content, golden, deltas: false })
    const data = await mkdtemp(join(tmpdir(), 'fieldmouse-shell-'))
    t.teardown(() => rm(data, { recursive: true, force: true }))
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
    await site.release(2, { content: factoryNoise(), golden, deltas: false })
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
  const content = readFileSync(factory.files.model)
  content.write('waited-for-command', content.indexOf('fieldmouse-command'))
  const site = await makeSite(t)
  await site.release(1, { content, golden, deltas: false })
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

/** The model that ships with a tenth of it made noise. */
function factoryNoise(): Buffer {
  const bytes = readFileSync(factory.files.model)
  for (let i = Math.floor(bytes.length * 0.6); i < bytes.length * 0.7; i += 34)
    for (let j = 2; j < 34 && i + j < bytes.length; j++) bytes[i + j] = (i * 31 + j * 17) & 0xff
  return bytes
}
