/** What the native code of a package needs of the system, read from the files themselves, for any platform on any machine. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Debian's packages by the name in a library's list of needed ones. */
const PACKAGES: Readonly<Record<string, string>> = {
  'libc.so.6': 'libc6',
  'libstdc++.so.6': 'libstdc++6',
  'libgcc_s.so.1': 'libgcc-s1',
  'libgomp.so.1': 'libgomp1',
  'libatomic.so.1': 'libatomic1',
}

/**
 * GCC, whose version the package libstdc++6 has, by the last part of the newest GLIBCXX_3.4 symbols.
 * @source https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html, "Versioning": 4
 */
const GCC: readonly [symbol: number, version: string][] = [
  [25, '8'],
  [28, '9'],
  [29, '11'],
  [30, '12'],
  [31, '13'],
  [32, '13.2'],
  [33, '14'],
  [34, '15'],
]

/**
 * Dependencies as Debian writes them, sorted: `libc6 (>= 2.34)`.
 * @param folder searched for `.node` and `.so` files; those of musl are no use on Debian and not looked at
 */
export function libraryNeeds(folder: string): string[] {
  const packages = new Set<string>()
  let glibc = [0, 0]
  let cxx = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || !/\.(node|so(\.\d+)*)$/.test(entry.name) || path.includes('musl')) continue
    // names of libraries and versions stand in the file as they are, between zeros (ELF: .dynstr)
    const text = readFileSync(path, 'latin1')
    for (const [library, name] of Object.entries(PACKAGES))
      if (text.includes(`\0${library}\0`)) packages.add(name)
    for (const [, major, minor] of text.matchAll(/\0GLIBC_(\d+)\.(\d+)/g)) {
      const version = [Number(major), Number(minor)]
      if (isLater(version, glibc)) glibc = version
    }
    for (const [, minor] of text.matchAll(/\0GLIBCXX_3\.4\.(\d+)/g)) cxx = Math.max(cxx, Number(minor))
  }
  const gcc = GCC.find(([symbol]) => cxx <= symbol)?.[1]
  if (cxx > 0 && gcc === undefined)
    throw new Error(`GLIBCXX_3.4.${cxx} is newer than the table in deb-needs.ts: add its GCC`)
  const least: Record<string, string | undefined> = {
    libc6: isLater(glibc, [0, 0]) ? glibc.join('.') : undefined,
    'libstdc++6': cxx > 0 ? gcc : undefined,
  }
  return [...packages].sort().map(name => (least[name] ? `${name} (>= ${least[name]})` : name))
}

const isLater = ([a = 0, b = 0]: number[], [c = 0, d = 0]: number[]) => a > c || (a === c && b > d)
