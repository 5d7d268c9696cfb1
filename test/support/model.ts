import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** The factory model that ships; tests run from the repository root. */
export function factoryModelPath(): string {
  const path = resolve('ota/factory/fieldmouse-command.gguf')
  if (!existsSync(path)) throw new Error(`the factory model is missing at ${path}`)
  return path
}
