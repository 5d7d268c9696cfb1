import type { SlotName, Slots } from './slots.js'

/** After the watch window the slot is good: the other one may be used for the next update. */
export async function confirm(slots: Slots, slot: SlotName): Promise<void> {
  const record = await slots.record(slot)
  if (record && record.state !== 'good') await slots.writeRecord(slot, { ...record, state: 'good' })
}
