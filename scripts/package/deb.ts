/**
 * Makes a package for apt of the folder that package.ts made: /opt/fieldmouse, /usr/bin/fieldmouse, the service unit, and
 * scripts that make the user and, once, a configuration. By `dpkg-deb` alone, so every Debian-like machine can, for every
 * platform.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { packageRoot } from '../../daemon/base/package-root.js'
import { libraryNeeds } from './deb-needs.js'
import type { Manifest } from './package.js'
import { targetOf } from './targets.js'

/** Whom `apt show` names; there is no address to write to but the repository's. */
const MAINTAINER = 'Fieldmouse <fieldmouse@localhost>'

/**
 * What makes the rest of the features work, installed by apt unless told not to: a broker with MQTT 5; recogniser, English
 * and a voice; a microphone and a loudspeaker (arecord, aplay).
 */
const RECOMMENDS = ['mosquitto (>= 1.6)', 'pocketsphinx', 'pocketsphinx-en-us', 'espeak-ng', 'alsa-utils']

/** Below /usr/share/doc/fieldmouse: from where. */
const DOCS = {
  'README.md': 'README.md',
  'CHANGELOG.md': 'CHANGELOG.md',
  'config.sample.yaml': 'docs/reference/config.sample.yaml',
  'home.yaml': 'daemon/config/demo/home.yaml',
} as const

/**
 * @param made folder and manifest of the package
 * @returns path of `fieldmouse_<version>_<architecture>.deb` beside the folder; an older one is replaced
 * @throws when dpkg-deb is missing or fails
 */
export function makeDeb(made: { folder: string; manifest: Manifest }): string {
  const { folder, manifest } = made
  const { name, version, target } = manifest
  const architecture = targetOf(target).debian
  const root = `${folder}.deb-root`
  const deb = join(dirname(folder), `${name}_${version}_${architecture}.deb`)
  const own = (path: string) => join(packageRoot(), 'scripts', 'package', path)
  rmSync(root, { recursive: true, force: true })
  try {
    cpSync(folder, join(root, 'opt', name), { recursive: true, verbatimSymlinks: true })
    put(root, `opt/${name}/bin/${name}`, own('deb/starter'), 0o755)
    put(root, `opt/${name}/share/fieldmouse.yaml`, own('deb/fieldmouse.yaml'))
    put(root, `usr/lib/systemd/system/${name}.service`, own('fieldmouse.service'))
    for (const [to, from] of Object.entries(DOCS))
      put(root, `usr/share/doc/${name}/${to}`, join(packageRoot(), from))
    write(root, `usr/share/doc/${name}/copyright`, copyright())
    mkdirSync(join(root, 'usr', 'bin'), { recursive: true })
    // from one top folder to another: absolute. @source Debian policy 10.5
    symlinkSync(`/opt/${name}/bin/${name}`, join(root, 'usr', 'bin', name))
    makeReadable(root)

    const files = filesOf(root)
    const bytes = files.reduce((sum, path) => sum + statSync(join(root, path)).size, 0)
    const needs = libraryNeeds(folder)
    for (const script of ['postinst', 'prerm', 'postrm'])
      put(root, `DEBIAN/${script}`, own(`deb/${script}`), 0o755)
    write(root, 'DEBIAN/control', control(manifest, architecture, needs, bytes))
    write(root, 'DEBIAN/md5sums', files.map(path => `${md5Of(join(root, path))}  ${path}\n`).join(''))
    // xz: what every dpkg reads; zstd came with Debian 12
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', root, deb], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return deb
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function control(manifest: Manifest, architecture: string, needs: string[], bytes: number): string {
  // no Node of its own: 100 MB more, and nobody would mend its holes on the device
  const node = /^>=(\d+(?:\.\d+)*)$/.exec(manifest.node)?.[1]
  if (!node) throw new Error(`package.json: engines.node is "${manifest.node}", expected >= and a version`)
  const depends = ['adduser', `nodejs (>= ${node})`, ...needs]
  return `Package: ${manifest.name}
Version: ${manifest.version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: ${depends.join(', ')}
Recommends: ${RECOMMENDS.join(', ')}
Suggests: mosquitto-clients
Section: net
Priority: optional
Description: commands and lines of machines, understood on the device
 A small-language-model daemon for Raspberry Pi, Jetson and their like. It
 hears commands over MQTT or by microphone, understands them with a quantized
 model that runs on the board itself, moves the right device, and says what it
 did, or why it did nothing. Lines of logs and serial ports become the few
 incidents that matter. Nothing it hears or reads leaves the device.
`
}

function copyright(): string {
  return `Fieldmouse, its models and its documents are under the Apache License, version 2.0:
/usr/share/common-licenses/Apache-2.0

Each package below /opt/fieldmouse/node_modules is under the licence that lies in its folder.
`
}

function put(root: string, path: string, from: string, mode = 0o644): void {
  write(root, path, readFileSync(from), mode)
}

function write(root: string, path: string, text: string | Buffer, mode = 0o644): void {
  const to = join(root, path)
  mkdirSync(dirname(to), { recursive: true })
  writeFileSync(to, text)
  chmodSync(to, mode)
}

/** Whatever the umask of this machine: the daemon's user reads all of it and writes none. */
function makeReadable(root: string): void {
  chmodSync(root, 0o755)
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    chmodSync(path, entry.isDirectory() || statSync(path).mode & 0o100 ? 0o755 : 0o644)
  }
}

const filesOf = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
    .sort()

const md5Of = (path: string) => createHash('md5').update(readFileSync(path)).digest('hex')
