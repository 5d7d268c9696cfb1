/** Phrases for values: percentages, temperatures, durations, times of day. */
import { chance, int, pick, type Random } from './expand.js'
import { inWords, number } from './words.js'

const ROUND = [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100]

/** "50 %", "fifty percent", "half", "max". */
export function percent(random: Random, extremes = true): string {
  const roll = random()
  if (extremes && roll < 0.1)
    return pick(random, [
      'max',
      'maximum',
      'full',
      'the maximum',
      'the max',
      'the highest',
      'highest',
      'full brightness',
      'maximum brightness',
      'full power',
      'the highest level',
      'highest setting',
      'the brightest',
      'its brightest',
      'brightest',
      'full blast',
      'the top',
      'the loudest',
      'the highest setting',
      'as bright as possible',
      'as high as possible',
      'as much as possible',
      'its maximum',
      'their brightest',
    ])
  if (extremes && roll < 0.17)
    return pick(random, [
      'min',
      'minimum',
      'the minimum',
      'the min',
      'lowest',
      'the lowest',
      'the lowest level',
      'lowest level',
      'the lowest setting',
      'minimum brightness',
      'the dimmest',
      'the darkest',
      'the bottom',
      'the quietest',
      'as low as possible',
      'as dim as possible',
      'its minimum',
      'their dimmest',
    ])
  if (roll < 0.24)
    return pick(random, [
      'half',
      'a half',
      'one half',
      'half way',
      'halfway',
      'a quarter',
      'one quarter',
      'three quarters',
      'a third',
      'two thirds',
      'one third',
      'a fifth',
    ])
  const n = chance(random, 0.7) ? pick(random, ROUND) : int(random, 0, 100)
  return `${number(random, n)}${pick(random, [' percent', ' percent', '%', '%', '%', ' per cent', '', ' pct'])}`
}
/** A plain percentage, for "by ..."; "half way" is a place to stop, not a step. */
export function amount(random: Random): string {
  const text = percent(random, false)
  return /way/.test(text) ? amount(random) : text
}

export function degrees(random: Random): string {
  const n = chance(random, 0.6) ? int(random, 14, 30) : int(random, 50, 85)
  const whole = chance(random, 0.85)
  const text = whole
    ? number(random, n)
    : chance(random, 0.5)
      ? `${n}.5`
      : `${inWords(n)} ${pick(random, ['point five', 'and a half'])}`
  return (
    text +
    pick(random, [
      ' degrees',
      ' degrees',
      '',
      '',
      ' degrees celsius',
      ' degrees fahrenheit',
      ' celsius',
      ' fahrenheit',
      ' c',
      ' f',
      '°',
      '°C',
      '°F',
    ])
  )
}
export const ovenDegrees = (random: Random) =>
  `${number(random, pick(random, [150, 160, 175, 180, 190, 200, 220, 225, 250, 275, 300, 325, 350, 375, 400, 425, 450, 500]))}${pick(random, ['', '', ' degrees', ' degrees fahrenheit', ' f', ' degrees celsius'])}`
export const kelvin = (random: Random) =>
  `${number(random, pick(random, [1900, 2000, 2200, 2500, 2700, 2800, 3000, 3200, 3500, 4000, 4200, 4500, 5000, 5500, 6000, 6500]))}${pick(random, [' kelvin', ' kelvin', ' k', '', 'K'])}`

const UNIT: Record<'h' | 'm' | 's', readonly string[]> = {
  h: ['hour', 'hour', 'hour', 'hr'],
  m: ['minute', 'minute', 'minute', 'minute', 'min'],
  s: ['second', 'second', 'second', 'sec'],
}
function part(random: Random, unit: 'h' | 'm' | 's', adjective: boolean): string {
  const n =
    unit === 'h'
      ? int(random, 1, 12)
      : chance(random, 0.7)
        ? pick(random, [1, 2, 3, 5, 8, 10, 12, 15, 20, 25, 30, 40, 45, 50, 90])
        : int(random, 1, 120)
  const word = pick(random, UNIT[unit])
  return `${number(random, n)} ${n === 1 || (adjective && chance(random, 0.8)) ? word : `${word}s`}`
}
/** "ten minutes", "1 hour 30 minutes", "half an hour". `adjective`: "a ten minute timer". */
export function duration(random: Random, adjective = false): string {
  const roll = random()
  if (roll < 0.07 && !adjective)
    return pick(random, [
      'half an hour',
      'an hour',
      'a minute',
      'half a minute',
      'a quarter of an hour',
      'an hour and a half',
      'one and a half hours',
      'two and a half hours',
      'a couple of minutes',
      'a few minutes',
      'one and a half minutes',
      'three quarters of an hour',
      'a second',
      'a couple of hours',
    ])
  if (roll < 0.1)
    return `${number(random, int(random, 1, 12))} and a half ${pick(random, ['minutes', 'hours', 'minute'])}`
  if (roll < 0.1 + (adjective ? 0.05 : 0.15))
    return `${part(random, 'h', adjective)} ${pick(random, ['', '', 'and '])}${part(random, 'm', adjective)}`
  if (roll < 0.33 && !adjective)
    return `${part(random, 'm', adjective)} ${pick(random, ['', '', 'and '])}${part(random, 's', adjective)}`
  if (roll < 0.39 && !adjective)
    return `${part(random, 'h', false)} ${part(random, 'm', false)} ${pick(random, ['', 'and '])}${part(random, 's', false)}`
  return part(random, pick(random, ['m', 'm', 'm', 'm', 'h', 's', 's']), adjective)
}

/** "seven am", "half past six", "19:30". */
export function clock(random: Random): string {
  const hour = int(random, 1, 12)
  const minute = pick(random, [0, 0, 0, 5, 10, 15, 20, 30, 30, 40, 45, 50])
  const roll = random()
  if (roll < 0.05) return pick(random, ['noon', 'midnight', 'midday'])
  if (roll < 0.15)
    return `${pick(random, ['half past', 'quarter past', 'quarter to', 'ten past', 'five to', 'twenty past', 'a quarter past', 'twenty to', 'ten to'])} ${number(random, hour)}${pick(random, ['', ' am', ' pm', ' in the morning', ''])}`
  if (roll < 0.22)
    return `${number(random, hour)} o'clock${pick(random, ['', '', ' tonight', ' in the morning', ' in the evening'])}`
  if (roll < 0.3) return `${int(random, 0, 23)}:${String(minute).padStart(2, '0')}`
  const spoken = chance(random, 0.6)
  const text = spoken
    ? `${inWords(hour)}${minute ? ` ${minute < 10 ? `oh ${inWords(minute)}` : inWords(minute)}` : ''}`
    : `${hour}${minute ? `:${String(minute).padStart(2, '0')}` : ''}`
  return (
    text +
    pick(random, [
      ' am',
      ' pm',
      ' pm',
      ' am',
      'am',
      'pm',
      ' a.m.',
      ' p.m.',
      ' in the morning',
      ' in the evening',
      ' tonight',
      ' in the afternoon',
      ' at night',
      ' tomorrow morning',
      ' am tomorrow',
      ' pm today',
      ' pm tonight',
      ' this evening',
    ])
  )
}
