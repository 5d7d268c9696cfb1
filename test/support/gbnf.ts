import type { Grammar, Rule } from '../../daemon/inference/grammar.js'

const escaped = (text: string, special: RegExp) =>
  text.replace(special, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** A grammar in llama.cpp's own notation, to hold the matcher against llama.cpp's. Rule names: letters and digits only. */
export function toGbnf(grammar: Grammar): string {
  const print = (rule: Rule): string => {
    if ('lit' in rule) return `"${escaped(rule.lit, /["\\\x00-\x1f]/g)}"`
    if ('seq' in rule) return `(${rule.seq.map(print).join(' ')})`
    if ('alt' in rule) return `(${rule.alt.map(print).join(' | ')})`
    if ('ref' in rule) return rule.ref
    if ('many' in rule) return `(${print(rule.many)}){${rule.min},${rule.max ?? ''}}`
    const parts = rule.chars.map(r =>
      r.length === 3 && r[1] === '-'
        ? `${escaped(r[0]!, /[\]^\\\-\x00-\x1f]/g)}-${escaped(r[2]!, /[\]^\\\-\x00-\x1f]/g)}`
        : escaped(r, /[\]^\\\-\x00-\x1f]/g),
    )
    return `[${rule.not ? '^' : ''}${parts.join('')}]`
  }
  return Object.entries(grammar.rules)
    .map(([name, rule]) => `${name} ::= ${print(rule)}`)
    .join('\n')
}
