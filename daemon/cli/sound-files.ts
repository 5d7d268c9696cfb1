/** Files of sound on the shell: their names, their bytes, and what a row says of one that failed. */
import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { describe, FieldmouseError } from '../base/errors.js'
import { errors } from './errors.js'

/** The name of a file without folder and ending. */
export const idOf = (path: string) => basename(path, extname(path))

/** @throws unreadable_file */
export async function readSound(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw errors.unreadable_file({ path, problem: describe(error) }, error)
  }
}

/** The `error` of a row. */
export const told = (error: unknown) =>
  error instanceof FieldmouseError
    ? { code: error.code, message: error.message, remedy: error.remedy }
    : { code: 'internal', message: describe(error), remedy: 'Report it, with the file.' }
