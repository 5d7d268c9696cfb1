/**
 * The words of the command language: actions, kinds of things, capabilities. One table for the daemon, the grammar of
 * the small model and the training generator, so that they cannot drift. Names follow Home Assistant's.
 */

/** What a device can do. */
export const CAPABILITIES = [
  'on_off',
  'brightness',
  'color',
  'color_temperature',
  'open_close',
  'position',
  'lock',
  'target_temperature',
  'hvac_mode',
  'fan_speed',
  'playback',
  'play_media',
  'volume',
  'start_stop',
  'pause_resume',
  'dock',
  'clean_area',
  'activate',
] as const
export type Capability = (typeof CAPABILITIES)[number]

/** Home Assistant's domains, plus `appliance` for things that it has no domain for. */
export const DOMAINS = [
  'light',
  'switch',
  'fan',
  'cover',
  'lock',
  'climate',
  'media_player',
  'vacuum',
  'lawn_mower',
  'valve',
  'scene',
  'script',
  'sensor',
  'binary_sensor',
  'appliance',
] as const
export type Domain = (typeof DOMAINS)[number]

/** What an action needs of a device: one capability, any of several, none (questions), or no device at all (timers). */
interface ActionSpec {
  readonly needs: readonly Capability[] | 'nothing' | 'no_device'
}
const needs = (...capabilities: Capability[]): ActionSpec => ({ needs: capabilities })
const timer: ActionSpec = { needs: 'no_device' }

/** Every action that a command may hold. */
export const ACTIONS = {
  turn_on: needs('on_off'),
  turn_off: needs('on_off'),
  open: needs('open_close'),
  close: needs('open_close'),
  set_position: needs('position'),
  lock: needs('lock'),
  unlock: needs('lock'),
  set_brightness: needs('brightness'),
  set_color: needs('color'),
  set_color_temperature: needs('color_temperature'),
  set_temperature: needs('target_temperature'),
  set_mode: needs('hvac_mode'),
  set_fan_speed: needs('fan_speed'),
  set_volume: needs('volume'),
  mute: needs('volume'),
  unmute: needs('volume'),
  play_media: needs('play_media'),
  pause: needs('playback', 'pause_resume'),
  resume: needs('playback', 'pause_resume'),
  next: needs('playback'),
  previous: needs('playback'),
  start: needs('start_stop'),
  stop: needs('start_stop'),
  return_to_base: needs('dock'),
  activate: needs('activate'),
  get_state: { needs: 'nothing' } as ActionSpec,
  start_timer: timer,
  cancel_timer: timer,
  cancel_all_timers: timer,
  increase_timer: timer,
  decrease_timer: timer,
  pause_timer: timer,
  resume_timer: timer,
  timer_status: timer,
} as const satisfies Record<string, ActionSpec>
export type ActionName = keyof typeof ACTIONS
export const ACTION_NAMES = Object.keys(ACTIONS) as ActionName[]

/** Whether `name` is an action of this vocabulary. */
export function isActionName(name: string): name is ActionName {
  return Object.hasOwn(ACTIONS, name)
}

/** Device kinds as a speaker thinks of them; each stands for a domain and, mostly, a device class. */
export interface KindSpec {
  readonly domain: Domain
  readonly class?: string
  /** Looked at when no device of the domain and class exists ("windows" are covers, or else window sensors). */
  readonly also?: readonly { readonly domain: Domain; readonly class?: string }[]
}
const of = (domain: Domain, cls?: string, ...also: KindSpec['also'] & object): KindSpec => ({
  domain,
  ...(cls ? { class: cls } : {}),
  ...(also.length ? { also } : {}),
})
const senses = (cls: string): KindSpec => of('binary_sensor', cls, { domain: 'sensor', class: cls })
const measures = (cls: string): KindSpec => of('sensor', cls)

/** Kinds a speaker can mean. `thing` is "some device, the name will tell". */
export const KINDS = {
  light: of('light'),
  switch: of('switch'),
  outlet: of('switch', 'outlet', { domain: 'switch' }),
  fan: of('fan'),
  cover: of('cover'),
  blind: of('cover', 'blind', { domain: 'cover', class: 'shade' }, { domain: 'cover', class: 'shutter' }),
  curtain: of('cover', 'curtain'),
  shade: of('cover', 'shade', { domain: 'cover', class: 'blind' }),
  shutter: of('cover', 'shutter', { domain: 'cover', class: 'blind' }),
  awning: of('cover', 'awning'),
  garage_door: of('cover', 'garage', { domain: 'binary_sensor', class: 'garage_door' }),
  gate: of('cover', 'gate', { domain: 'cover', class: 'door' }),
  window: of('cover', 'window', { domain: 'binary_sensor', class: 'window' }),
  door: of('cover', 'door', { domain: 'binary_sensor', class: 'door' }, { domain: 'lock' }),
  lock: of('lock', undefined, { domain: 'binary_sensor', class: 'lock' }),
  climate: of('climate'),
  air_conditioner: of('climate', 'air_conditioner', { domain: 'climate' }),
  media_player: of('media_player'),
  tv: of('media_player', 'tv'),
  speaker: of('media_player', 'speaker', { domain: 'media_player' }),
  vacuum: of('vacuum'),
  lawn_mower: of('lawn_mower'),
  valve: of('valve'),
  scene: of('scene', undefined, { domain: 'script' }),
  script: of('script', undefined, { domain: 'scene' }),
  coffee_maker: of('appliance', 'coffee_maker'),
  oven: of('appliance', 'oven'),
  microwave: of('appliance', 'microwave'),
  dishwasher: of('appliance', 'dishwasher'),
  washer: of('appliance', 'washer'),
  dryer: of('appliance', 'dryer'),
  kettle: of('appliance', 'kettle'),
  car: of('appliance', 'car'),
  sensor: of('sensor'),
  temperature: of('climate', undefined, { domain: 'sensor', class: 'temperature' }),
  humidity: measures('humidity'),
  illuminance: measures('illuminance'),
  energy: measures('energy'),
  air_quality: measures('aqi'),
  battery: senses('battery'),
  charging: of('binary_sensor', 'battery_charging'),
  carbon_monoxide: senses('carbon_monoxide'),
  cold: senses('cold'),
  connectivity: senses('connectivity'),
  gas: senses('gas'),
  heat: senses('heat'),
  light_sensor: of('binary_sensor', 'light'),
  moisture: senses('moisture'),
  motion: senses('motion'),
  moving: senses('moving'),
  occupancy: senses('occupancy'),
  opening: senses('opening'),
  plug: senses('plug'),
  power: senses('power'),
  presence: of('binary_sensor', 'presence', { domain: 'binary_sensor', class: 'occupancy' }),
  problem: senses('problem'),
  running: senses('running'),
  safety: senses('safety'),
  smoke: senses('smoke'),
  sound: senses('sound'),
  tamper: senses('tamper'),
  update: senses('update'),
  vibration: senses('vibration'),
  thing: of('appliance'),
} as const satisfies Record<string, KindSpec>
export type Kind = keyof typeof KINDS

/** Where to look for devices of a kind: its own domain and class first, then the ones that will do. */
export function reachOf(kind: Kind): { readonly domain: Domain; readonly class?: string }[] {
  const spec: KindSpec = KINDS[kind]
  return [{ domain: spec.domain, ...(spec.class ? { class: spec.class } : {}) }, ...(spec.also ?? [])]
}
export const KIND_NAMES = Object.keys(KINDS) as Kind[]

/** Media classes of `play_media`. */
export const MEDIA_CLASSES = [
  'track',
  'artist',
  'album',
  'playlist',
  'podcast',
  'movie',
  'tv_show',
  'genre',
  'radio',
] as const
export type MediaClass = (typeof MEDIA_CLASSES)[number]

/** How many of the things a command or question is about. */
export const QUANTIFIERS = ['all', 'any', 'which', 'count'] as const
export type Quantifier = (typeof QUANTIFIERS)[number]
