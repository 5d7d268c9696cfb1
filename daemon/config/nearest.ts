/**
 * The known word closest to what was typed, for "did you mean": within a third of its length, at least one change.
 * @returns undefined when none is close
 */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const low = typed.toLowerCase().replaceAll('-', '_')
  const fold = (word: string) => word.replaceAll('_', '')
  let best: { word: string; distance: number } | undefined
  for (const word of known) {
    // `queueLength` for `queue_length` is not a mistake of spelling but of case
    const distance = fold(low) === fold(word) ? 0 : editDistance(low.slice(0, 64), word)
    if (distance <= Math.max(1, Math.floor(word.length / 3)) && (!best || distance < best.distance))
      best = { word, distance }
  }
  return best?.word
}

/**
 * Insertions, deletions, replacements and swaps of neighbours between two words.
 * @source optimal string alignment, Damerau 1964
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length]!
}
