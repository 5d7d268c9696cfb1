/**
 * Patterns of code books that ask for digits, or for no more than so many characters between two words, made blind to
 * which and how many: what such a pattern finds in a line with other numbers, its blind form finds in the line itself. So
 * a book that looks for `OB 86` is no reason to look at the numbers of a line in which no `OB` stands. Pure.
 */

const FIRST_IN_CLASS = /^\[(\^?)/

interface Atom {
  text: string
  /** Asks for digits, alone or with others. */
  digits: boolean
  optional: boolean
}

const blindForms = new Map<RegExp, RegExp | undefined>()

/** @returns undefined when the pattern asks for neither: then other numbers change nothing */
export function blindTo(pattern: RegExp): RegExp | undefined {
  if (!blindForms.has(pattern)) blindForms.set(pattern, blindFormOf(pattern))
  return blindForms.get(pattern)
}

function blindFormOf(pattern: RegExp): RegExp | undefined {
  if (!asksForDigits(pattern.source)) return undefined
  const atoms = atomsOf(withoutDenials(pattern.source))
  let blind = ''
  for (let i = 0; i < atoms.length; i++) {
    const { text, digits } = atoms[i]!
    if (!digits) {
      // a number may be longer: so may what stands between
      blind += text.replace(/\{\d*,?\d*\}\??$/, GAP.test(text) ? '{0,80}' : '{0,20}')
      continue
    }
    let end = i
    while (atoms[end + 1]?.digits) end++
    const run = atoms.slice(i, end + 1)
    // what a class takes beside digits may stand among them
    const classes = run.map(a => /^\[(.*)\]/.exec(a.text)?.[1] ?? '').join('')
    const any = classes ? `[\\w.,${classes}]+` : '\\d[\\d.,]*'
    blind += run.every(a => a.optional) ? `(?:${any})?` : any
    i = end
  }
  return new RegExp(blind, pattern.flags)
}

/** Whether a pattern finds something in a text whichever digits stand there: `q` is no digit, and part of a word alike. */
export const holdsWithout = (pattern: RegExp, text: string): boolean =>
  !/\(\?<?![^)]*\d/.test(pattern.source) && pattern.test(text.replace(/\d/g, 'q'))

/** A digit itself, `\d`, or a class that has some; or a gap that is so long at most. */
const asksForDigits = (source: string): boolean =>
  atomsOf(source.replace(/\(\?<?!/g, '(?:')).some(a => a.digits || GAP.test(a.text))
const GAP = /^(?:\.|\[\^[^\]]*\])\{/

/** What must not follow or stand before: without it more is found. */
function withoutDenials(source: string): string {
  for (let at = 0; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (/^\(\?<?!/.test(source.slice(at, at + 4))) {
      const end = closing(source, at)
      return source.slice(0, at) + withoutDenials(source.slice(end + 1))
    }
  }
  return source
}

function closing(source: string, open: number): number {
  let depth = 0
  for (let at = open; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === '[') at = endOfClass(source, at)
    else if (source[at] === '(') depth++
    else if (source[at] === ')' && --depth === 0) return at
  }
  return source.length - 1
}

function endOfClass(source: string, open: number): number {
  let at = open + FIRST_IN_CLASS.exec(source.slice(open))![0].length
  while (source[at] !== ']') at += source[at] === '\\' ? 2 : 1
  return at
}

/** Characters, classes and escapes, each with how often; brackets and bars are atoms of their own. */
function atomsOf(source: string): Atom[] {
  const atoms: Atom[] = []
  for (let at = 0; at < source.length; ) {
    const from = at
    // the head of a group
    const head = /^\((?:\?(?::|=|<=|<\w+>))?/.exec(source.slice(at))
    if (head) {
      at += head[0].length
      atoms.push({ text: head[0], digits: false, optional: false })
      continue
    }
    if (source[at] === '\\') at += 2
    else if (source[at] === '[') at = endOfClass(source, at) + 1
    else at++
    const text = source.slice(from, at)
    const often = /^(?:[*+?]|\{\d*,?\d*\})\??/.exec(source.slice(at))?.[0] ?? ''
    at += often.length
    atoms.push({
      text: text + often,
      digits: /^(?:\\d$|\d$|\[(?!\^).*\d|\[(?!\^).*\\d)/.test(text),
      optional: /^(?:[*?]|\{0?,)/.test(often),
    })
  }
  return atoms
}
