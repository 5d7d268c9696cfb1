/** `key=value` pairs, anywhere in a text; values may be quoted. `key: value` counts where commas or semicolons part it. Pure. */
import type { PlacedField } from './json.js'
import { numberOf } from './numbers.js'

const MOST_PAIRS = 128
const PAIR =
  /(?<![\w.%$/@-])([A-Za-z_][\w.%/@-]{0,63})(?:\[[\w°%/]{1,8}\])?(?:=|:=)(?:"([^"]*)"|'([^']*)'|([^\s,;"'|&]*))/g
const FRACTION = /,\d{1,9}[A-Za-z°%/]{0,6}(?=[\s;]|$)/y
const COLON =
  /(?:^|[,;|]\s?)\s*([A-Za-z_À-ɏ][\w .%/À-ɏ-]{0,39}?)\s?:\s?(?:"([^",;|]*)"|([^,;|"]{1,60}))(?=[,;|]|$)/g

export interface Pairs {
  fields: PlacedField[]
  /** Characters that belong to pairs. */
  covered: number
}

/** The `key=value` pairs of a text, at most 128. */
export function readPairs(text: string, from = 0): Pairs {
  const found: Pairs = { fields: [], covered: 0 }
  if (!text.includes('=', from)) return found
  PAIR.lastIndex = from
  for (let m = PAIR.exec(text); m !== null && found.fields.length < MOST_PAIRS; m = PAIR.exec(text)) {
    const quoted = m[2] ?? m[3]
    const value = quoted ?? m[4] ?? ''
    let bare = quoted === undefined ? value.replace(/[)\]}.:]+$/, '') : value
    const start = m.index + m[0].length - value.length - (quoted === undefined ? 0 : 1)
    if (quoted === undefined && text[PAIR.lastIndex] === ',' && /^[-+]?\d+$/.test(bare)) {
      // `t=3,5 p=7`: a decimal comma, when nothing but a unit follows
      FRACTION.lastIndex = PAIR.lastIndex
      const more = FRACTION.exec(text)?.[0] ?? ''
      bare += more
      found.covered += more.length
    }
    found.fields.push({ name: m[1]!, value: typed(bare), text: bare, start })
    found.covered += m[0].length + 1
  }
  return found
}

/** `temp: 78 C; pressure: 3.2 bar`: the whole text in pairs with colons, two at least. */
export function readColonPairs(text: string, from = 0): Pairs {
  const found: Pairs = { fields: [], covered: 0 }
  const colon = text.indexOf(':', from)
  if (colon < 0 || colon - from > 44 || text.length - from > 2000) return found
  const rest = from === 0 ? text : text.slice(from)
  // two pairs have a mark between them and a colon behind it
  const mark = rest.search(/[,;|]/)
  if (mark < 0 || rest.indexOf(':', mark) < 0) return found
  for (const m of rest.matchAll(COLON)) {
    if (found.fields.length === MOST_PAIRS) break
    const value = (m[2] ?? m[3] ?? '').trim()
    const start = from + m.index + m[0].lastIndexOf(value)
    found.fields.push({ name: m[1]!.trim(), value: typed(value), text: value, start })
    found.covered += m[0].length
  }
  return found
}

/** A word as the value it stands for. */
export function typed(text: string): string | number | boolean | null {
  const number = numberOf(text)
  if (number !== undefined) return number
  if (text === 'true' || text === 'false') return text === 'true'
  return text === 'null' ? null : text
}
