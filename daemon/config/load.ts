import { dirname, resolve } from 'node:path'
import { packageFile } from '../base/package-root.js'
import type { z } from '../base/schema.js'
import { CONFIG_VARIABLE, type Flags, flagName, OVERRIDES } from './environment.js'
import { errors } from './errors.js'
import { type ReadFile, readConfigFile } from './file.js'
import { nearest } from './nearest.js'
import { placeOf } from './options.js'
import { type Config, ConfigSchema, PATH_OPTIONS } from './schema.js'

export type Environment = Record<string, string | undefined>

/** The configuration and where it came from. */
export interface LoadedConfig {
  config: Config
  /** The file that was read, absolute; undefined when there is none. */
  file: string | undefined
  /** Option path -> the variable or flag that set it, for those that the file did not decide. */
  overrides: ReadonlyMap<string, string>
  /** Worth telling, no reason to stop: a variable FIELDMOUSE_... that nobody reads. */
  warnings: readonly string[]
}

/**
 * Reads the configuration: defaults < file < environment < flags. The only reader of `process.env`. Writes nothing.
 * @throws config_unreadable, config_not_yaml, config_unknown_key, config_invalid
 */
export function loadConfig(options: { flags?: Flags; env?: Environment; cwd?: string } = {}): LoadedConfig {
  const { flags = {}, env = process.env, cwd = process.cwd() } = options
  const named = flags.config ?? (env[CONFIG_VARIABLE.variable] || undefined)
  const file = named === undefined ? undefined : resolve(cwd, named)
  const read = file === undefined ? undefined : readConfigFile(file)
  const values = read?.values ?? {}
  const overrides = new Map<string, string>()
  for (const { variable, flag, sets } of OVERRIDES) {
    const [value, source] =
      flags[flag] !== undefined ? [flags[flag], flagName(flag)] : [env[variable] || undefined, variable]
    if (value === undefined) continue
    for (const [path, setting] of sets(value)) if (setAt(values, path, setting)) overrides.set(path, source)
  }
  const checked = check(values, read, overrides)
  const base = (path: string) => (file !== undefined && !overrides.has(path) ? dirname(file) : cwd)
  for (const path of PATH_OPTIONS) {
    const given = getAt(values, path)
    const value = getAt(checked, path)
    if (typeof value === 'string')
      setAt(checked, path, resolve(given === undefined ? cwd : base(path), value))
  }
  for (const appliance of checked.voice.appliances)
    appliance.file = resolve(base('voice.appliances'), appliance.file)
  return { config: finish(checked), file, overrides, warnings: unreadVariables(env) }
}

type Checked = z.output<typeof ConfigSchema>

function check(
  values: Record<string, unknown>,
  read: ReadFile | undefined,
  overrides: ReadonlyMap<string, string>,
): Checked {
  const where = (path: readonly PropertyKey[]) =>
    overrides.get(path.map(String).join('.')) ?? read?.where(path) ?? 'configuration'
  const result = ConfigSchema.safeParse(values)
  if (!result.success) {
    for (const issue of result.error.issues) {
      if (issue.code !== 'unrecognized_keys') continue
      const key = issue.keys[0]!
      const known = placeOf(issue.path)?.keys ?? []
      throw errors.config_unknown_key({
        where: where([...issue.path, key]),
        key: [...issue.path, key].map(String).join('.'),
        nearest: nearest(key, known),
        known: known.join(', '),
      })
    }
    const problems = result.error.issues.slice(0, 10).map(issue => {
      const came = getAt(values, issue.path.map(String).join('.'))
      return `${where(issue.path)}: ${issue.path.map(String).join('.')}: ${expectation(issue)}, got ${shown(came)}`
    })
    throw errors.config_invalid({ problems: problems.join('; ') }, result.error)
  }
  const problem = contradiction(result.data)
  if (problem) throw errors.config_invalid({ problems: `${where(problem.path.split('.'))}: ${problem.says}` })
  return result.data
}

/** Zod's own sentence where the schema gives one, else the option's type. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom' || issue.code === 'invalid_format') return issue.message
  return `expected ${placeOf(issue.path)?.type ?? 'something else'}`
}

/** Options that are right one by one and wrong together. */
function contradiction({ broker, model, voice, ota }: Checked): { path: string; says: string } | undefined {
  if (broker.kind === 'external' && broker.url === undefined)
    return { path: 'broker.kind', says: 'broker.kind is external, so broker.url must say where' }
  if (broker.kind === 'embedded' && broker.url !== undefined)
    return { path: 'broker.url', says: 'broker.url is for `kind: external`, and broker.kind is embedded' }
  if ((broker.cert_file === undefined) !== (broker.key_file === undefined))
    return { path: 'broker', says: 'broker.cert_file and broker.key_file go together' }
  if (model.sha256 !== undefined && model.file === undefined)
    return { path: 'model.sha256', says: 'model.sha256 needs model.file' }
  if (ota.mirrors.length > 0 && ota.url === undefined)
    return { path: 'ota.mirrors', says: 'ota.mirrors are more addresses of ota.url, which is missing' }
  const { engine, engines, speech } = voice
  const missing =
    engine === 'sherpa-onnx' && !engines.sherpa.model
      ? 'sherpa.model'
      : engine === 'wyoming' && !engines.wyoming.host
        ? 'wyoming.host'
        : engine === 'whisper.cpp' && !engines.whisper_server.url
          ? 'whisper_server.url'
          : undefined
  if (missing) return { path: 'voice.engine', says: `voice.engine: ${engine} needs voice.engines.${missing}` }
  if (speech.engine === 'wyoming' && !speech.wyoming_host)
    return {
      path: 'voice.speech.engine',
      says: 'voice.speech.engine: wyoming needs voice.speech.wyoming_host',
    }
  return undefined
}

/** camelCase, the values that follow from others, frozen. */
function finish(checked: Checked): Config {
  const home = checked.home.file ?? packageFile('daemon', 'config', 'demo', 'home.yaml')
  const whole = {
    ...checked,
    home: { ...checked.home, file: home },
    broker: { ...checked.broker, client_id: checked.broker.client_id ?? `fieldmouse-${checked.id}` },
    demo: { virtual_devices: checked.demo.virtual_devices ?? checked.home.file === undefined },
  }
  return camel(whole) as Config
}

function camel(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(camel))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, v]) => v !== undefined)
  return Object.freeze(
    Object.fromEntries(
      entries.map(([key, v]) => [key.replace(/_([a-z])/g, (_, c) => c.toUpperCase()), camel(v)]),
    ),
  )
}

function unreadVariables(env: Environment): string[] {
  const known = [CONFIG_VARIABLE.variable, ...OVERRIDES.map(o => o.variable)]
  return Object.keys(env)
    .filter(
      name => name.startsWith('FIELDMOUSE_') && !name.startsWith('FIELDMOUSE_TEST_') && !known.includes(name),
    )
    .sort()
    .map(name => {
      const short = (variable: string) => variable.slice('FIELDMOUSE_'.length).toLowerCase()
      const near = nearest(short(name), known.map(short))
      const close = known.find(k => short(k) === near)
      return `the variable ${name} is not read${close ? `; did you mean ${close}?` : ''}`
    })
}

function getAt(values: unknown, path: string): unknown {
  let here = values
  for (const step of path === '' ? [] : path.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<string, unknown>)[step]
  }
  return here
}

/** Sets or, with undefined, removes. False when a section in between is no section: the check will say so. */
function setAt(values: Record<string, unknown>, path: string, value: unknown): boolean {
  const steps = path.split('.')
  const last = steps.pop()!
  let here = values
  for (const step of steps) {
    const next = Object.hasOwn(here, step) ? here[step] : undefined
    if (next === undefined) {
      if (value === undefined) return false
      here[step] = {}
    } else if (typeof next !== 'object' || next === null || Array.isArray(next)) return false
    here = here[step] as Record<string, unknown>
  }
  if (value === undefined) delete here[last]
  else here[last] = value
  return value !== undefined
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? typeof value
  const open = text.replace(/\/\/[^@/]*@/, '//…@') // an address may hold a password
  const kind = Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a section' : undefined
  return kind ?? (open.length > 80 ? `${open.slice(0, 80)}…` : open)
}
