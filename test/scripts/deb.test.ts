import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { packageFile } from '../../daemon/base/package-root.js'
import { loadConfig } from '../../daemon/config/load.js'
import { makeDeb } from '../../scripts/package/deb.js'
import { libraryNeeds } from '../../scripts/package/deb-needs.js'
import { foreignFiles } from '../../scripts/package/native.js'
import type { Manifest } from '../../scripts/package/package.js'
import { ownFolder } from '../support/folder.js'

const part = (...path: string[]) => packageFile('scripts', 'package', ...path)
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const needsDpkg =
  has('dpkg-deb') || process.env.CI ? {} : { skip: 'dpkg-deb is missing: apt-get install dpkg' }
const needsSystemd = has('systemd-analyze')
  ? {}
  : { skip: 'systemd-analyze is missing: apt-get install systemd' }

/** The beginning of an ELF file for a processor. */
const elf = (machine: number) => {
  const head = Buffer.alloc(20)
  head.write('\u007fELF', 'latin1')
  head.writeUInt16LE(machine, 18)
  return head
}

t.test('code for another processor is found', async t => {
  const folder = await ownFolder(t, 'native')
  mkdirSync(join(folder, 'bins'))
  writeFileSync(join(folder, 'a.node'), elf(183))
  writeFileSync(join(folder, 'bins', 'b.so'), elf(40))
  writeFileSync(join(folder, 'c.json'), '{"no": "ELF file, and longer than its head"}')
  writeFileSync(join(folder, 'd'), '')
  t.strictSame(foreignFiles(folder, 'arm64'), ['bins/b.so'])
  t.strictSame(foreignFiles(folder, 'arm'), ['a.node'])
  t.strictSame(foreignFiles(folder, 'x64'), ['a.node', 'bins/b.so'])
})

/** What a linker writes: names of libraries and versions, each between zeros. */
const library = (...words: string[]) => Buffer.from(`\u007fELF\0${words.join('\0')}\0`, 'latin1')

t.test('what libraries need of the system is read from them', async t => {
  const folder = await ownFolder(t, 'needs')
  mkdirSync(join(folder, 'musl_x64'))
  writeFileSync(join(folder, 'a.node'), library('libc.so.6', 'GLIBC_2.4', 'GLIBC_2.34', 'GLIBC_2.9'))
  writeFileSync(
    join(folder, 'libb.so.0'),
    library('libstdc++.so.6', 'GLIBCXX_3.4.9', 'GLIBCXX_3.4.30', 'GLIBC_2.17'),
  )
  writeFileSync(join(folder, 'musl_x64', 'c.node'), library('libgomp.so.1', 'GLIBC_2.99'))
  writeFileSync(join(folder, 'd.js'), library('libatomic.so.1'))
  t.strictSame(libraryNeeds(folder), ['libc6 (>= 2.34)', 'libstdc++6 (>= 12)'])
  writeFileSync(join(folder, 'e.so'), library('GLIBCXX_3.4.999'))
  t.throws(() => libraryNeeds(folder), /GLIBCXX_3\.4\.999/)
})

t.test('of many versions the latest counts', async t => {
  const folder = await ownFolder(t, 'needs')
  const property = fc.property(fc.array(fc.nat(60), { minLength: 1, maxLength: 8 }), minors => {
    writeFileSync(join(folder, 'a.so'), library('libc.so.6', ...minors.map(minor => `GLIBC_2.${minor}`)))
    return libraryNeeds(folder)[0] === `libc6 (>= 2.${Math.max(...minors)})`
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 50 }))
})

t.test('a package for apt from a folder', needsDpkg, async t => {
  const work = await ownFolder(t, 'deb')
  const folder = join(work, 'fieldmouse-1.2.3-linux-arm64')
  mkdirSync(join(folder, 'bin'), { recursive: true })
  writeFileSync(join(folder, 'a.so'), library('libc.so.6', 'GLIBC_2.34'))
  writeFileSync(join(folder, 'bin', 'fieldmouse'), '#!/bin/sh\n', { mode: 0o755 })
  // whatever the umask was
  chmodSync(join(folder, 'a.so'), 0o600)
  const manifest: Manifest = {
    name: 'fieldmouse',
    version: '1.2.3',
    target: 'linux-arm64',
    node: '>=20.17',
    bytes: { total: 0, daemon: 0, model: 0, engine: 0, dependencies: 0 },
  }
  const deb = makeDeb({ folder, manifest })
  t.equal(deb, join(work, 'fieldmouse_1.2.3_arm64.deb'))
  const ask = (...words: string[]) => spawnSync('dpkg-deb', words, { encoding: 'utf8' }).stdout
  t.match(ask('-f', deb, 'Depends'), 'adduser, nodejs (>= 20.17), libc6 (>= 2.34)')
  const files = ask('-c', deb)
  t.match(files, /^-rw-r--r-- root\/root .* \.\/opt\/fieldmouse\/a\.so$/m)
  t.match(files, /^-rwxr-xr-x root\/root .* \.\/opt\/fieldmouse\/bin\/fieldmouse$/m)
  t.match(files, /\.\/usr\/bin\/fieldmouse -> \/opt\/fieldmouse\/bin\/fieldmouse$/m)
  t.match(files, /\.\/usr\/lib\/systemd\/system\/fieldmouse\.service$/m)
  t.ok(existsSync(folder), 'the folder stays')

  const out = join(work, 'out')
  spawnSync('dpkg-deb', ['-x', deb, out])
  spawnSync('dpkg-deb', ['-e', deb, join(work, 'control')])
  const check = spawnSync('md5sum', ['--check', '--strict', join(work, 'control', 'md5sums')], {
    cwd: out,
    encoding: 'utf8',
  })
  t.equal(check.status, 0, 'sums are those of the files')
  t.match(check.stdout, 'opt/fieldmouse/bin/fieldmouse: OK')
})

t.test('scripts of the package are plain shell', async t => {
  for (const name of ['postinst', 'prerm', 'postrm', 'starter'])
    t.equal(spawnSync('sh', ['-n', part('deb', name)]).status, 0, name)
  t.equal(spawnSync('bash', ['-n', part('throw-away-root')]).status, 0)
})

t.test('the configuration that the package brings is one', async t => {
  const { config } = loadConfig({ flags: { config: part('deb', 'fieldmouse.yaml') }, env: {} })
  t.match(config, { id: 'fieldmouse', broker: { kind: 'embedded', port: 1883 } })
  const script = readFileSync(part('deb', 'postinst'), 'utf8')
  // what the script looks for stands there, each once
  const text = readFileSync(part('deb', 'fieldmouse.yaml'), 'utf8')
  for (const line of ['id: fieldmouse', '  kind: embedded', '  port: 1883']) {
    t.equal(text.split('\n').filter(l => l === line).length, 1, line)
    t.ok(script.includes(`^${line}$`), `${line} is replaced`)
  }
})

t.test('the program takes the configuration of the service, unless told another', async t => {
  const folder = await ownFolder(t, 'starter')
  mkdirSync(join(folder, 'bin'))
  const etc = join(folder, 'fieldmouse.yaml')
  writeFileSync(etc, '')
  const starter = readFileSync(part('deb', 'starter'), 'utf8')
    .replaceAll('/etc/fieldmouse/fieldmouse.yaml', etc)
    .replaceAll('/var/lib/fieldmouse', folder)
  writeFileSync(join(folder, 'bin', 'fieldmouse'), starter, { mode: 0o755 })
  // stands for Node: says what it was started with
  writeFileSync(join(folder, 'node'), '#!/bin/sh\necho "$FIELDMOUSE_CONFIG|$FIELDMOUSE_DATA|$*"\n', {
    mode: 0o755,
  })
  const start = (env: Record<string, string>) =>
    spawnSync(join(folder, 'bin', 'fieldmouse'), ['say', 'a b'], {
      env: { PATH: process.env.PATH, NODE: join(folder, 'node'), ...env },
      encoding: 'utf8',
    }).stdout.trim()
  const cli = `--max-semi-space-size=2 ${folder}/bin/../dist/daemon/cli/fieldmouse.js say a b`
  t.equal(start({}), `${etc}|${folder}|${cli}`)
  t.equal(start({ FIELDMOUSE_CONFIG: '', FIELDMOUSE_DATA: '/elsewhere' }), `|/elsewhere|${cli}`)
})

t.test('the unit is one that systemd takes, and leaves little open', needsSystemd, async t => {
  const folder = await ownFolder(t, 'unit')
  const unit = join(folder, 'fieldmouse.service')
  const program = '/bin/true'
  writeFileSync(
    unit,
    readFileSync(part('fieldmouse.service'), 'utf8').replace('/opt/fieldmouse/bin/fieldmouse', program),
  )
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' })
  // known from systemd 254 on; before, a word about it and nothing else
  const others = stderr
    .split('\n')
    .filter(
      line => line.includes('fieldmouse.service') && !/Unknown key.*'Restart(Steps|MaxDelaySec)'/.test(line),
    )
  t.strictSame(others, [])
  const security = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=30', unit], {
    encoding: 'utf8',
  })
  t.equal(security.status, 0, 'exposure is at most 3.0 of 10', { out: security.stdout.slice(-200) })
})

t.test('the service does not close what the daemon needs', async t => {
  const unit = readFileSync(part('fieldmouse.service'), 'utf8').replaceAll(/^#.*$/gm, '')
  for (const key of [
    'MemoryDenyWriteExecute',
    'PrivateDevices',
    'DevicePolicy',
    'DeviceAllow',
    'ProtectClock',
    'ProcSubset',
  ])
    t.notMatch(unit, new RegExp(`^${key}=`, 'm'), key)
})
