/** In which order devices are told. Pure, and the same each time for the same devices. */
import { type DeviceFacts, isHere } from './facts.js'

/**
 * Every kind of device (board, version that runs) early, so that a canary meets them all; then each kind by its share. What is
 * away comes last.
 * @param waiting not told yet
 * @param told already
 * @param seed other rollouts begin with other devices
 */
export function inOrder(
  waiting: readonly DeviceFacts[],
  told: readonly DeviceFacts[],
  family: string,
  seed: string,
): DeviceFacts[] {
  const kindOf = ({ board = '', models }: DeviceFacts) => `${board}\n${models[family]?.running.version ?? ''}`
  // those that were told run another version by now: their boards were met
  const met = new Set(told.map(({ board = '' }) => board))
  const kinds = new Map<string, { facts: DeviceFacts; draw: number }[]>()
  for (const facts of waiting) {
    const kind = kindOf(facts)
    const list = kinds.get(kind) ?? []
    list.push({ facts, draw: draw(`${seed}\n${facts.id}`) })
    kinds.set(kind, list)
  }
  const ranked = [...kinds.values()].flatMap(list => {
    list.sort((a, b) => Number(isHere(b.facts)) - Number(isHere(a.facts)) || a.draw - b.draw)
    return list.map(({ facts, draw }, i) => ({
      facts,
      draw,
      size: list.length,
      isHere: isHere(facts),
      isFirst: i === 0 && !met.has(facts.board ?? ''),
      rank: (i + 0.5) / list.length,
    }))
  })
  ranked.sort(
    (a, b) =>
      Number(b.isHere) - Number(a.isHere) ||
      Number(b.isFirst) - Number(a.isFirst) ||
      (a.isFirst ? b.size - a.size : a.rank - b.rank) ||
      a.draw - b.draw,
  )
  return ranked.map(r => r.facts)
}

/** A number drawn from a text. @source FNV-1a, 32 bits */
function draw(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  // the last letters of ids that count up reach only the low bits: mix once more
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return (h ^ (h >>> 13)) >>> 0
}
