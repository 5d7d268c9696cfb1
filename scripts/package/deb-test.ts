/**
 * The package for apt, for real: built, installed, killed, upgraded, removed and purged on a throw-away copy of this system
 * with a systemd of its own, by the commands of docs/guide/install.md. Needs root, and what throw-away-root needs.
 *
 *   scripts/package/deb-test [--deb FILE]     a package that was made before
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { packageFile, packageRoot } from '../../daemon/base/package-root.js'
import { blocksOf } from '../../test/support/guide.js'
import { ownTarget, targetOf } from './targets.js'

/** Exit status of throw-away-root where it can not work. */
const NOT_HERE = 3

/** A line of the script below: title, what the output must have, command. */
type Check = [title: string, says: string, command: string]

const pid = 'systemctl show -p MainPID --value fieldmouse'
/** Beside what the page says. All of it on the running service. */
const INSTALLED: Check[] = [
  ['the id is the name of the machine', '"barn-7"', 'grep ^id: /etc/fieldmouse/fieldmouse.yaml'],
  [
    'the broker is the mosquitto of the machine',
    'mqtt://127.0.0.1:1883',
    'grep url: /etc/fieldmouse/fieldmouse.yaml',
  ],
  ['it may open serial ports and sound', 'dialout audio video', `id -nG fieldmouse`],
  ['it has no capabilities', 'CapEff:\t0000000000000000', `cat /proc/$(${pid})/status`],
  ['its system calls are filtered', 'Seccomp:\t2', `cat /proc/$(${pid})/status`],
  ['a model on trial may be raised to it', 'Max nice priority         0', `cat /proc/$(${pid})/limits`],
  ['it writes its state only', 'Read-only', `nsenter -m -t $(${pid}) touch /etc/x 2>&1`],
  [
    'speech is heard under all that',
    'Turned on Kitchen light.',
    'espeak-ng -w o.wav "turn on the kitchen light"; fieldmouse say --file o.wav',
  ],
  [
    'a child that is killed is replaced without the service',
    'same, NRestarts=0',
    `p=$(${pid}); kill -9 $(pgrep -P $p -f inference/child.js); sleep 1; until fieldmouse say "turn off the kitchen light"; do sleep 0.5; done; [ $p = $(${pid}) ] && echo same, $(systemctl show -p NRestarts fieldmouse)`,
  ],
  [
    'a line of a serial port becomes an incident',
    'seal pot level low',
    `printf '#!/bin/sh\\nwhile sleep 0.5; do echo P-204 seal pot level low 22 %%, pump tripped; done' >feeder; chmod 755 feeder; socat pty,raw,echo=0,link=/dev/ttyTEST,group=dialout,mode=660 exec:/opt/try/feeder >/dev/null 2>&1 & printf 'sources:\\n  serial: [{path: /dev/ttyTEST, name: pump}]\\n' >>/etc/fieldmouse/fieldmouse.yaml; systemctl restart fieldmouse; mosquitto_sub -t 'fieldmouse/barn-7/incident/#' -C 1 -W 40`,
  ],
  [
    'a daemon that is killed is started again',
    'NRestarts=1',
    `kill -9 $(${pid}); sleep 6; until systemctl is-active --quiet fieldmouse; do sleep 0.2; done; systemctl show -p NRestarts fieldmouse`,
  ],
  ['and answers', 'Turned off Kitchen light.', 'fieldmouse say "turn off the kitchen light"'],
  [
    'it stops in order and says so',
    '"state":"offline"',
    `systemctl stop fieldmouse; systemctl show -p Result --value fieldmouse | grep -qx success && ! pgrep -u fieldmouse && mosquitto_sub -t fieldmouse/barn-7/status -C 1 -W 3`,
  ],
  [
    'it runs as root for nobody',
    'fieldmouse',
    'systemctl start fieldmouse; sleep 1; ps -o user= -p $(systemctl show -p MainPID --value fieldmouse)',
  ],
  [
    'an upgrade leaves the configuration alone',
    'mine active',
    `echo '# mine' >>/etc/fieldmouse/fieldmouse.yaml; dpkg -i ./fieldmouse_*.deb; grep -o mine /etc/fieldmouse/fieldmouse.yaml | tr '\\n' ' '; systemctl is-active fieldmouse`,
  ],
  [
    'and what the owner disabled stays so',
    'disabled',
    'systemctl disable fieldmouse; dpkg -i ./fieldmouse_*.deb; systemctl is-enabled fieldmouse',
  ],
]
const REMOVED: Check[] = [
  [
    'the program is gone, state and configuration are not',
    'kept',
    '[ ! -e /opt/fieldmouse ] && [ ! -e /usr/bin/fieldmouse ] && [ -d /var/lib/fieldmouse/board ] && grep -q mine /etc/fieldmouse/fieldmouse.yaml && echo kept',
  ],
  ['the service is gone', 'inactive', 'systemctl is-active fieldmouse'],
]
const PURGED: Check[] = [
  [
    'nothing is left',
    'nothing',
    '[ -z "$(find /etc /opt /usr /var -xdev -path /opt/try -prune -o -iname "*fieldmouse*" ! -path "/var/cache/*" ! -path "/var/log/*" -print)" ] && echo nothing',
  ],
]

const { values } = parseArgs({ options: { deb: { type: 'string' } } })
const own = ownTarget()
if (!own) throw new Error('there is no package for this machine')
const { debian } = targetOf(own)
const work = mkdtempSync(join(tmpdir(), 'fieldmouse-deb-'))
try {
  const commands = blocksOf(readFileSync(packageFile('docs', 'guide', 'install.md'), 'utf8'))
    .flatMap(block => (block.kind === 'bash' ? block.commands : []))
    .map(({ command, says }) => ({ command: hereOf(command), says: says && hereOf(says) }))
  const make = commands.findIndex(({ command }) => command.startsWith('npm run package'))
  // the first is for the machine with the checkout
  const says = commands[make]!.says!.replace('build/', '')
  const deb = values.deb ? resolve(values.deb) : join(work, says)
  if (!values.deb)
    execFileSync('bash', ['-c', `${commands[make]!.command} --out ${work}`], {
      cwd: packageRoot(),
      stdio: ['ignore', 'ignore', 'inherit'],
    })

  const script = join(work, 'script')
  writeFileSync(script, scriptOf(commands.filter((_, i) => i !== make)))
  const { status } = spawnSync(
    'bash',
    [packageFile('scripts', 'package', 'throw-away-root'), script, join(work, 'output'), deb],
    { stdio: 'inherit' },
  )
  if (status === NOT_HERE) console.log('0 passed, 0 failed: this machine can not run it')
  else report(readFileSync(join(work, 'output'), 'utf8'))
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** The page is for a Pi; this is another machine. */
function hereOf(text: string): string {
  return text.replaceAll('linux-arm64', own!).replaceAll('_arm64.deb', `_${debian}.deb`)
}

function scriptOf(commands: { command: string; says: string | undefined }[]): string {
  const lines: string[] = []
  const add = ([title, says, command]: Check) =>
    lines.push(`check ${quoted(title)} ${quoted(says)} ${quoted(command)}`)
  for (const { command, says } of commands) {
    if (command.includes('apt remove')) INSTALLED.forEach(add)
    add([command, says ?? '', command])
    if (command.includes('apt remove')) REMOVED.forEach(add)
    if (command.includes('apt purge')) PURGED.forEach(add)
  }
  return `cd /opt/try
# not every machine has sudo, and root needs no leave
cat >/usr/local/bin/sudo <<'END'
#!/bin/sh
if [ "$1" = -u ]; then user=$2; shift 2; exec setpriv --reuid "$user" --regid "$user" --init-groups "$@"; fi
exec "$@"
END
chmod 755 /usr/local/bin/sudo
# a Node that did not come by apt
if ! dpkg-query -W -f '\${Status}' nodejs 2>/dev/null | grep -q 'ok installed'; then
  mkdir -p node/DEBIAN
  printf 'Package: nodejs\\nVersion: %s\\nArchitecture: all\\nMaintainer: none\\nDescription: stands for the one that is here\\n' "$(node -p process.versions.node)" >node/DEBIAN/control
  dpkg-deb --build node nodejs.deb && dpkg -i nodejs.deb && rm -r node nodejs.deb
fi
# until it says so, for half a minute: a service takes a moment; without words to wait for, once
check() {
  for try in $(seq 15); do
    out=$(bash -c "$3" 2>&1 </dev/null); code=$?
    if [ -z "$2" ]; then [ $code -eq 0 ] && break; else case "$out" in *"$2"*) break ;; esac; fi
    [ -n "$2" ] && [ $try -lt 15 ] && sleep 2 && continue
    echo "not ok - $1"; echo "$out" | sed 's/^/    /'
    return
  done
  echo "ok - $1"
}
${lines.join('\n')}
echo done
`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function report(output: string): void {
  process.stdout.write(output)
  const count = (pattern: RegExp) => output.match(pattern)?.length ?? 0
  const passed = count(/^ok - /gm)
  const failed = count(/^not ok - /gm) + (/^done$/m.test(output) ? 0 : 1)
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}
