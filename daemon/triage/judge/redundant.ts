/**
 * Three sensors of one place, told by the letters that end their tags: `TT-15A 81.2 TT-15B 12.4 TT-15C 81.3`. Two that agree
 * say that the third is wrong, as voters two out of three do. Pure.
 * @source ISA-5.1 §4 (suffixes of tags), IEC 61511-1 §11 (two out of three)
 */
import type { Expectation } from './expect.js'
import { isNumber, type Word } from './words.js'

/** Transmitters, indicators and elements of temperature, pressure, level, flow, analysis, position, speed and differences. */
const TAG = /^(?:[tplfaszv](?:t|e|i|it)|[dp]d?p?(?:t|it)|[pt]d(?:t|i|it))$/
const JOINED = /^([a-z]{2,4})(\d{1,6})([abc])$/
/** Two agree within so much of their mean, the third is off by so much of it, and by so many times what the two differ. */
const AGREE = 0.05
const OFF = 0.2
const TIMES = 5

interface Tagged {
  tag: string
  letter: string
  at: number
  value: number
  valueAt: number
}

/** Whether a word is one of those that name such sensors. */
export const isTagWord = (word: string): boolean => TAG.test(word)

/** Whether a line of these words, whatever its numbers, may hold such three. */
export const mayBeRedundant = (words: readonly Word[]): boolean =>
  ['a', 'b', 'c'].every(letter => taggedIn(words).some(t => t.letter === letter))

export function redundant(words: readonly Word[]): Expectation | undefined {
  const all = taggedIn(words)
  for (const first of all.filter(t => t.letter === 'a')) {
    const three = ['a', 'b', 'c'].map(letter => all.find(t => t.tag === first.tag && t.letter === letter))
    if (three.includes(undefined)) continue
    const sensors = three as Tagged[]
    const odd = sensors.find(one => isOdd(one, ...(sensors.filter(s => s !== one) as [Tagged, Tagged])))
    if (!odd) continue
    return {
      category: 'sensor_fault',
      severity: 'warning',
      component: 'sensor',
      reason: `two agree, the third does not: ${sensors.map(s => s.value).join(', ')}`,
      cause: 'One of three sensors of the same place is wrong, or sits where it should not.',
      action: 'Vote it out, then check it and its cable.',
      from: odd.at,
      to: odd.valueAt + 1,
    }
  }
  return undefined
}

function isOdd(one: Tagged, x: Tagged, y: Tagged): boolean {
  const mean = (x.value + y.value) / 2
  const apart = Math.abs(x.value - y.value)
  const off = Math.abs(one.value - mean)
  return apart <= AGREE * Math.abs(mean) && off > OFF * Math.abs(mean) && off > TIMES * apart
}

function taggedIn(words: readonly Word[]): Tagged[] {
  const found: Tagged[] = []
  for (const [at, word] of words.entries()) {
    const joined = JOINED.exec(word.text)
    if (joined && TAG.test(joined[1]!)) put(found, `${joined[1]}${joined[2]}`, joined[3]!, at, at + 1, words)
    else if (TAG.test(word.text) && isNumber(words[at + 1]?.text ?? '')) {
      const letter = words[at + 2]
      if (
        letter &&
        /^[abc]$/.test(letter.text) &&
        letter.before === '' &&
        letter.start === words[at + 1]!.end
      )
        put(found, `${word.text}${words[at + 1]!.text}`, letter.text, at, at + 3, words)
    }
  }
  return found
}

function put(
  found: Tagged[],
  tag: string,
  letter: string,
  at: number,
  valueAt: number,
  words: readonly Word[],
): void {
  const text = words[valueAt]?.text ?? ''
  if (isNumber(text)) found.push({ tag, letter, at, value: Number(text.replace(',', '.')), valueAt })
}
