/** Which processor native code is for, by the files themselves: the name of a package says what it was meant for. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join, relative } from 'node:path'

/** e_machine. @source ELF-64 object file format; values of the System V ABI registry */
export const MACHINES = { arm: 40, x64: 62, arm64: 183 } as const

/** Where e_machine stands, two bytes. It is there in ELF of 32 and of 64 bits; all targets are little-endian. */
const MACHINE_AT = 18

/** ELF files below `folder` that are not for this processor, in order. */
export function foreignFiles(folder: string, cpu: keyof typeof MACHINES): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => (machineOf(path) ?? MACHINES[cpu]) !== MACHINES[cpu])
    .map(path => relative(folder, path))
    .sort()
}

/** Undefined for what is no ELF file. */
function machineOf(path: string): number | undefined {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(MACHINE_AT + 2)
    const length = readSync(file, head, 0, head.length, 0)
    const isElf = length === head.length && head.toString('latin1', 0, 4) === '\x7fELF'
    return isElf ? head.readUInt16LE(MACHINE_AT) : undefined
  } finally {
    closeSync(file)
  }
}
