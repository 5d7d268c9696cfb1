/** Figures as tables. */
import type { EndToEnd } from './end-to-end.js'
import { type Cost, MB } from './others.js'
import type { Notes } from './ours.js'

export interface Row {
  name: string
  fullBytes: number
  ways: Record<string, Cost>
  notes?: Notes
  endToEnd?: EndToEnd
}

const percent = (part: number, whole: number) => {
  const value = (100 * part) / whole
  return `${value.toFixed(value < 1 ? 2 : 1)} %`
}

export const line = ({ name, fullBytes, ways }: Row): string =>
  `| ${name} | ${(fullBytes / MB).toFixed(1)} MB | ${Object.values(ways)
    .map(way => percent(way.bytes, fullBytes))
    .join(' | ')} |`

export function table(rows: readonly Row[]): string {
  const ways = Object.keys(rows[0]!.ways)
  const costs = ways.map(way => {
    const all = rows.map(row => row.ways[way]!)
    const most = (of: (cost: Cost) => number | undefined) => Math.max(...all.map(c => of(c) ?? 0))
    return `| ${way} | ${most(c => c.makeSeconds).toFixed(1)} s | ${most(c => c.makePeakMb).toFixed(0)} MB | ${most(c => c.applySeconds).toFixed(1)} s | ${most(c => c.applyPeakMb).toFixed(0)} MB |`
  })
  return [
    `| update | full | ${ways.join(' | ')} |`,
    `| --- | ${ways.map(() => '---').join(' | ')} | --- |`,
    ...rows.map(line),
    '',
    '| worst of all rows, CPU time | make | peak | apply | peak |',
    '| --- | --- | --- | --- | --- |',
    ...costs,
    ...endToEndTable(rows),
  ].join('\n')
}

/** Parts of the model's file, as TCP carries them. */
function endToEndTable(rows: readonly Row[]): string[] {
  const told = rows.flatMap(({ name, fullBytes, endToEnd: e }) => {
    if (!e) return []
    const all = [e.down, e.brokenAtHalf, e.whole, e.up]
    const parts = all.map(bytes => (bytes === undefined ? '-' : percent(bytes, fullBytes)))
    const { difference, whole } = e.loopDelayMs
    return [
      `| ${name} | ${parts.join(' | ')} | ${e.check} B | ${e.seconds} s | ${difference} / ${whole} ms |`,
    ]
  })
  if (told.length === 0) return []
  return [
    '',
    '| end to end, over HTTP | to the device | broken at half | whole file | from it | a look | took | others wait, p99, difference / whole |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...told,
  ]
}
