import { describe } from '../../daemon/base/errors.js'
import { errors } from './errors.js'
import type { Installed, SlotName, Slots } from './slots.js'
import { type Inspect, sha256Of, verify } from './verify.js'

/**
 * What answers when the daemon starts: what the pointer names when it is whole, else the slot before, else the factory.
 * Read back in full: nothing unverified is ever loaded, whatever the disk did meanwhile.
 * @param bases models of other families: an adapter without its own is of no use
 * @returns the model, and what was wrong with those that were passed over
 * @throws no_model_left
 */
export async function recover(
  slots: Slots,
  signal: AbortSignal,
  inspect: Inspect,
  bases: readonly { family: string; sha256: string }[] = [],
): Promise<{ installed: Installed; problems: string[] }> {
  const problems: string[] = []
  // what cannot be written must not keep the daemon from answering: it is put right at a later start
  const noting = (work: Promise<void>) => work.catch(error => void problems.push(describe(error)))
  await noting(slots.sweep())
  const { active, previous } = await slots.pointer()
  const other = (slot: SlotName): SlotName => (slot === 'a' ? 'b' : 'a')
  const order = active === 'factory' ? [] : [active, ...(previous === other(active) ? [previous] : [])]
  for (const slot of order) {
    const record = await slots.record(slot)
    if (!record) {
      problems.push(`slot ${slot} has no record`)
      continue
    }
    // the way back was good once, or it is no way back
    if (slot !== active && record.state !== 'good') continue
    try {
      const { base } = record.promise.needs
      if (base && !bases.some(b => b.family === base.family && b.sha256 === base.sha256))
        throw errors.base_gone({ family: base.family })
      for (const file of record.promise.files) await verify(slots.fileIn(slot, file), file, signal, inspect)
      if (slot !== active) await noting(slots.movePointer({ version: 1, active: slot, previous: 'factory' }))
      return { installed: slots.installed(slot, record), problems }
    } catch (error) {
      signal.throwIfAborted()
      problems.push(`slot ${slot}: ${(error as Error).message}`)
    }
  }
  if (active !== 'factory')
    await noting(slots.movePointer({ version: 1, active: 'factory', previous: 'factory' }))
  const factory = slots.factoryInstalled
  try {
    const path = factory.files.model!
    const found = await sha256Of(path, signal)
    if (found !== factory.sha256) throw errors.wrong_hash({ path, found, expected: factory.sha256 })
    await inspect(path)
  } catch (error) {
    problems.push(`factory: ${(error as Error).message}`)
    throw errors.no_model_left({ folder: slots.folder, problem: problems.join('; ') }, error)
  }
  return { installed: factory, problems }
}
