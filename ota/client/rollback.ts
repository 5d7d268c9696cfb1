import type { SlotName, Slots } from './slots.js'

/**
 * The pointer goes back from `slot`: to the slot before it when that one is good, else to the factory. A slot that does
 * not answer is left alone.
 */
export async function rollback(slots: Slots, slot: SlotName): Promise<void> {
  const { active, previous } = await slots.pointer()
  if (active !== slot) return
  const isGood =
    previous !== 'factory' && previous !== slot && (await slots.record(previous))?.state === 'good'
  await slots.movePointer({ version: 1, active: isGood ? previous : 'factory', previous: 'factory' })
}
