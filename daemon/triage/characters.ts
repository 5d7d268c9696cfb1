/** Kinds of characters, by their codes; NaN, which is what stands outside a text, is none of them. Texts of one's own. Pure. */

export const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** What `\w` is. */
export const isWordCharacter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95

/** What `\s` is. */
export const isBlank = (code: number): boolean =>
  code <= 32
    ? code === 32 || (code >= 9 && code <= 13)
    : code >= 0xa0 && WIDE_BLANK.test(String.fromCharCode(code))
const WIDE_BLANK = /\s/

/** A text of its own: a piece that was cut out of a line keeps the whole line, and a line what it was cut out of. */
export function ownText(text: string): string {
  if (text.length < CUT_AS_PLACES) return text
  const encoding = HALVES.test(text) ? 'utf16le' : 'utf8'
  return Buffer.from(text, encoding).toString(encoding)
}
/** Shorter pieces are copied by the engine itself. */
const CUT_AS_PLACES = 13
/** Of characters beyond 16 bits: one without its other half is no UTF-8. */
const HALVES = /[\ud800-\udfff]/
