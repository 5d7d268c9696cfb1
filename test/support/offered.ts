/** Models of commands that a repository offers a whole daemon, and what the daemon says of them. */
import { readFileSync } from 'node:fs'
import { factoryModelOf } from '../../daemon/factory.js'
import type { DeviceUpdates, UpdateState } from '../../ota/format/state.js'
import type { Mouse } from './mouse.js'

export const factory = factoryModelOf('command')
/** Some of the golden requests of the model that ships. */
export const golden = readFileSync(factory.files.golden!, 'utf8').split('\n').slice(0, 12).join('\n')

/** The model that ships under another name: other bytes, the same answers. */
export function renamed(name: string): Buffer {
  const bytes = readFileSync(factory.files.model)
  const old = 'fieldmouse-command'
  bytes.write(name.padEnd(old.length, '-').slice(0, old.length), bytes.indexOf(old))
  return bytes
}

/** The model that ships with a tenth of it made noise: whole, signed, and of no use. */
export function spoilt(): Buffer {
  const bytes = readFileSync(factory.files.model)
  let state = 7
  for (let i = Math.floor(bytes.length * 0.6); i < bytes.length * 0.7; i += 34)
    for (let j = 2; j < 34 && i + j < bytes.length; j++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      bytes[i + j] = state >>> 24
    }
  return bytes
}

export const command = (u: DeviceUpdates): UpdateState => u.models.find(m => m.family === 'command')!

export const UPDATES = 'fieldmouse/demo/update/state'

/** The next word about updates that passes. */
export const nextUpdates = async (
  mouse: Mouse,
  passes: (u: DeviceUpdates) => boolean,
): Promise<DeviceUpdates> => JSON.parse(await mouse.next(UPDATES, text => passes(JSON.parse(text)), 60_000))
