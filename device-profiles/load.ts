import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import type { z } from 'zod'
import {
  type BoardProfile,
  BoardSchema,
  type CoreSpeeds,
  CoresSchema,
  type ModelProfile,
  ModelSchema,
} from './schema.js'

/** All profiles, as the files say. */
export interface Profiles {
  boards: readonly BoardProfile[]
  models: readonly ModelProfile[]
  speeds: CoreSpeeds
}

/** What a YAML file says, unchecked. @throws Error with the line */
export type ReadYaml = (file: string) => unknown

const readPlain: ReadYaml = file => createRequire(import.meta.url)('yaml').parse(readFileSync(file, 'utf8'))

/**
 * Reads every board and model file.
 * @param folder the `device-profiles` folder that holds boards/, models/ and cores.yaml
 * @throws Error naming the file and every problem in it: a profile that ships is checked by a test
 */
export function loadProfiles(folder: string, read: ReadYaml = readPlain): Profiles {
  return Object.freeze({
    boards: readAll(join(folder, 'boards'), BoardSchema, read),
    models: readAll(join(folder, 'models'), ModelSchema, read),
    speeds: readOne(join(folder, 'cores.yaml'), CoresSchema, read),
  })
}

/**
 * Reads boards and models of the owner on top of those that ship; a name that ships is replaced. One broken file does
 * not take the others with it.
 * @param folder may hold boards/ and models/
 * @returns the profiles, and what is wrong with those that are left out
 */
export function loadOwnProfiles(
  folder: string,
  shipped: Profiles,
): { profiles: Profiles; problems: string[] } {
  const problems: string[] = []
  const own = <S extends z.ZodType<{ name: string }>>(kind: string, schema: S): z.output<S>[] => {
    let names: string[]
    try {
      names = readdirSync(join(folder, kind)).filter(file => file.endsWith('.yaml'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') problems.push((error as Error).message)
      return []
    }
    return names.sort().flatMap(name => {
      try {
        return [readNamed(join(folder, kind, name), schema, readPlain)]
      } catch (error) {
        problems.push((error as Error).message)
        return []
      }
    })
  }
  const onTop = <T extends { name: string }>(mine: readonly T[], theirs: readonly T[]): readonly T[] =>
    Object.freeze([...mine, ...theirs.filter(t => !mine.some(m => m.name === t.name))])
  const boards = own('boards', BoardSchema)
  const models = own('models', ModelSchema)
  if (boards.length + models.length + problems.length === 0)
    problems.push(`${folder} holds no profile in boards/ or models/`)
  return {
    profiles: Object.freeze({
      boards: onTop(boards, shipped.boards),
      models: onTop(models, shipped.models),
      speeds: shipped.speeds,
    }),
    problems,
  }
}

function readAll<S extends z.ZodType<{ name: string }>>(
  folder: string,
  schema: S,
  read: ReadYaml,
): readonly z.output<S>[] {
  return Object.freeze(
    readdirSync(folder)
      .filter(file => file.endsWith('.yaml'))
      .sort()
      .map(file => readNamed(join(folder, file), schema, read)),
  )
}

function readNamed<S extends z.ZodType<{ name: string }>>(
  file: string,
  schema: S,
  read: ReadYaml,
): z.output<S> {
  const profile = readOne(file, schema, read)
  if (profile.name !== basename(file, '.yaml'))
    throw new Error(`${file}: name: expected ${basename(file, '.yaml')}, got ${profile.name}`)
  return profile
}

function readOne<S extends z.ZodType>(file: string, schema: S, read: ReadYaml): z.output<S> {
  let content: unknown
  try {
    content = read(file)
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
  const result = schema.safeParse(content)
  if (!result.success) {
    const problems = result.error.issues.map(i => `${i.path.join('.') || '(top level)'}: ${i.message}`)
    throw new Error(`${file}: ${problems.join('; ')}`)
  }
  return deepFreeze(result.data)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}
