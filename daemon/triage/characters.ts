/** Kinds of characters, by their codes; NaN, which is what stands outside a text, is none of them. Pure. */

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
