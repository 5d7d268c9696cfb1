/**
 * What the guide tells people to type is typed here, page after page on one device: a whole daemon, a real broker, a pair of
 * serial ports. /etc/fieldmouse and /dev/serial/by-id are folders of the test; sudo, systemctl and the port of the broker
 * are stood in for. The page about installing is run by scripts/package/deb-test.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { appendFile, chmod, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { sleep } from '../../daemon/base/clock.js'
import { packageFile } from '../../daemon/base/package-root.js'
import { needsMosquitto, startMosquitto } from '../support/broker.js'
import { ownFolder } from '../support/folder.js'
import { blocksOf } from '../support/guide.js'
import { needsSocat, openPtyPair } from '../support/serial.js'

const BIN = fileURLToPath(new URL('../../daemon/cli/fieldmouse.js', import.meta.url))
const PAGES = ['first-command', 'own-device', 'serial-port', 'fleet'] as const
const LINE = 'P-204 seal pot level low 22 %, pump tripped'
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const missing = ['mosquitto_sub', 'espeak-ng', 'pocketsphinx_continuous'].filter(program => !has(program))
const skip = {
  ...(missing.length > 0 && !process.env.CI
    ? {
        skip: `${missing.join(', ')}: apt-get install mosquitto-clients espeak-ng pocketsphinx pocketsphinx-en-us`,
      }
    : {}),
  ...needsMosquitto,
  ...needsSocat,
}

/** What stands in for a system with the service on it. `systemctl restart` comes back when the daemon is ready. */
async function standIns(folder: string, port: number): Promise<Record<string, string>> {
  const etc = join(folder, 'etc')
  await mkdir(join(folder, 'bin'))
  await mkdir(etc)
  const scripts: Record<string, string> = {
    fieldmouse: `exec "${process.execPath}" "${BIN}" "$@"`,
    sudo: '[ "$1" = -u ] && shift 2\nexec "$@"',
    mosquitto_sub: `exec /usr/bin/mosquitto_sub -p ${port} "$@"`,
    mosquitto_pub: `exec /usr/bin/mosquitto_pub -p ${port} "$@"`,
    systemctl: `
[ "$*" = "restart fieldmouse" ] || exit 64
cd ${folder}
if [ -e pid ]; then kill "$(cat pid)"; while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.05; done; fi
rm -f log
fieldmouse run >log 2>&1 </dev/null &
echo $! >pid
until grep -qs DaemonStarted log; do kill -0 "$(cat pid)" || { cat log; exit 1; }; sleep 0.05; done`,
  }
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, 'bin', name), 0o755)
  }
  await writeFile(
    join(etc, 'fieldmouse.yaml'),
    `id: barn\nbroker:\n  kind: external\n  url: mqtt://127.0.0.1:${port}\n`,
  )
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('FIELDMOUSE_'))
  return {
    ...(Object.fromEntries(clean) as Record<string, string>),
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    FIELDMOUSE_CONFIG: join(etc, 'fieldmouse.yaml'),
    FIELDMOUSE_DATA: join(folder, 'data'),
    FIELDMOUSE_LOG_FORMAT: 'json',
  }
}

t.test('every command of the guide does what the guide says', { ...skip, timeout: 180_000 }, async t => {
  const folder = await ownFolder(t, 'guide')
  const broker = await startMosquitto(t)
  const pair = await openPtyPair(t)
  const byId = join(folder, 'by-id')
  await mkdir(byId)
  await symlink(pair.port, join(byId, 'usb-Arduino_LLC_Arduino_Uno_95530343834351A0B1C1-if00'))
  const here = (text: string) =>
    text.replaceAll('/etc/fieldmouse', join(folder, 'etc')).replaceAll('/dev/serial/by-id', byId)
  const env = await standIns(folder, broker.port)

  const running: ChildProcess[] = []
  t.teardown(() => Promise.all(running.map(endGroup)))
  let count = 0
  /** One line, in a process group of its own: what it leaves behind in the background ends with the test. */
  const run = async (command: string): Promise<{ code: number | null; out: string }> => {
    const path = join(folder, `out-${count++}`)
    // a file, not a pipe: what runs on in the background would keep a pipe open
    const file = await open(path, 'w')
    const child = spawn('bash', ['-c', here(command)], {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', file.fd, file.fd],
    })
    running.push(child)
    const code = await new Promise<number | null>(done => child.on('exit', done))
    await file.close()
    return { code, out: await readFile(path, 'utf8') }
  }

  t.equal((await run('systemctl restart fieldmouse')).code, 0, 'the service runs')
  const machine = setInterval(() => void pair.write(`${LINE}\n`).catch(() => {}), 500)
  t.teardown(() => clearInterval(machine))

  for (const page of PAGES) {
    const blocks = blocksOf(await readFile(packageFile('docs', 'guide', `${page}.md`), 'utf8'))
    t.ok(
      blocks.some(block => block.kind === 'bash'),
      `${page} has commands`,
    )
    for (const block of blocks) {
      if (block.kind === 'file') await writeFile(here(block.path), here(block.text))
      else if (block.kind === 'added') await appendFile(here(block.path), here(block.text))
      else if (block.kind === 'bash')
        for (const { command, says } of block.commands) {
          const { code, out } = await run(command)
          if (says === undefined) t.equal(code, 0, `${page}: ${command}`, { out })
          else t.ok(out.includes(says), `${page}: ${command} says ${says}`, { code, out })
        }
    }
  }
})

t.test('what the guide shows, and what of it is run', async t => {
  const blocks = blocksOf(
    [
      '```bash',
      'a --b   # → c d',
      'echo "# → no"',
      'e  # why',
      '```',
      '```yaml',
      '# /etc/x.yaml',
      'y: 1',
      '```',
      '```yaml',
      '# added to /etc/x.yaml',
      'z: 2',
      '```',
      '```yaml',
      'shown: only',
      '```',
    ].join('\n'),
  )
  t.strictSame(blocks, [
    {
      kind: 'bash',
      commands: [
        { command: 'a --b', says: 'c d' },
        { command: 'echo "# → no"', says: undefined },
        { command: 'e', says: undefined },
      ],
    },
    { kind: 'file', path: '/etc/x.yaml', text: 'y: 1\n' },
    { kind: 'added', path: '/etc/x.yaml', text: 'z: 2\n' },
  ])
})

/** Asks all of a process group to end, and waits until nothing of it is left: a daemon writes to the last. */
async function endGroup(child: ChildProcess): Promise<void> {
  const told = (signal: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-child.pid!, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      return false
    }
  }
  if (!told('SIGTERM')) return
  for (let n = 0; told(0); n++) {
    if (n === 200) told('SIGKILL')
    await sleep(50)
  }
}
