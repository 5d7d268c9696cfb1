/**
 * Grammars as values: built once, printed as GBNF for the native sampler, and walked in TypeScript to find the text
 * that is forced. Plain JSON, so that they cross to the child process.
 */

/** A rule. References must not be recursive, and what `many` repeats must not match the empty text. */
export type Rule =
  | { readonly lit: string }
  | { readonly seq: readonly Rule[] }
  | { readonly alt: readonly Rule[] }
  | { readonly many: Rule; readonly min: number; readonly max?: number }
  /** One character of a class: single characters and ranges (`['a-z', '_']`), or anything but these. */
  | { readonly chars: readonly string[]; readonly not?: boolean }
  | { readonly ref: string }

/** Named rules and the one to start from. */
export interface Grammar {
  readonly root: string
  readonly rules: Readonly<Record<string, Rule>>
}

export const lit = (text: string): Rule => ({ lit: text })
export const seq = (...rules: Rule[]): Rule => ({ seq: rules })
export const alt = (...rules: Rule[]): Rule => ({ alt: rules })
export const many = (rule: Rule, min = 0, max?: number): Rule =>
  max === undefined ? { many: rule, min } : { many: rule, min, max }
export const opt = (rule: Rule): Rule => many(rule, 0, 1)
export const ref = (name: string): Rule => ({ ref: name })
