/** What a home file may not hold although every single entry is well formed. Pure. */
import { called, calledKey, takenBy } from './called.js'
import type { Addition, ConfiguredDevice, Home, Program, Routine } from './home.js'
import { normalise } from './normalise.js'
import { programKey } from './programs.js'

/** Entries as read, references not yet looked at. */
interface Entries extends Omit<Home, 'devices'> {
  devices: (ConfiguredDevice | Addition)[]
}
type Problem = (path: (string | number)[], message: string) => void

/** Tells of doubled ids and names, dangling references, and routines that could not be called or would call each other. */
export function checkHome(home: Entries, problem: Problem): void {
  const known = {
    floors: new Set<string>(),
    areas: new Set<string>(),
    devices: new Set<string>(),
    routines: new Set<string>(),
  }
  for (const list of ['floors', 'areas', 'devices', 'routines'] as const) {
    home[list].forEach((entry, index) => {
      if (!entry.id) problem([list, index, 'id'], `"${entry.name ?? ''}" gives no id of its own; write one`)
      if (known[list].has(entry.id))
        problem([list, index, 'id'], `"${entry.id}" is there twice; ids are unique`)
      known[list].add(entry.id)
    })
  }
  home.areas.forEach((area, index) => {
    if (area.floor !== null && !known.floors.has(area.floor))
      problem(['areas', index, 'floor'], `there is no floor "${area.floor}"${some(known.floors)}`)
  })
  for (const list of ['devices', 'routines'] as const)
    home[list].forEach((entry, index) => {
      if (entry.area !== null && !known.areas.has(entry.area))
        problem([list, index, 'area'], `there is no area "${entry.area}"${some(known.areas)}`)
    })
  home.devices.forEach((device, index) => {
    checkPrograms(device, (path, message) => problem(['devices', index, ...path], message))
  })
  checkRoutines(home, problem)
}

function some(ids: Set<string>): string {
  return ids.size ? ` (there are ${[...ids].slice(0, 12).join(', ')})` : ' (none are declared)'
}

/** A name and its aliases, each with its path below the entry. */
function namesOf(thing: Program | Routine): [path: (string | number)[], name: string][] {
  return [
    [['name'], thing.name],
    ...thing.aliases.map((alias, index): [(string | number)[], string] => [['aliases', index], alias]),
  ]
}

function checkPrograms(device: ConfiguredDevice | Addition, problem: Problem): void {
  if (!device.programs) return
  if ('capabilities' in device && !device.capabilities.some(c => c === 'start_stop' || c === 'on_off'))
    problem(['capabilities'], 'a device with programs needs start_stop or on_off')
  const seen = new Set<string>()
  device.programs.forEach((program, index) => {
    for (const [path, name] of namesOf(program)) {
      const key = programKey(name)
      if (!key) problem(['programs', index, ...path], `"${name}" has no words that can be said`)
      else if (seen.has(key))
        problem(['programs', index, ...path], `"${name}" is there twice; names of programs are unique`)
      seen.add(key)
    }
  })
}

function checkRoutines(entries: Entries, problem: Problem): void {
  const devices = entries.devices.filter((entry): entry is ConfiguredDevice => 'kind' in entry)
  const home: Home = { ...entries, devices }
  const owners = new Map<string, string>()
  for (const device of devices)
    if (device.kind === 'scene' || device.kind === 'script')
      for (const name of [device.name, ...device.aliases])
        owners.set(calledKey(name), `the ${device.kind} ${device.name}`)
  entries.routines.forEach((routine, index) => {
    for (const [path, name] of namesOf(routine)) {
      const at = ['routines', index, ...path]
      const key = calledKey(name)
      const owner = owners.get(key)
      const taken = takenBy(name, home)
      if (owner) problem(at, `"${name}" is also a name of ${owner}; write another`)
      else if (taken) problem(at, `"${name}" ${taken}; write another name`)
      owners.set(key, `the routine ${routine.name}`)
    }
    routine.do.forEach((sentence, number) => {
      const said = normalise(sentence)
      if (!said) problem(['routines', index, 'do', number], `"${sentence}" has no words that can be said`)
      const other = called(said, { ...home, devices: [] })
      if (other && 'routine' in other)
        problem(
          ['routines', index, 'do', number],
          `"${sentence}" calls the routine ${other.routine.name}; routines may not call routines, write its sentences here`,
        )
    })
  })
}
