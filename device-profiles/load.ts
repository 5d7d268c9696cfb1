import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
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

/**
 * Reads every board and model file.
 * @param folder the `device-profiles` folder that holds boards/, models/ and cores.yaml
 * @throws Error naming the file and every problem in it: a profile that ships is checked by a test
 */
export function loadProfiles(folder: string): Profiles {
  return Object.freeze({
    boards: readAll(join(folder, 'boards'), BoardSchema),
    models: readAll(join(folder, 'models'), ModelSchema),
    speeds: readOne(join(folder, 'cores.yaml'), CoresSchema),
  })
}

function readAll<S extends z.ZodType<{ name: string }>>(folder: string, schema: S): readonly z.output<S>[] {
  return Object.freeze(
    readdirSync(folder)
      .filter(file => file.endsWith('.yaml'))
      .sort()
      .map(file => {
        const profile = readOne(join(folder, file), schema)
        if (profile.name !== basename(file, '.yaml'))
          throw new Error(
            `${join(folder, file)}: name: expected ${basename(file, '.yaml')}, got ${profile.name}`,
          )
        return profile
      }),
  )
}

function readOne<S extends z.ZodType>(file: string, schema: S): z.output<S> {
  let content: unknown
  try {
    content = parse(readFileSync(file, 'utf8'))
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
