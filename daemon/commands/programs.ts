/** Which program of an appliance some words name: "cotton sixty", "the quick wash program". Pure. */
import type { Device, Program } from './home.js'
import { words } from './names.js'
import { withFigures } from './values.js'

/** The spelling in which programs are compared: no articles, singular, numbers in digits. */
const programWords = (phrase: string): string[] => withFigures(words(phrase))
export const programKey = (phrase: string): string => programWords(phrase).join(' ')

/** Words around a program that name none. */
const FILLERS = new Set(
  'program programme cycle mode setting wash on at in to for with degree c celsius f now up it its again one please'.split(
    ' ',
  ),
)
const essence = (phrase: string): string =>
  programWords(phrase)
    .filter(w => !FILLERS.has(w))
    .join(' ')

const namesOf = (program: Program) => [program.name, ...program.aliases]

/**
 * The program that a phrase names: word for word, or but for words such as "cycle" and "degrees" where one alone fits.
 */
export function programNamed(phrase: string, programs: readonly Program[]): Program | undefined {
  for (const spelling of [programKey, essence]) {
    const wanted = spelling(phrase)
    const found = wanted ? programs.filter(p => namesOf(p).some(name => spelling(name) === wanted)) : []
    if (found.length === 1) return found[0]
  }
  return undefined
}

/**
 * The program whose name stands in full in some words, the longest first.
 * @returns undefined when there is none, or two of one length
 */
export function programWithin(phrase: string, programs: readonly Program[]): Program | undefined {
  const said = ` ${programKey(phrase)} `
  let longest = 0
  let found: Program[] = []
  for (const program of programs)
    for (const name of namesOf(program)) {
      const key = programKey(name)
      // a bare number says nothing: it may be minutes or degrees
      if (!key || /^\d+$/.test(key) || key.length < longest || !said.includes(` ${key} `)) continue
      if (key.length > longest) found = []
      longest = key.length
      if (!found.includes(program)) found.push(program)
    }
  return found.length === 1 ? found[0] : undefined
}

/**
 * The device and program that some words name and nothing else, in either order: "washer on cotton sixty", "eco program of
 * the dishwasher"; or a program alone ("quick wash", "eco program") where one device alone has it.
 * @param isFree whether a name is said for nothing else
 */
export function programAlone(
  phrase: string,
  devices: readonly Device[],
  isFree: (name: string) => boolean,
): { device: Device; program: Program } | undefined {
  const found: { device: Device; program: Program }[] = []
  const said = essence(phrase)
  const bare = programKey(phrase).replace(/ (?:program|programme|cycle)$/, '')
  // one word alone is said about many things
  const alone = bare !== programKey(phrase) || bare.includes(' ')
  for (const device of devices)
    for (const program of device.programs ?? [])
      if (
        namesOf(program).some(
          name =>
            (alone && programKey(name) === bare && isFree(name)) ||
            [device.name, ...device.aliases].some(own =>
              [`${own} ${name}`, `${name} ${own}`].some(
                both => said !== '' && essence(both) === said && essence(name) !== '',
              ),
            ),
        )
      )
        found.push({ device, program })
  return found.length === 1 ? found[0] : undefined
}

/** Some words without those that stand in others or name no program; empty when nothing of use is left. */
export function beside(phrase: string, others: readonly string[]): string {
  const known = new Set(others.flatMap(programWords))
  return programWords(phrase)
    .filter(w => !FILLERS.has(w) && !known.has(w))
    .join(' ')
}

/** "It has eco, cotton 60 and quick wash." */
export function sayPrograms(device: Device): string {
  const names = (device.programs ?? []).map(p => p.name)
  const last = names.at(-1)
  return names.length > 1 ? `it has ${names.slice(0, -1).join(', ')} and ${last}` : `it has ${last ?? 'none'}`
}
