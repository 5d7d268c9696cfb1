/** Speech back to writing, where the command path compares letters: names with figures, and times of day. Pure. */
import type { Home } from '../../commands/home.js'
import { normalise } from '../../commands/normalise.js'
import { spoken } from './spoken.js'

/** Names that are said otherwise than they are written, by how they are said: "office two" is "office 2". */
export function spellingsOf(home: Home): Map<string, string> {
  const out = new Map<string, string>()
  const things = [
    ...home.devices,
    ...home.areas,
    ...home.floors,
    ...home.routines,
    ...home.devices.flatMap(d => d.programs ?? []),
  ]
  for (const thing of things)
    for (const name of [thing.name, ...thing.aliases]) {
      const said = spoken(name)
      const spelled = normalise(name)
      // a number alone may be anything
      if (said && said !== spelled && said.includes(' ')) out.set(said, spelled)
    }
  return out
}

/**
 * A sentence as the command path wants it. Numbers stay in words: it reads "twenty two degrees", "seven thirty", "half past
 * six" and "fifty percent" itself (daemon/commands/values.ts).
 */
export function written(text: string, spellings: ReadonlyMap<string, string>): string {
  let out = ` ${text} `
  // the longest first: "office twenty one" before "office twenty"
  for (const [said, spelled] of [...spellings].sort(([a], [b]) => b.length - a.length))
    out = out.replaceAll(` ${said} `, ` ${spelled} `)
  return out.trim()
}
