/** Sentences like those of NMEA 0183: `$ttsss,f1,f2*hh`, `!AIVDM,...`, with a tag block in front or not. Pure. */
import type { PlacedField } from './json.js'
import { measured } from './numbers.js'
import type { Quantity } from './reading.js'
import { scaled, unitOf } from './units.js'

export interface Nmea {
  /** `talker`, `sentence`, then `1`, `2` ... */
  fields: PlacedField[]
  quantities: Quantity[]
  /** There is no checksum, or it fits. */
  sound: boolean
}

const SENTENCE =
  /^(?:\\[^\\]{0,200}\\)?([$!])([A-Z]{1,2}|P)([A-Z0-9]{3,5}),([^*\r\n]*)(?:\*([0-9A-Fa-f]{2}))?\s*$/
/** A number and, in the field behind it, its unit: depth sentences and MWV, XDR, MTW, VHW. */
const LETTERS: Readonly<Record<string, string>> = {
  M: 'm',
  F: 'ft',
  f: 'ft',
  N: 'kn',
  K: 'km/h',
  C: 'Cel',
  B: 'bar',
  P: 'Pa',
  V: 'V',
  D: 'deg',
}
const PAIRED = new Set('DBT DBK DBS MTW MTA VHW VTG XDR MDA MWV'.split(' '))

/** XOR of everything between `$` and `*`. */
export function checksum(body: string): number {
  let sum = 0
  for (let i = 0; i < body.length; i++) sum ^= body.charCodeAt(i) & 0xff
  return sum
}

/** @returns undefined when it is no such sentence */
export function readNmea(text: string): Nmea | undefined {
  if (text.length > 1024) return undefined
  const found = SENTENCE.exec(text)
  if (found === null) return undefined
  const [, mark = '', talker = '', sentence = '', data = '', sum] = found
  const body = text.lastIndexOf(`${mark}${talker}${sentence},`)
  const fields: PlacedField[] = [
    { name: 'talker', value: talker, text: talker, start: body + 1 },
    { name: 'sentence', value: sentence, text: sentence, start: body + 1 + talker.length },
  ]
  const quantities: Quantity[] = []
  const values = data.split(',')
  let start = body + 2 + talker.length + sentence.length
  values.forEach((value, i) => {
    const number = value === '' ? undefined : measured(value)
    fields.push({
      name: String(i + 1),
      value: value === '' ? null : (number?.value ?? value),
      text: value,
      start,
    })
    const letter = PAIRED.has(sentence)
      ? LETTERS[values[i + 1] ?? '']
      : sentence === 'DPT' && i < 2
        ? 'm'
        : undefined
    if (number !== undefined && letter !== undefined) {
      const unit = unitOf(letter) ?? { unit: letter, times: 1 }
      quantities.push({
        name: `${sentence}.${i + 1}`,
        value: scaled(number.value, unit.times),
        unit: unit.unit,
        text: value,
        start,
      })
    }
    start += value.length + 1
  })
  const between = `${talker}${sentence},${data}`
  return { fields, quantities, sound: sum === undefined || Number.parseInt(sum, 16) === checksum(between) }
}
