/**
 * What stands for the words and numbers of a line where it does not matter which they are: in the shape of a line
 * (signature.ts), and for the classifier, which must see no more of a line than its shape holds. Pure.
 */
import { isOwnWord, mayDecide } from './vocabulary.js'

/** Of a word at which nothing stops: whoever, whatever it is called. What begins with x may stand behind the 0 of a number. */
export const NAME = '_'
export const NAME_WITH_X = 'x_'
const nameOf = (word: string): string => (word.startsWith('x') ? NAME_WITH_X : NAME)
export const isName = (mask: string): boolean => mask === NAME || mask === NAME_WITH_X

/** What stands behind the 0 of a long hexadecimal number, no word in it. */
export const ADDRESS = /^x(?!0+$)(?=[0-9a-f]*\d)(?![0-9a-f]*[a-f]{3})[0-9a-f]{5,16}$/i

/** For a folded word. `pump12` is a pump with a number; `l1`, `co2` are words of their own. */
export function maskOf(word: string): string {
  if (/^x0+$/.test(word)) return word
  const [, letters, digits, end] = /^([a-z]+)(\d+)([a-z]?)$/.exec(word) ?? []
  if (letters === undefined) return mayDecide(word) ? word : nameOf(word)
  if (isOwnWord(word)) return word
  return mayDecide(letters) || mayDecide(word)
    ? `${letters}${digits!.length > 3 ? '##' : '#'}${end}`
    : nameOf(word)
}

/** Longer ones are told from other numbers by no shape. @source signature.ts */
const LONGEST_ZERO = 8

/** Whether a number is nought, as far as the shape of its line tells. */
export const isZero = (number: string): boolean =>
  number.length <= LONGEST_ZERO && Number(number.replace(',', '.')) === 0
