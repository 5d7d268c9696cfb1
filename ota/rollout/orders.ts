/** What people may ask of a rollout. Pure. */
import type { OrderWord, RolloutRecord } from '../format/rollout.js'
import { wholeSecond } from './plan.js'
import { changed } from './wave.js'

const MOST_ORDERS = 50

/** @returns the record after it, or why not */
export function obey(
  record: RolloutRecord,
  order: { do: OrderWord; by: string },
  nowMs: number,
): RolloutRecord | { problem: string } {
  const after = (more: Partial<RolloutRecord>): RolloutRecord =>
    changed(record, {
      ...more,
      orders: [...record.orders, { do: order.do, at_ms: nowMs, by: order.by }].slice(-MOST_ORDERS),
    })
  const because = (code: string, message: string) => ({ reason: { code, message, at_ms: nowMs } })
  const { phase, plan } = record
  const isOpen = phase === 'running' || phase === 'paused'
  switch (order.do) {
    case 'pause':
      if (phase !== 'running') return { problem: `only what runs can be paused; it is ${phase}` }
      return after({ phase: 'paused', ...because('paused', `paused by ${order.by}`) })
    case 'resume':
      if (phase === 'paused')
        return after({ phase: 'running', ...because('resumed', `resumed by ${order.by}`) })
      if (phase !== 'stopped')
        return { problem: `only what is paused or stopped can be resumed; it is ${phase.replace('_', ' ')}` }
      return after({
        phase: 'running',
        ...because('resumed', `resumed by ${order.by}; what went wrong before counts no more`),
        counts_from_ms: wholeSecond(nowMs),
        waves: record.waves.map((w, i) => (i === record.waves.length - 1 ? { ...w, overruled: true } : w)),
      })
    case 'approve': {
      const index = record.waves.length - 1
      const wave = record.waves[index]
      const isLast = index === plan.waves.length - 1
      if (!isOpen || wave === undefined) return { problem: `there is nothing to approve; it is ${phase}` }
      if (isLast || plan.waves[index]?.approval !== 'by_hand' || wave.approved_at_ms !== undefined)
        return { problem: `wave ${index + 1} needs no approval` }
      if (wave.reached_at_ms === undefined)
        return { problem: `wave ${index + 1} has not enough confirmed devices yet; approve it after that` }
      const waves = record.waves.map((w, i) => (i === index ? { ...w, approved_at_ms: nowMs } : w))
      return after({ waves, ...because('approved', `wave ${index + 1} approved by ${order.by}`) })
    }
    case 'stop':
      if (!isOpen) return { problem: `it does not run; it is ${phase.replace('_', ' ')}` }
      return after({
        phase: plan.on_stop === 'go_back' ? 'going_back' : 'stopped',
        ...because('stopped_by_hand', `stopped by ${order.by}`),
      })
    case 'go_back':
      if (phase === 'going_back' || phase === 'gone_back') return { problem: 'it goes back already' }
      return after({ phase: 'going_back', ...because('going_back', `sent back by ${order.by}`) })
  }
}
