/** One training line with its verdict, known by construction: what is said, of what thing, in what state, in which dialect. */
import { CATEGORY_OF_FAULT } from '../../../daemon/triage/judge/defaults.js'
import { type Condition, lexicon } from '../../../daemon/triage/judge/lexicon.js'
import type { LineForm } from '../../../daemon/triage/slm/form.js'
import { type Category, COMPONENTS, type Component, type Severity } from '../../../daemon/triage/verdict.js'
import { chance, int, pick, type Random } from '../generate/expand.js'
import { dress, type Part } from './dress.js'
import { say } from './say.js'

export interface TrainingLine {
  line: string
  source: string
  /** The words of the line that the verdict rests on, as said. */
  evidence: string
  form: Omit<LineForm, 'evidence'>
}

/** Which things have which troubles; others are named now and then all the same. */
const LIKELY: Partial<Record<Category, readonly Component[]>> = {
  safety: ['machine', 'conveyor', 'furnace', 'boiler', 'motor', 'drive'],
  leak: [
    'pump',
    'tank',
    'valve',
    'boiler',
    'chiller',
    'compressor',
    'machine',
    'transformer',
    'engine',
    'gearbox',
    'hvac',
  ],
  vibration: ['motor', 'pump', 'fan', 'bearing', 'gearbox', 'compressor', 'generator', 'machine', 'engine'],
  temperature: [
    'motor',
    'bearing',
    'freezer',
    'furnace',
    'boiler',
    'chiller',
    'drive',
    'transformer',
    'battery',
    'gearbox',
    'engine',
    'inverter',
    'hvac',
    'compressor',
    'tank',
    'controller',
    'power_supply',
    'machine',
    'pump',
  ],
  pressure: [
    'pump',
    'compressor',
    'boiler',
    'chiller',
    'tank',
    'valve',
    'engine',
    'machine',
    'hvac',
    'furnace',
  ],
  level_flow: [
    'tank',
    'pump',
    'boiler',
    'chiller',
    'hvac',
    'engine',
    'generator',
    'fan',
    'furnace',
    'machine',
    'compressor',
  ],
  electrical: [
    'motor',
    'drive',
    'power_supply',
    'battery',
    'transformer',
    'inverter',
    'generator',
    'pump',
    'fan',
    'compressor',
    'freezer',
    'conveyor',
    'machine',
  ],
  wear_maintenance: [
    'pump',
    'compressor',
    'fan',
    'gearbox',
    'bearing',
    'machine',
    'conveyor',
    'engine',
    'drive',
    'hvac',
    'valve',
    'furnace',
    'chiller',
    'generator',
    'battery',
    'motor',
    'power_supply',
  ],
  process_deviation: [
    'machine',
    'conveyor',
    'furnace',
    'pump',
    'tank',
    'boiler',
    'valve',
    'engine',
    'generator',
    'freezer',
    'chiller',
    'hvac',
    'fan',
    'compressor',
    'motor',
  ],
  configuration: ['controller', 'drive', 'network', 'sensor', 'inverter'],
  communication: ['network', 'controller', 'drive', 'inverter', 'sensor', 'power_supply'],
  sensor_fault: ['sensor', 'tank', 'furnace', 'machine', 'boiler', 'freezer'],
}
const ALWAYS: Partial<Record<Category, Component>> = {
  security: 'controller',
  communication: 'network',
  sensor_fault: 'sensor',
}
const DEFAULTS: Partial<Record<Category, Component>> = {
  safety: 'safety_device',
  leak: 'other',
  vibration: 'motor',
  temperature: 'machine',
  pressure: 'pump',
  level_flow: 'tank',
  electrical: 'power_supply',
  configuration: 'controller',
  wear_maintenance: 'machine',
  process_deviation: 'machine',
}
const REPORTERS: readonly Component[] = ['controller', 'network', 'sensor', 'other', 'power_supply']
const HIGH_KIND: readonly Category[] = ['security', 'safety', 'leak']

export function trainingLine(random: Random, keep: (said: string) => boolean): TrainingLine {
  const kind = random()
  if (kind < 0.5) return fault(random, keep)
  if (kind < 0.56) return bareFault(random)
  if (kind < 0.76) return takenBack(random, keep)
  if (kind < 0.88) return measurement(random)
  return routine(random)
}

const words = (component: Component) => lexicon().components.find(c => c.component === component)!

/** How a thing is called: in words, by its tag, or both. */
function called(component: Component, random: Random): string {
  const { tags, words: text } = words(component)
  const tag =
    tags.length > 0 ? `${pick(random, tags)}${pick(random, ['-', '', '_', ' '])}${int(random, 1, 999)}` : ''
  const name = () => say(text, random)
  const number = chance(random, 0.4) ? ` ${int(random, 1, 20)}` : ''
  if (tag && chance(random, 0.2)) return tag
  if (tag && chance(random, 0.15)) return `${tag} ${name()}`
  return `${name()}${number}`
}

/** A thing for a condition, and whether the line names it. */
function thingFor(condition: Condition, random: Random): { component: Component; name?: string } {
  const { category } = condition
  const likely = LIKELY[category] ?? COMPONENTS
  const named = chance(random, 0.75)
    ? chance(random, 0.9)
      ? pick(random, likely)
      : pick(random, COMPONENTS)
    : undefined
  const sure = condition.always ?? ALWAYS[category]
  if (sure) return { component: sure, ...(named ? { name: called(named, random) } : {}) }
  if (named && !REPORTERS.includes(named)) return { component: named, name: called(named, random) }
  return {
    component:
      condition.usually ?? (named && category !== 'safety' ? named : (DEFAULTS[category] ?? 'other')),
    ...(named ? { name: called(named, random) } : {}),
  }
}

const state = (
  name: 'returned' | 'calm' | 'severe' | 'mild' | 'fault' | 'tested' | 'bookkeeping',
  random: Random,
) => say(lexicon().states[name], random)

function fault(random: Random, keep: (said: string) => boolean): TrainingLine {
  const condition = pick(
    random,
    lexicon().conditions.filter(c => !c.say.startsWith('@')),
  )
  const said = say(condition.say, random, keep)
  const thing = thingFor(condition, random)
  let severity: Severity = condition.severity
  const extra: Part[] = []
  const roll = random()
  const planned = condition.category === 'wear_maintenance' || condition.category === 'configuration'
  if (roll < 0.25 && !(severity === 'advisory' && planned)) {
    extra.push({ text: state('severe', random) })
    if (severity === 'warning' || severity === 'advisory') severity = 'critical'
  } else if (roll < 0.4) {
    extra.push({ text: state('mild', random), before: chance(random, 0.5) })
    if (severity === 'critical' && !HIGH_KIND.includes(condition.category)) severity = 'warning'
  } else if (roll < 0.5) extra.push({ text: state('fault', random), before: chance(random, 0.7) })
  const line = dress(
    { said, ...(thing.name ? { thing: thing.name } : {}), extra, value: chance(random, 0.35) },
    random,
  )
  return {
    ...line,
    evidence: said,
    form: {
      condition,
      severity,
      category: condition.category,
      component: thing.component,
      needsHuman: severity === 'advisory' ? condition.needsHuman : true,
    },
  }
}

function bareFault(random: Random): TrainingLine {
  const named = pick(random, COMPONENTS)
  const said = state('fault', random)
  const category = CATEGORY_OF_FAULT[named] ?? 'process_deviation'
  const severe = chance(random, 0.3)
  const line = dress(
    {
      said,
      thing: called(named, random),
      extra: severe
        ? [{ text: state('severe', random) }]
        : chance(random, 0.5)
          ? [{ text: `code ${int(random, 1, 9999)}` }]
          : [],
      value: false,
    },
    random,
  )
  const component = ALWAYS[category] ?? named
  return {
    ...line,
    evidence: said,
    form: { severity: severe ? 'critical' : 'warning', category, component, needsHuman: true },
  }
}

const NO = ['no', 'not', 'kein', 'keine', 'aucun', 'sin', 'nessun', 'without', 'geen', 'no active', '0']
const OFF = [
  'none',
  '0',
  'false',
  'no',
  'inactive',
  'off',
  'not active',
  'ok',
  'normal',
  '0x0000',
  'cleared',
  'nein',
  'non',
]

function takenBack(random: Random, keep: (said: string) => boolean): TrainingLine {
  const condition = pick(
    random,
    lexicon().conditions.filter(c => !c.say.startsWith('@')),
  )
  const bare = chance(random, 0.3)
  const said = bare ? state('fault', random) : say(condition.say, random, keep)
  const thing = thingFor(condition, random)
  const roll = random()
  const back =
    roll < 0.5
      ? state('returned', random)
      : roll < 0.68
        ? pick(random, OFF)
        : roll < 0.82
          ? pick(random, NO)
          : `${state('tested', random)} ${say('ok, passed, completed, successful, done, bestanden, reussi', random)}`
  const first = (roll >= 0.68 && roll < 0.82) || (roll >= 0.82 && chance(random, 0.4))
  const whole = first ? `${back} ${said}` : `${said} ${back}`
  const line = dress(
    { said: whole, ...(thing.name ? { thing: thing.name } : {}), extra: [], value: chance(random, 0.2) },
    random,
  )
  return { ...line, evidence: back, form: normal(thing.component) }
}

const normal = (component: Component): TrainingLine['form'] => ({
  severity: 'normal',
  category: 'normal',
  component,
  needsHuman: false,
})

const QUANTITIES = [
  'temp C',
  'temperature degC',
  'pressure bar',
  'press psi',
  'flow m3/h',
  'level %',
  'speed rpm',
  'current A',
  'voltage V',
  'power kW',
  'humidity %',
  'vib mm/s',
  'torque %',
  'position %',
  'frequency Hz',
  'weight kg',
  'ph',
  'co2 ppm',
  'soc %',
  'load %',
  'rssi dBm',
  'energy kWh',
  'o2 %',
  'conductivity uS',
  'turbidity NTU',
  'drehzahl U/min',
  'druck bar',
  'temperatur C',
  'debit m3/h',
  'niveau %',
  'temperatura C',
  'presion bar',
  'portata l/min',
  'SP',
  'PV',
  'out %',
  'count',
  'hours h',
  'runtime min',
  'dp mbar',
  'batt V',
  'fuel %',
  'setpoint C',
  'x mm',
  'y mm',
]

function measurement(random: Random): TrainingLine {
  const component = pick(random, COMPONENTS)
  const count = int(random, 1, 6)
  const values = Array.from({ length: count }, () => {
    const [name = '', unit = ''] = pick(random, QUANTITIES).split(' ')
    return { name, value: (random() * 10 ** int(random, 1, 3)).toFixed(int(random, 0, 2)), unit }
  })
  const end = chance(random, 0.3)
    ? [
        {
          text: pick(random, [
            'ok',
            'OK',
            'normal',
            'run',
            'auto',
            'good',
            'status ok',
            'quality good',
            'running',
            'in range',
            'alarm 0',
            'fault none',
            'err 0',
          ]),
        },
      ]
    : []
  const named = chance(random, 0.7)
  const line = dress(
    { said: '', thing: named ? called(component, random) : '', extra: end, value: false, values },
    random,
  )
  return { ...line, evidence: '', form: normal(named ? component : 'other') }
}

function routine(random: Random): TrainingLine {
  const component = pick(random, COMPONENTS)
  const said = chance(random, 0.7) ? state('bookkeeping', random) : state('calm', random)
  const more = chance(random, 0.4)
    ? [{ text: chance(random, 0.5) ? state('bookkeeping', random) : state('calm', random) }]
    : []
  const line = dress(
    { said, thing: called(component, random), extra: more, value: chance(random, 0.3) },
    random,
  )
  return { ...line, evidence: said, form: normal(component) }
}
