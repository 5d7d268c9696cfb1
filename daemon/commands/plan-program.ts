/** How a device is told which of its programs to run. Pure; see plan-action.ts for the whole. */
import type { Fields, Message } from './devices/binding.js'
import { writeFor, writeMessages } from './devices/binding.js'
import type { Params } from './parsed-command.js'
import type { Facts } from './plan-action.js'
import { programKey, programNamed, sayPrograms } from './programs.js'

/** What is sent besides the start, or instead of it. */
export interface ProgramPlan {
  /** Sent before the device is started. */
  readonly before?: readonly Message[]
  /** Sent instead of the start: the device's word for the program starts it. */
  readonly instead?: readonly Message[]
  /** Sent along with the start, for devices that take actions as JSON. */
  readonly more?: Params
  /** Whether the device says that it runs the program, or does not say which. */
  readonly runs: (now: Fields) => boolean
}

/** @returns what to send, or a refusal as a sentence without its subject */
export function planProgram(name: string, { device, binding }: Facts): ProgramPlan | { refusal: string } {
  const program = programNamed(name, device.programs ?? [])
  if (!program) return { refusal: `has no program "${name}" (${sayPrograms(device)})` }
  const payload = program.payload ?? program.name
  const spellings = [payload, program.name].map(programKey)
  const runs = (now: Fields) => typeof now.program !== 'string' || spellings.includes(programKey(now.program))
  if (writeFor(binding, 'program', payload)) {
    const written = writeMessages(binding, [['program', payload]])
    return 'missing' in written
      ? { refusal: 'has no way to be told a program' }
      : { before: written.messages, runs }
  }
  if (binding.actionTopic !== undefined) return { more: { program: payload }, runs }
  const start = binding.writes.find(write => write.field === 'do' || write.field === 'state')
  if (program.payload === undefined || !start) return { refusal: 'has no way to be told a program' }
  return { instead: [{ topic: start.topic, payload }], runs }
}
