import { existsSync } from 'node:fs'
import { type FactoryFamily, factoryModelOf } from '../../daemon/factory.js'

/** The factory model that ships. */
export function factoryModelPath(family: FactoryFamily = 'command'): string {
  const { model } = factoryModelOf(family).files
  if (!existsSync(model)) throw new Error(`the factory model is missing at ${model}`)
  return model
}
