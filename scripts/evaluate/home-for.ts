/**
 * A home in which a generated command can be carried out. Generated sentences come with the short form that is expected,
 * not with a home; but an answer is right when the right devices move, not when the form is the same letter for letter
 * ("the lights" as a device or as a kind). So each sentence gets a home that has what it names, among other things.
 */
import { type CompactAction, type CompactCommand, isMove } from '../../daemon/commands/compact.js'
import { ground } from '../../daemon/commands/ground.js'
import { type ConfiguredHome, type Home, parseHome, slug } from '../../daemon/commands/home.js'
import { type Place, placeOf, words } from '../../daemon/commands/names.js'
import type { ParsedCommand } from '../../daemon/commands/parsed-command.js'
import {
  CAPABILITIES,
  type Capability,
  type Domain,
  KINDS,
  type KindSpec,
} from '../../daemon/commands/vocabulary.js'

/** Where the speaker of a generated sentence is. */
export const NEAR = 'lounge'

const RUNS: readonly Domain[] = ['vacuum', 'lawn_mower', 'appliance']
/** All that a device of its domain might do: whether a light can be dimmed is no question here. */
const capabilitiesOf = (domain: Domain): Capability[] =>
  // a thing that runs is started, everything else is turned on
  CAPABILITIES.filter(c => c !== (RUNS.includes(domain) ? 'on_off' : 'start_stop'))

/** What is there whatever is said: things to be taken for what is named. */
const OTHERS = parseHome(
  {
    floors: [
      { name: 'Ground floor', aliases: ['downstairs', 'first floor'] },
      { name: 'Upper floor', aliases: ['upstairs', 'second floor'] },
    ],
    areas: [
      { name: 'Lounge', floor: 'ground_floor', aliases: ['living room', 'sitting room'] },
      { name: 'Kitchen', floor: 'ground_floor' },
      { name: 'Bedroom', floor: 'upper_floor' },
      { name: 'Garden', aliases: ['outside'] },
    ],
    devices: ['Lounge', 'Kitchen', 'Bedroom', 'Garden'].flatMap(area => [
      { name: `${area} light`, kind: 'light', area: slug(area), capabilities: capabilitiesOf('light') },
      { name: `${area} fan`, kind: 'fan', area: slug(area), capabilities: capabilitiesOf('fan') },
      {
        name: `${area} blind`,
        kind: 'cover',
        class: 'blind',
        area: slug(area),
        capabilities: capabilitiesOf('cover'),
      },
      {
        name: `${area} speaker`,
        kind: 'media_player',
        class: 'speaker',
        area: slug(area),
        capabilities: capabilitiesOf('media_player'),
      },
    ]),
  },
  'the home of generated sentences',
)

/** A name as a home file has it: "the reading lamp" is called "reading lamp". */
const nameIn = (span: string) => span.replace(/^(the|my|our|a|an|this|that|all|both) /, '')

/** One area of a place that the home knows: the room itself, a room of the storey, the speaker's room. */
function aPlaceIn(place: Place, home: Home): string {
  if ('area' in place && place.area) return place.area.id
  if ('floor' in place && place.floor) return home.areas.find(a => a.floor === place.floor?.id)?.id ?? NEAR
  return 'special' in place && place.special === 'outside' ? 'garden' : NEAR
}

/** Adds what an action names and the home lacks. */
function furnish(home: ConfiguredHome, action: CompactAction): void {
  const place = action.area === undefined ? undefined : placeOf(words(action.area), home)
  let area: string | null = place ? aPlaceIn(place, home) : null
  if (action.area !== undefined && !place) {
    const name = nameIn(action.area)
    area = slug(name) || 'place'
    home.areas.push({ id: area, name, aliases: [], floor: null })
  }
  if (action.except !== undefined && !placeOf(words(action.except), home)) {
    const { except, ...rest } = action
    furnish(home, { action: rest.action, kind: rest.kind ?? 'light', dev: except })
  }
  const there = ground([action], { home, area: NEAR })
  if (!('refusal' in there) || there.refusal.reason === 'not_understood') return
  // "everything in the bar off": some light will be there
  const kind = action.kind ?? (action.dev ? 'thing' : 'light')
  const spec: KindSpec = KINDS[kind]
  const name = nameIn(action.dev ?? action.area ?? kind)
  home.devices.push({
    id: `${spec.domain}.${slug(name)}_${home.devices.length}`,
    name: action.dev ? name : `${name} ${kind}`.replaceAll('_', ' '),
    aliases: [],
    area: area ?? (action.dev ? null : NEAR),
    kind: spec.domain,
    class: spec.class ?? null,
    capabilities: capabilitiesOf(spec.domain),
  })
}

/**
 * The home for an expected command, and what the command does there.
 * @returns undefined when even in it the command cannot be carried out: such a sentence tells nothing about a reading
 */
export function homeFor(command: CompactCommand): { home: Home; parsed: ParsedCommand } | undefined {
  const home = structuredClone(OTHERS)
  for (const action of command) {
    if (isMove(action)) return undefined
    furnish(home, action)
  }
  // a fresh object: what is remembered of names belongs to the finished home
  const finished = structuredClone(home)
  const parsed = ground(command, { home: finished, area: NEAR })
  return command.length > 0 && 'refusal' in parsed ? undefined : { home: finished, parsed }
}
