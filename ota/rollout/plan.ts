/** The file of a rollout with every default filled in: what is carried out. Pure. */
import type { RolloutFile, RolloutPlan, RolloutRecord } from '../format/rollout.js'
import { errors } from './errors.js'

/** A model as a repository knows it. */
export interface KnownModel {
  family: string
  version: string
  release: number
  path: string
  sha256: string
}

/**
 * @param known what the repository offers; empty: nothing is looked up
 * @throws model_unknown, model_ambiguous, group_unknown
 */
export function planOf(file: RolloutFile, known: readonly KnownModel[] = []): RolloutPlan {
  const { canary, waves, gate, model, go_back_to, ...rest } = file
  for (const group of file.who.groups ?? [])
    if (file.groups[group] === undefined) throw errors.group_unknown({ group })
  const { family } = model
  const sizes = [...(canary === undefined ? [] : [canary]), ...waves]
  const all = sizes.map(wave => (typeof wave === 'object' ? wave : { size: wave }))
  if (all.at(-1)?.size !== 'rest') all.push({ size: 'rest' })
  return {
    ...rest,
    gate,
    model: { family, ...found(model, family, known) },
    ...(go_back_to ? { go_back_to: found(go_back_to, family, known) } : {}),
    waves: all.map(wave => ({
      size: wave.size,
      ...(wave.per_minute === undefined ? {} : { per_minute: wave.per_minute }),
      confirmed_percent: wave.confirmed_percent ?? gate.confirmed_percent,
      soak_minutes: wave.soak_minutes ?? gate.soak_minutes,
      approval: wave.approval ?? gate.approval,
    })),
  }
}

function found(
  wanted: Omit<RolloutFile['model'], 'family'>,
  family: string,
  known: readonly KnownModel[],
): NonNullable<RolloutPlan['go_back_to']> {
  const { sha256, version, release, path } = wanted
  const fits = known.filter(
    m =>
      m.family === family &&
      (sha256 ?? m.sha256) === m.sha256 &&
      (version ?? m.version) === m.version &&
      (release ?? m.release) === m.release &&
      (path ?? m.path) === m.path,
  )
  const what = `${family} ${version ?? (release === undefined ? (path ?? sha256?.slice(0, 12)) : `release ${release}`) ?? ''}`
  if (fits.length > 1) throw errors.model_ambiguous({ what, count: fits.length })
  const [one] = fits
  if (one) return { sha256: one.sha256, path: one.path, version: one.version, release: one.release }
  if (sha256 === undefined || known.length > 0) throw errors.model_unknown({ what: what.trim() })
  return {
    sha256,
    ...(path === undefined ? {} : { path }),
    ...(version === undefined ? {} : { version }),
    ...(release === undefined ? {} : { release }),
  }
}

/** A rollout that begins now. */
export function newRecord(plan: RolloutPlan, nowMs: number): RolloutRecord {
  return {
    version: 1,
    name: plan.name,
    revision: 1,
    phase: 'running',
    plan,
    begun_at_ms: nowMs,
    counts_from_ms: wholeSecond(nowMs),
    waves: [],
    orders: [],
  }
}

/** When devices were told is known to the second. */
export const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000

/** How many devices a wave has. @returns null: all that are left */
export function sizeOf(size: RolloutPlan['waves'][number]['size'], total: number): number | null {
  if (size === 'rest') return null
  if (typeof size === 'number') return size
  return Math.max(1, Math.ceil((Number.parseFloat(size) / 100) * total))
}
