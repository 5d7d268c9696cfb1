/** Which file reads lines that plain code is unsure of. */
import { existsSync } from 'node:fs'
import { packageFile } from './base/package-root.js'
import type { Config } from './config/schema.js'

/** The line model that ships. */
export const factoryLineModel = () => packageFile('ota', 'factory', 'fieldmouse-line.gguf')

/** @returns undefined when the owner wants none, or the package has none */
export function lineModel(_config: Config): { path: string; sha256?: string } | undefined {
  const path = factoryLineModel()
  return existsSync(path) ? { path } : undefined
}
