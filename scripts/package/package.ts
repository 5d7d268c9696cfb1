/**
 * Makes a folder and a .tar.gz with what a board needs and nothing else: the daemon, the profiles, the factory model, the
 * production dependencies, and llama.cpp for the one platform.
 *
 *   npm run package -- [--target linux-arm64] [--out build] [--deb]
 *
 * --deb: a package for apt instead of the archive (deb.ts).
 *
 * Dependencies come from npm with the versions of package-lock.json, for the target's platform, without running install
 * scripts: node-llama-cpp's would look for a compiler or a download.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { packageRoot } from '../../daemon/base/package-root.js'
import { makeDeb } from './deb.js'
import { foreignFiles } from './native.js'
import { ownTarget, TARGET_NAMES, type TargetName, targetOf } from './targets.js'

/** What was made. */
export interface Made {
  folder: string
  archive: string
  manifest: Manifest
}

/** manifest.json in the package. */
export interface Manifest {
  name: string
  version: string
  target: TargetName
  /** Versions of Node that it runs with. */
  node: string
  /** Installed size, bytes. */
  bytes: { total: number; daemon: number; model: number; engine: number; dependencies: number }
}

interface PackageFile {
  name: string
  version: string
  type: string
  engines: { node: string }
  bin: Record<string, string>
  dependencies: Record<string, string>
}

/** Parts of the repository that a board needs. */
const SHIPPED = [
  'dist/daemon',
  'dist/device-profiles',
  'dist/ota',
  'device-profiles',
  'ota/factory/README.md',
  'ota/factory/metadata',
  'ota/factory/targets',
  'daemon/config/demo',
  'daemon/triage/books',
  'daemon/triage/classifier/weights.bin',
  'daemon/triage/judge/lexicon',
  'daemon/voice/language/said.txt',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
]

/** Files of dependencies that only compilers, editors and readers of source want. Licences stay. */
const SUPERFLUOUS =
  /\.(d\.[cm]?ts|map|[cm]?ts|md|markdown|flow|tsbuildinfo)$|^\.(eslintrc|npmignore|gitattributes|editorconfig)/i

/** Native code for the C library that no target has. */
const OTHER_LIBC = /^musl_|\.musl\.node$/

/**
 * Whole packages and files that nothing needs at run time: a compiler that comes along as a peer of node-llama-cpp, and
 * the sources of llama.cpp (35 MB), from which it would be built where no ready-made library fits.
 */
const DEPENDENCIES_LEFT_OUT = ['typescript', '.bin', '.package-lock.json', '@types', 'undici-types']
const FILES_LEFT_OUT = [
  'node-llama-cpp/llama/gitRelease.bundle',
  'node-llama-cpp/templates',
  '@serialport/bindings-cpp/src',
  '@serialport/bindings-cpp/node_modules',
  'koffi/vendor',
  'koffi/doc',
]

/**
 * Makes the package.
 * @param out folder that gets `fieldmouse-<version>-<target>/` and the archive; an older one of that name is replaced
 * @throws when npm or tar fail, a part is missing, or llama.cpp is for another processor
 */
export function makePackage(options: { target: TargetName; out: string; archive?: boolean }): Made {
  const root = packageRoot()
  const target = targetOf(options.target)
  const { version, name, engines, bin, type, dependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as PackageFile
  const folder = resolve(options.out, `${name}-${version}-${target.name}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })

  installDependencies(root, folder, target)
  for (const path of SHIPPED) copy(root, folder, path)
  // what npm needed to know is replaced by what the package is
  const about = { name, version, private: true, type, engines, bin, dependencies, license: 'Apache-2.0' }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`)
  for (const path of ['package-lock.json', '.npmrc']) rmSync(join(folder, path), { force: true })
  writeStarter(folder)

  const manifest: Manifest = {
    name,
    version,
    target: target.name,
    node: engines.node,
    bytes: {
      total: sizeOf(folder),
      daemon: sizeOf(join(folder, 'dist')),
      model: sizeOf(join(folder, 'ota')),
      engine: sizeOf(join(folder, 'node_modules', '@node-llama-cpp')),
      dependencies:
        sizeOf(join(folder, 'node_modules')) - sizeOf(join(folder, 'node_modules', '@node-llama-cpp')),
    },
  }
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  const archive = `${folder}.tar.gz`
  if (options.archive !== false)
    execFileSync('tar', ['-czf', archive, '--owner=0', '--group=0', '-C', dirname(folder), basename(folder)])
  return { folder, archive, manifest }
}

function installDependencies(root: string, folder: string, target: ReturnType<typeof targetOf>): void {
  for (const path of ['package.json', 'package-lock.json', '.npmrc'])
    if (existsSync(join(root, path))) copyFileSync(join(root, path), join(folder, path))
  const flags = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  execFileSync('npm', ['ci', ...flags, `--os=${target.os}`, `--cpu=${target.cpu}`, `--libc=${target.libc}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const modules = join(folder, 'node_modules')
  for (const path of [...DEPENDENCIES_LEFT_OUT, ...FILES_LEFT_OUT])
    rmSync(join(modules, path), { recursive: true, force: true })
  const engines = join(modules, '@node-llama-cpp')
  for (const engine of readdirSync(engines))
    if (engine !== target.engine) rmSync(join(engines, engine), { recursive: true, force: true })
  if (!existsSync(join(engines, target.engine)))
    throw new Error(`npm installed no @node-llama-cpp/${target.engine}: is it in package-lock.json?`)
  const foreign = foreignFiles(join(engines, target.engine), target.cpu)
  if (foreign.length > 0)
    throw new Error(
      `@node-llama-cpp/${target.engine} has code for another processor (${foreign[0]} and ${foreign.length - 1} more): no model would load`,
    )
  // the serial port's binding brings those of all platforms
  const bindings = join(modules, '@serialport', 'bindings-cpp', 'prebuilds')
  for (const platform of readdirSync(bindings))
    if (platform !== `${target.os}-${target.cpu}`) rmSync(join(bindings, platform), { recursive: true })
  prune(modules)
}

/** Removes superfluous files, and folders that are empty then. */
function prune(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (OTHER_LIBC.test(entry.name)) rmSync(path, { recursive: true })
    else if (entry.isDirectory()) {
      prune(path)
      if (readdirSync(path).length === 0) rmSync(path, { recursive: true })
    } else if (SUPERFLUOUS.test(entry.name) && !/^licen[cs]e/i.test(entry.name)) rmSync(path)
  }
}

function copy(root: string, folder: string, path: string): void {
  const from = join(root, path)
  if (!existsSync(from)) {
    // a room without code yet has nothing under dist/
    if (path === 'dist/ota') return
    throw new Error(`${path} is missing: run \`npm run build\` first`)
  }
  cpSync(from, join(folder, path), {
    recursive: true,
    filter: file => !/\.(map|ts)$|\.tsbuildinfo$/.test(file),
  })
}

/** `bin/fieldmouse`: starts with the Node of the system, or the one that NODE names. */
function writeStarter(folder: string): void {
  mkdirSync(join(folder, 'bin'))
  const path = join(folder, 'bin', 'fieldmouse')
  writeFileSync(
    path,
    `#!/bin/sh
# follows links, so that /usr/local/bin/fieldmouse may be one
self=$(readlink -f "$0")
exec "\${NODE:-node}" --max-semi-space-size=2 "$(dirname "$self")/../dist/daemon/cli/fieldmouse.js" "$@"
`,
  )
  chmodSync(path, 0o755)
}

function sizeOf(path: string): number {
  if (!existsSync(path)) return 0
  const { size } = statSync(path)
  return statSync(path).isDirectory()
    ? readdirSync(path).reduce((sum, entry) => sum + sizeOf(join(path, entry)), 0)
    : size
}

/** Sizes for people. */
export function sayMade({ folder, archive, manifest }: Made): string {
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  const { total, daemon, model, engine, dependencies } = manifest.bytes
  return [
    `${folder}: ${mb(total)} installed (daemon ${mb(daemon)}, factory model ${mb(model)}, llama.cpp ${mb(engine)}, other packages ${mb(dependencies)})`,
    `${archive}: ${existsSync(archive) ? mb(statSync(archive).size) : 'not made'}`,
    `Runs with Node ${manifest.node} of the system: unpack it anywhere and run bin/fieldmouse.`,
  ].join('\n')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      target: { type: 'string' },
      out: { type: 'string', default: 'build' },
      deb: { type: 'boolean', default: false },
    },
  })
  const target = values.target ?? ownTarget()
  if (!TARGET_NAMES.includes(target as TargetName)) {
    console.error(`--target must be one of ${TARGET_NAMES.join(', ')}`)
    process.exitCode = 2
  } else {
    const made = makePackage({ target: target as TargetName, out: values.out, archive: !values.deb })
    if (values.deb) {
      const deb = makeDeb(made)
      rmSync(made.folder, { recursive: true })
      console.log(`${deb}: ${(statSync(deb).size / 1e6).toFixed(1)} MB; sudo apt install ./${basename(deb)}`)
    } else console.log(sayMade(made))
  }
}
