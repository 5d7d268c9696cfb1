/** What a line means, in closed sets. The judge, the code books, the model and the operator all speak in these. */

/** Growing. `warning` and up are alarms (ISA-18.2: somebody has to respond). */
export const SEVERITIES = ['normal', 'advisory', 'warning', 'critical', 'emergency'] as const
export type Severity = (typeof SEVERITIES)[number]

/** Of two that fit the first is taken. `normal` if and only if the severity is `normal`. */
export const CATEGORIES = [
  'security',
  'safety',
  'leak',
  'sensor_fault',
  'vibration',
  'temperature',
  'pressure',
  'level_flow',
  'electrical',
  'communication',
  'configuration',
  'wear_maintenance',
  'process_deviation',
  'normal',
] as const
export type Category = (typeof CATEGORIES)[number]

/** The thing to look at first, not the thing that reported it. */
export const COMPONENTS = [
  'motor',
  'drive',
  'pump',
  'compressor',
  'fan',
  'hvac',
  'bearing',
  'gearbox',
  'valve',
  'boiler',
  'furnace',
  'chiller',
  'freezer',
  'tank',
  'conveyor',
  'machine',
  'engine',
  'generator',
  'transformer',
  'inverter',
  'power_supply',
  'battery',
  'sensor',
  'controller',
  'network',
  'safety_device',
  'other',
] as const
export type Component = (typeof COMPONENTS)[number]

/** Who decided: remembered, plain code and code books, a detector of numbers, the factory model, a larger one, a person. */
export type VerdictStage = 'memo' | 'rule' | 'detector' | 'slm' | 'llm' | 'operator'

export interface Verdict {
  severity: Severity
  category: Category
  component: Component
  /** Somebody has to do something because of this line, now or planned. Always from `warning` up, never when `normal`. */
  needsHuman: boolean
  /** One sentence of at most 200 characters that quotes the words or numbers it rests on. */
  reason: string
  /** The words of the line that it rests on, as they stand there. Empty when nothing in the line speaks for more. */
  evidence: string
  /** Probable cause; there when `needsHuman`. */
  cause?: string
  /** Recommended action; there when `needsHuman`. */
  action?: string
  /** Probability that it is right, 0 to 1. */
  confidence: number
  stage: VerdictStage
}

/** Whether the first is at least as bad as the second. */
export const atLeast = (a: Severity, b: Severity): boolean => SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b)
export const isAlarm = (severity: Severity): boolean => atLeast(severity, 'warning')
/** The worse of two. */
export const worse = (a: Severity, b: Severity): Severity => (atLeast(a, b) ? a : b)
