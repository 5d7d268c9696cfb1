/** The words by which lines of plants speak of states, in English, German, French and the abbreviations of DCS printers. */

/** The condition is over. Matched on whole words in lower case; several words are a phrase. */
const RETURN = [
  'rtn nr recovered recovery cleared clear restored resolved ok okay normal normalised normalized outgoing inactive',
  'deactivated ceased ended reset healed reconnected established gegangen geht behoben wiederhergestellt aufgehoben',
  'beendet rétabli rétablie disparu disparue résolu résolue normale inaktiv',
].flatMap(words => words.split(' '))
const RETURN_PHRASES = [
  'return to normal',
  'returned to normal',
  'back to normal',
  'normal again',
  'within limits',
  'in range',
  'wieder gut',
  'retour à la normale',
  'back online',
  'no longer',
]
/** Turns a word of return around: `not cleared`, `failed to reset`. */
const NEGATIONS =
  'not never cannot failed unable without above below than nicht kein keine ohne über unter non pas sans false'.split(
    ' ',
  )

/** Marks of an alarm that stands until somebody says otherwise. They say nothing about which. */
const MARKS = [
  'alm alarm alarme active activated incoming unack gekommen kommt ansteht störung stoerung apparu apparue',
].flatMap(words => words.split(' '))
/** Conditions that stand. */
const STANDING = [
  'fault faulted faulty trip tripped lost exceeded exceeds ausgefallen überschritten unterschritten défaut defaut',
].flatMap(words => words.split(' '))

/** Limits. A doubled one is the outer limit: HIGH HIGH is another alarm than HIGH. */
const DIRECTIONS: Readonly<Record<string, string>> = {
  h: 'high',
  hi: 'high',
  high: 'high',
  above: 'high',
  over: 'high',
  hoch: 'high',
  haut: 'high',
  haute: 'high',
  élevé: 'high',
  élevée: 'high',
  l: 'low',
  lo: 'low',
  low: 'low',
  below: 'low',
  under: 'low',
  niedrig: 'low',
  tief: 'low',
  bas: 'low',
  basse: 'low',
  hh: 'high high',
  hihi: 'high high',
  highhigh: 'high high',
  ll: 'low low',
  lolo: 'low low',
  lowlow: 'low low',
}

/** Two of one row are two places; a line about the one says nothing about the other. */
const PLACES = [
  'inlet outlet',
  'supply return',
  'suction discharge',
  'upper lower',
  'top bottom',
  'left right',
  'front rear',
  'primary secondary',
  'drive nondrive',
  'de nde',
  'north south east west',
  'hot cold',
  'vorlauf rücklauf',
  'einlass auslass',
  'eintritt austritt',
  'links rechts',
  'oben unten',
  'vorn hinten',
  'entrée sortie',
  'gauche droite',
].map(row => row.split(' '))

/** Say nothing about which alarm it is: states, levels, filling. */
const FILLING = new Set(
  [
    ...MARKS,
    ...RETURN,
    ...NEGATIONS,
    'is are was has have been be the a an of at to for by on again now still than limit',
    'state status value event message info notice error err warn crit critical emergency severe debug minor major',
    'ist sind war der die das ein eine von im am auf zu wieder jetzt wert',
    'est sont le la les un une de du des à au en valeur',
  ].flatMap(words => words.split(' ')),
)

export const directionOf = (word: string): string | undefined =>
  Object.hasOwn(DIRECTIONS, word) ? DIRECTIONS[word] : undefined
/** The same words without what says that it is over. */
export function withoutReturn(words: readonly string[]): string[] {
  let text = ` ${words.join(' ')} `
  for (const phrase of RETURN_PHRASES) text = text.replaceAll(` ${phrase} `, ' ')
  return text.split(' ').filter(w => w !== '')
}
export const isFilling = (word: string): boolean => FILLING.has(word)

/** Whether the two speak of different places of one thing. */
export function placesDiffer(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return PLACES.some(row => {
    const inA = row.filter(w => a.has(w))
    const inB = row.filter(w => b.has(w))
    return inA.length > 0 && inB.length > 0 && !inA.some(w => inB.includes(w))
  })
}

const RETURNS = new Set(RETURN)
const RAISES = new Set([...MARKS, ...STANDING])
const NOT = new Set(NEGATIONS)
const STILL_MISSING = new Set(
  'lost failed required needed necessary requested pending impossible erforderlich nötig requis'.split(' '),
)

/**
 * Whether a line says that something began, that it is over, or that it happened once.
 * @param words of the message in lower case, in order, without punctuation
 */
export function phaseOf(words: readonly string[]): 'raise' | 'return' | 'event' {
  const text = ` ${words.join(' ')} `
  const denied = (index: number) => words.slice(Math.max(0, index - 2), index).some(w => NOT.has(w))
  if (RETURN_PHRASES.some(p => text.includes(` ${p} `)) && !words.some(w => NOT.has(w))) return 'return'
  const over = words.findIndex((w, i) => RETURNS.has(w) && !denied(i))
  // `normal operation lost`, `reset required`: what would be good is not there
  if (over >= 0 && !words.slice(over + 1).some(w => STILL_MISSING.has(w))) return 'return'
  return words.some(w => RAISES.has(w) || (directionOf(w) && w.length > 1)) ? 'raise' : 'event'
}
