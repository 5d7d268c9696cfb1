/** Puts the parts of a line into a dialect: sentences, key=value, JSON, syslog; with slips, abbreviations and noise. */
import { chance, int, pick, type Random } from '../generate/expand.js'

export interface Part {
  text: string
  /** Before what is said. */
  before?: boolean
}
export interface Parts {
  said: string
  thing?: string
  extra: readonly Part[]
  /** Whether some value stands beside it. */
  value: boolean
  values?: readonly { name: string; value: string; unit: string }[]
}

const SOURCES = [
  'serial:/dev/ttyUSB0',
  'serial:/dev/ttyS3',
  'mqtt:plant/area2',
  'mqtt:line1/plc',
  'syslog:gw',
  'syslog:edge',
  'mqtt:site/utility',
  'can:can0',
  'modbus:gw1',
  'mqtt:building/b2',
  'file:log',
]
const PLACES = [
  'area 4',
  'hall 2',
  'line 3',
  'north',
  'zone B',
  'floor 2',
  'station 7',
  'halle 3',
  'atelier 2',
  'skid 1',
  'room 12',
  'bay 6',
  'section 5',
  'plant 1',
]
const UNITS = [
  'C',
  'bar',
  '%',
  'A',
  'V',
  'mm/s',
  'rpm',
  'kPa',
  'ppm',
  'm3/h',
  'kOhm',
  's',
  'min',
  'mA',
  'Hz',
  'psi',
]
const KEYS = ['msg', 'text', 'event', 'alarm', 'status', 'state', 'message', 'description', 'cond', 'info']
const THINGS = ['asset', 'dev', 'device', 'unit', 'equipment', 'id', 'machine', 'tag', 'name', 'src']
const HEADS = [
  'INFO',
  'WARN',
  'ERROR',
  'ALM',
  'EVT',
  'E',
  'W',
  '!',
  'Alarm',
  'Meldung',
  'Alarme',
  'event',
  'A17',
  'F0412',
  'MSG',
  'notice',
]

export function dress(parts: Parts, random: Random): { line: string; source: string } {
  const source = pick(random, SOURCES)
  const values =
    parts.values ??
    (parts.value
      ? [
          {
            name: chance(random, 0.4) ? pick(random, ['value', 'val', 'pv', 'act', 'ist', 'x']) : '',
            value: number(random),
            unit: pick(random, UNITS),
          },
        ]
      : [])
  const slip = (text: string) => slips(text, random)
  const before = parts.extra.filter(p => p.before).map(p => p.text)
  const after = parts.extra.filter(p => !p.before).map(p => p.text)
  const style = random()
  const what = [...before, slip(parts.said), ...after].filter(Boolean).join(' ')
  if (style < 0.14) {
    const fields = values.map(v => `"${v.name || 'value'}":${v.value}`)
    const head = parts.thing ? [`"${pick(random, THINGS)}":"${parts.thing}"`] : []
    const said = what ? [`"${pick(random, KEYS)}":"${casing(what, random)}"`] : []
    return {
      source,
      line: `{${shuffleTail([...head, ...(chance(random, 0.5) ? [...said, ...fields] : [...fields, ...said])], random).join(',')}}`,
    }
  }
  if (style < 0.28) {
    const fields = values.map(v => `${v.name || 'val'}=${v.value}${v.unit}`)
    const head = parts.thing
      ? [chance(random, 0.5) ? parts.thing : `${pick(random, THINGS)}=${parts.thing.replace(/\s+/g, '_')}`]
      : []
    const said = what
      ? [`${pick(random, KEYS)}=${chance(random, 0.5) ? what.replace(/\s+/g, '_') : `"${what}"`}`]
      : []
    return {
      source,
      line: casing(
        [...head, ...(chance(random, 0.5) ? [...said, ...fields] : [...fields, ...said])].join(' '),
        random,
      ),
    }
  }
  const place = chance(random, 0.2) ? ` ${pick(random, PLACES)}` : ''
  const value = values
    .map(v => `${v.name}${v.name ? ' ' : ''}${v.value}${chance(random, 0.5) ? ' ' : ''}${v.unit}`)
    .join(', ')
  const thing = parts.thing ?? ''
  const joint = pick(random, [' ', ': ', ' - ', ', ', ' '])
  const order = random()
  let line =
    order < 0.6
      ? `${thing}${place}${thing && what ? joint : ''}${what}${value ? `${pick(random, [' ', ', ', ' (', ' at '])}${value}` : ''}`
      : order < 0.8
        ? `${what}${what && thing ? pick(random, [' ', ' on ', ' at ', ' - ', ' am ', ' sur ']) : ''}${thing}${place}${value ? ` ${value}` : ''}`
        : `${thing}${value ? ` ${value}` : ''}${what ? `${joint}${what}` : ''}${place}`
  if (chance(random, 0.15)) line = `${pick(random, HEADS)} ${line}`
  if (chance(random, 0.1))
    line = `${pick(random, ['plcd', 'logger', 'app', 'scada', 'gw', 'drv', 'hmi'])}[${int(random, 100, 9999)}]: ${line}`
  if (chance(random, 0.06))
    line = `${line}, ${pick(random, ['see manual', 'ref', 'shift B', 'operator informed', 'count', 'id', 'seq'])} ${int(random, 1, 999)}`
  return { source, line: casing(line, random) }
}

const number = (random: Random) => (random() * 10 ** int(random, 1, 3)).toFixed(int(random, 0, 2))
const casing = (text: string, random: Random) =>
  chance(random, 0.2)
    ? text.toUpperCase()
    : chance(random, 0.3)
      ? text[0]!.toUpperCase() + text.slice(1)
      : text
const shuffleTail = <T>(list: T[], random: Random): T[] => (chance(random, 0.2) ? list.reverse() : list)

/** Slips of the pen and abbreviations, as on displays of twenty characters. */
function slips(text: string, random: Random): string {
  if (!chance(random, 0.3)) return text
  return text
    .split(' ')
    .map(word => {
      if (word.length < 6 || !chance(random, 0.3)) return word
      const roll = random()
      if (roll < 0.35) return word.slice(0, int(random, 4, 6))
      if (roll < 0.6) return word[0] + word.slice(1).replace(/[aeiou]/g, '')
      const at = int(random, 1, word.length - 2)
      return roll < 0.8
        ? word.slice(0, at) + word.slice(at + 1)
        : `${word.slice(0, at)}${word[at + 1]}${word[at]}${word.slice(at + 2)}`
    })
    .join(' ')
}
