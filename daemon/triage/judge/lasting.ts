/** How long something lasts: no data for 47 minutes, last seen 3 hours ago, the same value for 20 polls. Pure. */
import type { Expectation } from './expect.js'
import { LASTING, minutesOf } from './wanted.js'
import { isNumber, type Word } from './words.js'

const NONE =
  /^(no|kein|keine|keinen|aucun|aucune|pas|sin|nessun|nessuna|geen|without|ohne|sans|senza|zonder|missing|silent|stumm|muet|mudo|muto|stil)$/
const DATA =
  /^(data|dates?|message|messages|telegram\w*|telegramm\w*|response|responses|reply|replies|answer|heartbeat|uplink|uplinks|packet|packets|update|updates|frame|frames|poll|report|reports|contact|reading|readings|sample|samples|publish|keepalive|communication|comms?|ack|daten|antwort\w*|nachricht\w*|meldung|signal|signale|messwert\w*|donnees|reponse|reponses|trame|trames|datos|respuesta|trama|dati|risposta|antwoord|gegevens|bericht|traffic|beacon|advertisement|joined?|downlink|value|values|valeur|valor|valore|silent|stumm|muet|mudo|muto|stil)$/
const MOVES =
  /^(flow|pulse|pulses|impulse|impuls|impulsion\w*|pulsos|impulsi|movement|motion|bewegung|mouvement|counts?|rotation|durchfluss|debit|caudal|portata)$/
const SEEN =
  /^(seen|heard|contact|message|update|rx|received|report|telegram|packet|uplink|data|heartbeat|reading|gesehen|kontakt|vu|visto|gezien)$/
const AGO = /^(ago|old|alt|her)$/
const SAME =
  /^(same|unchanged|constant|stuck|frozen|identical|flat|flatline|eingefroren|unveraendert|konstant|gleich|fige\w*|inchange\w*|constante|congelad[oa]|igual|bloccat[oa]|costante|invariat[oa]|bevroren|onveranderd|haengt|stale)$/
const SHOWS =
  /^(reads?|reading|shows?|indicates?|reports?|zeigt|meldet|indique|affiche|marca|indica|segna|geeft)$/
const TIMES_SEEN =
  /^(polls|samples|readings|scans|cycles|messungen|zyklen|mesures|muestras|letture|metingen|times|mal|fois|veces|volte|keer)$/

export const isLastingWord = (word: string): boolean =>
  [NONE, DATA, MOVES, SEEN, AGO, SAME, SHOWS, TIMES_SEEN, LASTING].some(p => p.test(word)) || word === 'last'

/** Places of numbers that a unit of time or a word of counting follows. */
const spans = (words: readonly Word[]): number[] =>
  words.flatMap((w, i) =>
    isNumber(w.text) && (minutesOf(words, i) >= 0 || TIMES_SEEN.test(words[i + 1]?.text ?? '')) ? [i] : [],
  )

const COUNTS = [NONE, SAME, SHOWS, AGO]
export const mayLast = (words: readonly Word[]): boolean =>
  spans(words).length > 0 && words.some(w => COUNTS.some(p => p.test(w.text)))

/** Less may be a pause between two polls. */
const SILENT_MIN = 2
const OLD_MIN = 30
const STUCK_MIN = 10
const STUCK_TIMES = 5

export function lasting(words: readonly Word[]): Expectation[] {
  for (const at of spans(words)) {
    const found = silent(words, at) ?? old(words, at) ?? stuck(words, at)
    if (found) return [found]
  }
  return []
}

/** `no data for 47 min`, `keine Antwort seit 3 h`. */
function silent(words: readonly Word[], at: number): Expectation | undefined {
  if (!LASTING.test(words[at - 1]?.text ?? '') || minutesOf(words, at) < SILENT_MIN) return undefined
  for (let i = at - 2; i >= 0 && i >= at - 7; i--) {
    if (/[;|]/.test(words[i + 1]!.before)) return undefined
    if (!NONE.test(words[i]!.text)) continue
    const what = words.slice(i, at - 1)
    const isData = what.some(w => DATA.test(w.text))
    if (!isData && !what.some(w => MOVES.test(w.text))) return undefined
    return {
      category: isData ? 'communication' : 'level_flow',
      severity: 'warning',
      reason: 'nothing comes for long',
      cause: isData
        ? 'The sender is off, out of reach, or its link is cut.'
        : 'It is blocked, closed, or not measured.',
      action: isData ? 'Check power and link of the sender.' : 'Compare with what should move.',
      from: i,
      to: at + 2,
    }
  }
  return undefined
}

/** `last seen 3 h ago`, `last telegram 47 min old`. */
function old(words: readonly Word[], at: number): Expectation | undefined {
  if (!AGO.test(words[at + 2]?.text ?? '') || minutesOf(words, at) < OLD_MIN) return undefined
  const before = words.slice(Math.max(0, at - 4), at)
  if (!before.some(w => w.text === 'last' || /^(letzte\w*|dernier\w*|ultim[oa]|laatste?)$/.test(w.text)))
    return undefined
  if (!before.some(w => SEEN.test(w.text))) return undefined
  return {
    category: 'communication',
    severity: 'warning',
    reason: 'it was last heard long ago',
    cause: 'The sender is off, out of reach, or its link is cut.',
    action: 'Check power and link of the sender.',
    from: Math.max(0, at - 2),
    to: at + 3,
  }
}

/** `unchanged for 40 min`, `reads 0.0 m/s for 40 min`, `same value 20 polls`. */
function stuck(words: readonly Word[], at: number): Expectation | undefined {
  const minutes = minutesOf(words, at)
  const isLong = minutes < 0 ? Number(words[at]!.text) >= STUCK_TIMES : minutes >= STUCK_MIN
  if (!isLong) return undefined
  const before = words.slice(Math.max(0, at - 7), at)
  const isSame = before.some(w => SAME.test(w.text))
  const shown = before.findIndex(w => SHOWS.test(w.text))
  const shows =
    shown >= 0 && before.slice(shown).some(w => isNumber(w.text)) && LASTING.test(words[at - 1]!.text)
  if (!isSame && !shows) return undefined
  return {
    category: 'sensor_fault',
    severity: 'warning',
    component: 'sensor',
    reason: 'the same value for long',
    cause: 'The sensor is stuck, its line is plugged, or it is not read any more.',
    action: 'Compare with a second measurement.',
    from: Math.max(0, at - 3),
    to: at + 2,
  }
}
