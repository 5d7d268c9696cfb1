/** Desired x trusted metadata x board: a candidate, or nothing and why. Pure. */
import type { DesiredModel } from '../format/desired.js'
import { mainFile, type Offer } from '../format/target.js'

export interface CheckFacts {
  family: string
  board: {
    /** What this board is, any of them: profile, chip, architecture. */
    classes: readonly string[]
    /** What a model may take, MiB. */
    memoryMib: number
    /** Dotted number of the engine. */
    engine: string
  }
  running: { release: number; sha256: string }
  /** SHA-256 of what did badly on this device. */
  bad: readonly string[]
  /** Kept by hand: nothing else is loaded. */
  pinnedSha256?: string
  /** Models of other families that are good here: bases of adapters. */
  installed: readonly { family: string; release: number; sha256: string }[]
}

export const NOTHING = {
  up_to_date: 'what runs is the newest that fits',
  held: 'the fleet wants what runs to stay',
  pinned: 'a release is pinned by hand',
  not_offered: 'the repository does not offer what is desired',
  nothing_offered: 'the repository offers nothing for this family',
  other_hash: 'the fleet and the repository do not name the same file',
  wrong_family: 'what is desired is for something else',
  wrong_board: 'it is made for other boards',
  too_large: 'it needs more memory than this board can give',
  engine_too_old: 'it needs a newer engine',
  base_missing: 'the base of the adapter is not here',
  known_bad: 'it did badly on this device before (`fieldmouse ota forgive` lets it be tried again)',
  older: 'it is older than what runs',
} as const
export type NothingCode = keyof typeof NOTHING

export type Found = { candidate: Offer } | { nothing: NothingCode; says: string }

/**
 * @param desired what the fleet says of this family; undefined: the newest that fits
 * @param offers of the repository for this family, the newest first; with a desired path, that one offer or none
 */
export function checkDesired(
  desired: DesiredModel | undefined,
  offers: readonly Offer[],
  facts: CheckFacts,
): Found {
  if (facts.pinnedSha256 && facts.pinnedSha256 === facts.running.sha256) return nothing('pinned')
  if (desired?.hold) return nothing('held')
  const wanted = facts.pinnedSha256
    ? offers.filter(o => mainFile(o.promise).sha256 === facts.pinnedSha256)
    : desired?.path === undefined
      ? offers
      : offers.filter(o => o.path === desired.path)
  if (wanted.length === 0)
    return nothing(desired?.path || facts.pinnedSha256 ? 'not_offered' : 'nothing_offered')
  const mayGoBack = desired?.allow_older === true || facts.pinnedSha256 !== undefined
  let first: Found | undefined
  for (const offer of wanted) {
    const why = unfit(offer, desired, facts, mayGoBack)
    if (!why) return { candidate: offer }
    first ??= nothing(why, offer)
    // what comes after is older still
    if (why === 'up_to_date') break
  }
  return first!
}

function unfit(
  { promise }: Offer,
  desired: DesiredModel | undefined,
  { family, board, running, bad, installed }: CheckFacts,
  mayGoBack: boolean,
): NothingCode | undefined {
  const { sha256 } = mainFile(promise)
  const { needs } = promise
  if (promise.family !== family) return 'wrong_family'
  if (desired?.sha256 && desired.sha256 !== sha256) return 'other_hash'
  if (sha256 === running.sha256) return 'up_to_date'
  if (promise.release <= running.release && !mayGoBack) return desired?.path ? 'older' : 'up_to_date'
  if (bad.includes(sha256)) return 'known_bad'
  if (needs.boards.length > 0 && !needs.boards.some(b => board.classes.includes(b))) return 'wrong_board'
  if (needs.memory_mib > board.memoryMib) return 'too_large'
  if (isBelow(board.engine, needs.engine)) return 'engine_too_old'
  const { base } = needs
  if (base && !installed.some(i => i.family === base.family && i.sha256 === base.sha256))
    return 'base_missing'
  return undefined
}

/** Whether a dotted number is below another; missing parts are 0. */
export function isBelow(version: string, least: string): boolean {
  const a = version.split('.').map(Number)
  const b = least.split('.').map(Number)
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] || 0) - (b[i] || 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

function nothing(code: NothingCode, offer?: Offer): Found {
  const which = offer ? `${offer.promise.family} ${offer.promise.version}: ` : ''
  return { nothing: code, says: `${which}${NOTHING[code]}` }
}
