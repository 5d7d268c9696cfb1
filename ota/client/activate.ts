import type { SlotName, Slots } from './slots.js'

/** One durable pointer moves. Moved already, it stays. */
export async function activate(slots: Slots, slot: SlotName): Promise<void> {
  const pointer = await slots.pointer()
  if (pointer.active === slot) return
  await slots.movePointer({ version: 1, active: slot, previous: pointer.active })
}
