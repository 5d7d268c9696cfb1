import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SerialEntry } from '../../daemon/bus/serial/serial-source.js'
import type { SyslogOptions } from '../../daemon/bus/syslog/listener.js'
import type { TailEntry } from '../../daemon/bus/tail/tail.js'
import { loadConfig } from '../../daemon/config/load.js'
import type { Config, ConfigFile } from '../../daemon/config/schema.js'

/** The section `sources` of a file, as the daemon gets it. @throws what loading a configuration throws */
export function sourcesFrom(sources: ConfigFile['sources'], shared: object = {}): Config['sources'] {
  const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-config-'))
  const file = join(folder, 'mouse.yaml')
  writeFileSync(file, JSON.stringify({ ...shared, sources }))
  try {
    return loadConfig({ env: { FIELDMOUSE_CONFIG: file }, cwd: folder }).config.sources
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const defaults = sourcesFrom({ serial: [{ path: '/dev/mouse' }], tail: [{ path: '/var/log/mouse' }] })

/** An entry with its defaults. */
export const serialEntry = (path: string, changes: Partial<SerialEntry> = {}): SerialEntry => ({
  ...defaults.serial[0]!,
  path,
  ...changes,
})

export const tailEntry = (path: string, changes: Partial<TailEntry> = {}): TailEntry => ({
  ...defaults.tail[0]!,
  path,
  ...changes,
})

export const syslogOptions = (changes: Partial<SyslogOptions> = {}): SyslogOptions => ({
  ...defaults.syslog,
  ...changes,
})
