/** Counts that say how it stands: so many of so many, so many attempts, a program's exit. Pure. */
import type { Expectation } from './expect.js'
import { isNumber, type Word } from './words.js'

const OF = /^(of|von|sur|de|di|van|out)$/
/** What all of them should be. */
const SOUND =
  /^(ok|online|healthy|available|responding|redundant|alive|reachable|good|present|connected|verfuegbar|erreichbar|disponibles?|disponibili|beschikbaar|bereit|ready)$/
const WORKS = /^(running|run|on|active|laufen|laeuft|en marche|marche|activas?|attiv[ei]|actief)$/
const WANTED =
  /^(commanded|demanded|required|requested|called|should|angefordert|demandes?|solicitad[oa]s?|richiest[oi]|gevraagd)$/
const TRIES =
  /^(attempts?|retries|tries|trials|versuch\w*|tentatives?|essais|intentos?|reintentos?|tentativ[oi]|poging\w*|retry)$/
const AFTER = /^(after|nach|apres|tras|despues|dopo|na|in|on|at|beim|following)$/
const EXIT = /^(exit|exited|rc|errno|retval|returncode|exitcode)$/
const STILL_TRYING =
  /^(ok|success\w*|succeeded|passed|recovered|connected|erfolgreich|reussi\w*|exit\w*|riuscit\w*|gelukt|completed|established)$/

export const isCountWord = (word: string): boolean =>
  [OF, SOUND, WORKS, WANTED, TRIES, AFTER, EXIT, STILL_TRYING].some(p => p.test(word)) ||
  /^(code|status|max|with)$/.test(word)

export const mayCount = (words: readonly Word[]): boolean =>
  sharesIn(words, ANY).length > 0 ||
  words.some((w, i) => isNumber(w.text) && (TRIES.test(words[i + 1]?.text ?? '') || exitAt(words, i)))

/** Things are counted by hundreds at most. Whether a line may hold such a count, its digits do not tell. */
const COUNT = /^\d{1,3}$/
const ANY = /^\d/

interface Share {
  at: number
  to: number
  total: number
}

/** `1 of 4 running`, `5/6 rectifiers OK`. */
function sharesIn(words: readonly Word[], count = COUNT): Share[] {
  const found: Share[] = []
  for (const [at, word] of words.entries()) {
    if (!count.test(word.text)) continue
    const slash = words[at + 1]?.before === '/' && words[at + 1]!.start === word.end + 1
    const total = slash ? at + 1 : OF.test(words[at + 1]?.text ?? '') ? at + 2 : undefined
    if (total === undefined || !count.test(words[total]?.text ?? '')) continue
    if (words[total + 1]?.before === '/') continue
    const to = [1, 2, 3].map(on => total + on).find(i => isState(words[i]))
    if (to !== undefined && !words.slice(total + 1, to + 1).some(w => /[,;|()=:]/.test(w.before)))
      found.push({ at, to: to + 1, total })
  }
  return found
}
const isState = (word: Word | undefined): boolean =>
  word !== undefined && (SOUND.test(word.text) || WORKS.test(word.text))

export function counted(words: readonly Word[]): Expectation[] {
  return [fewer(words), triedInVain(words), exited(words)].flatMap(e => e ?? [])
}

function fewer(words: readonly Word[]): Expectation | undefined {
  for (const { at, to, total } of sharesIn(words)) {
    const [is, all] = [Number(words[at]!.text), Number(words[total]!.text)]
    if (!(is < all)) continue
    const works = WORKS.test(words[to - 1]!.text)
    // fewer than all may run because no more is needed
    if (works && is > 0 && !words.some(w => WANTED.test(w.text))) continue
    if (works && is === 0 && !words.some(w => WANTED.test(w.text))) continue
    return {
      category: 'process_deviation',
      severity: is === 0 ? 'critical' : 'warning',
      reason: `${is} of ${all}`,
      cause: 'One of several has failed or is off: there is no reserve, or less.',
      action: 'Find out which is missing and why.',
      from: at,
      to,
    }
  }
  return undefined
}

/** `after 3 retries`, `tras 5 intentos`: it was given up, unless the line says that it worked at last. */
function triedInVain(words: readonly Word[]): Expectation | undefined {
  const at = words.findIndex(
    (w, i) =>
      isNumber(w.text) &&
      Number(w.text) >= 2 &&
      TRIES.test(words[i + 1]?.text ?? '') &&
      AFTER.test(words[i - 1]?.text ?? ''),
  )
  if (at < 0 || words.some(w => STILL_TRYING.test(w.text))) return undefined
  return {
    category: 'process_deviation',
    severity: 'warning',
    reason: `${words[at]!.text} attempts in vain`,
    cause: 'Something holds it, or it does not answer.',
    action: 'Look at it at the place before trying again.',
    from: Math.max(0, at - 2),
    to: at + 2,
  }
}

/** Whether the number is what a program gave back: `exit 1`, `exited with code 137`, `rc=2`. */
function exitAt(words: readonly Word[], at: number): boolean {
  for (let back = 1; back <= 3; back++) {
    const text = words[at - back]?.text ?? ''
    if (EXIT.test(text)) return true
    if (!/^(code|status|with|value)$/.test(text)) return false
  }
  return false
}

function exited(words: readonly Word[]): Expectation | undefined {
  const at = words.findIndex((w, i) => /^\d{1,3}$/.test(w.text) && Number(w.text) !== 0 && exitAt(words, i))
  if (at < 0) return undefined
  return {
    category: 'process_deviation',
    severity: 'warning',
    component: 'controller',
    reason: `a program ended with ${words[at]!.text}`,
    cause: 'The program failed.',
    action: 'Look at what it wrote before.',
    from: Math.max(0, at - 2),
    to: at + 1,
  }
}

/** A program that ended well: what it told on its way is no trouble. */
export const exitedWell = (words: readonly Word[]): boolean =>
  words.some((w, i) => w.text === '0' && !/^[.x]/.test(w.after) && exitAt(words, i))
