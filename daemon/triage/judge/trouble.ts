/**
 * Words that sound of trouble, for lines in which nothing is understood by name: what is not done (`does not close`), what is
 * broken, stuck, refused, and what was done about it (`inhibited`). In six languages, by stems. Pure.
 */
import type { Word } from './words.js'

const stems = (text: string): RegExp => new RegExp(`^(${text.trim().split(/\s+/).join('|')})$`)

/** Broken, stuck, refused, exceeded, hurt: no device is meant to be so. A star stands for more letters. */
const WRONG = stems(
  `jam jams jammed stuck burst broke broken crack\\w* torn snapped mismatch\\w* disagree\\w* discrepanc\\w* inhibit\\w* denied refused rejected abort\\w*
  violat\\w* suspect\\w* wrong corrupt\\w* divert\\w* exceed\\w* overspeed\\w* overheat\\w* overtravel\\w* overrun\\w* overflow\\w* unstable uncontrolled
  unreachable unsafe unable unavailable cannot leak leaks leaking leaked spill\\w* runaway entrap\\w* trapped collision\\w* collid\\w* crash crashed fell fallen
  collaps\\w* starv\\w* stall stalled stalls seiz\\w* slipping clogged plugged blocked blockage contaminat\\w* spoil\\w* expired overdue depleted
  exhausted flooded flooding dead dying degraded faulted tamper\\w* intru\\w* unauthori\\w* illegal screech\\w* grinding rattl\\w* cavitat\\w*
  wobbl\\w* frayed corro\\w* derail\\w* overturn\\w* misalign\\w* deviates differs suspended breakage breakages reversed implausible inconsistent unplausible untrusted unusable unresponsive hung
  klemmt eingeklemmt blockiert gebrochen gerissen undicht ausgelaufen verstopft gesperrt ueberfahren ueberlauf\\w* ueberhitzt angesprochen
  abgerissen abgebrochen verweigert abgelehnt ungueltig unplausibel falsch leer erloschen entgleist beschaedigt verschmutzt notbetrieb unterbrochen
  bloque bloquee bloques coince\\w* casse cassee rompu\\w* fuite deborde\\w* depasse\\w* refuse refusee rejete\\w* invalide eteinte bouche bouchee
  endommage\\w* incoherent\\w* brulee?s?
  atascad\\w* bloquead\\w* rot[oa] fuga desbord\\w* rechazad\\w* denegad\\w* obstruid\\w* excedid\\w* danad\\w* quemad\\w* incoherente bloqueo
  bloccat[oa] inceppat\\w* rott[oa] perdita superat[oa] rifiutat\\w* negat[oa] spenta bruciat\\w* intasat\\w* danneggiat\\w* blocco
  geblokkeerd vastgelopen gebroken lekt lekkage verstopt geweigerd ongeldig leeg gedoofd overschreden beschadigd kapot defect\\w*
  bloqueada travad[oa] falha emperrad[oa]`,
)

/** What a machine is there to do: when it is denied, it is not done. */
const DOES = stems(
  `lift lifts lifting lifted close closes closing closed start starts starting move moves moving turn turning rotate rotating respond responds
  responding answer answering reach reached act acted acting vent venting drain draining fill filling confirm confirmed made engage engaged
  disengage release released seat seated seal sealed sealing lock locked unlock latch latched home homed extend extended retract retracted lit
  light ignite ignited heat heating cool cooling deliver delivering feed feeding sterile synchronised synchronized calibrated verified
  accepted grip gripped clamp clamped hold holding followed follow achieved obtained proven satisfied cleared arrived received opening opens
  reset resetting build building drop dropping fall falling recover recovering decreasing increasing stopping stop work works working function
  functioning charge
  erreicht bestaetigt schliesst oeffnet startet reagiert antwortet bewegt dreht anlaeuft faehrt verriegelt geschlossen quittierbar referenziert
  erfolgt gefunden geschmiert plausibel
  ferme fermee ouvre demarre repond atteint atteinte confirme confirmee tourne bouge verrouillee
  cierra cerrada abre arranca responde alcanza alcanzado alcanzada confirmad[oa] gira mueve
  chiude chiusa apre parte risponde raggiunt[oa] confermat[oa] gira muove
  sluit gesloten opent start reageert bereikt bevestigd draait beweegt`,
)
const DENIES =
  /^(not|never|n|t|cannot|nicht|kein|keine|pas|no|non|niet|geen|unable|fails?|refuses?|without|ohne)$/
const AFTER_VERB = /^(nicht|niet|pas)$/
/** Between what denies and what is denied: `no se cierra`, `not yet closed`, `fails to close`, `non si apre`. */
const FILLER = /^(se|si|yet|fully|properly|be|been|to|es|sich|ganz|richtig|completely|vollstaendig|ferme)$/

export const isTroubleWord = (word: string): boolean =>
  [MENDED, OUT, OF, ORDER, ONLY_FOR_NEED, USED].some(p => p.test(word)) ||
  WRONG.test(word) ||
  DOES.test(word) ||
  DENIES.test(word) ||
  FILLER.test(word) ||
  /^(don|doesn|didn|won|isn|wasn|can)$/.test(word)

/** Place of something that a machine does not do; undefined when there is none. */
export function notDone(words: readonly Word[]): number | undefined {
  for (const [at, { text }] of words.entries()) {
    if (!DENIES.test(text)) continue
    if (text === 't' && !/'|’/.test(words[at]!.before)) continue
    if (/[=:]/.test(words[at]!.before) && text !== 'not') continue
    for (let on = at + 1; on <= at + 2 && on < words.length; on++) {
      const next = words[on]!
      if (/[,;:|=.(]/.test(next.before)) break
      if (DOES.test(next.text) && !(text === 'no' && isNoun(next.text))) return at
      if (!FILLER.test(next.text)) break
    }
    const before = words[at - 1]
    if (AFTER_VERB.test(text) && before && DOES.test(before.text) && words[at]!.before === '') return at - 1
  }
  return undefined
}
/** `no start since`, `no light`, `no hold`: in English the thing, which may be as it should. */
const isNoun = (word: string): boolean => /^[a-z]+$/.test(word) && ENGLISH_NOUN.test(word)
const ENGLISH_NOUN =
  /^(start|starts|move|moves|turn|act|drain|fill|seal|lock|latch|home|light|heat|feed|grip|clamp|hold|drop|fall|stop|charge|work|function|answer|release|reset|heating|cooling|filling|opening|build|vent|lift|cool|start)$/

const OUT = /^(out|ausser|ausserhalb|hors|fuera|fuori|buiten)$/
const OF = /^(of|de|der|di|la|del|dem|the)$/
const ORDER =
  /^(tolerance|toleranz|tolerancia|tolleranza|tolerantie|range|rango|campo|bereich|bereik|plage|spec|specification|limits?|limites?|limiti|grenzen|order|control|sync|step|position|alignment|bounds|band|round|usage|calibration|servicio|marche)$/
/** What is only for an emergency, and was used. */
const ONLY_FOR_NEED =
  /^(emergency|safety|panic|sos|fire|smoke|notaus|nothalt|not|urgence|emergencia|emergenza|nood|estop|callpoint|evacuation)$/
const USED =
  /^(pulled|pressed|activated|operated|triggered|actuated|applied|gezogen|gedrueckt|betaetigt|ausgeloest|tiree?|actionnee?|declenchee?|accionad[oa]|pulsad[oa]|activad[oa]|azionat[oa]|premut[oa]|attivat[oa]|bediend|ingedrukt)$/
const NEED_REACH = 3

/** What went wrong is right again, without anybody. */
const MENDED =
  /^(corrected|compensated|healed|mended|adjusted|korrigiert|behoben|corrigee?|corregid[oa]|corrett[oa]|gecorrigeerd|retried|recovered)$/

/** Places of words that sound of trouble. */
export const wrongIn = (words: readonly Word[]): number[] =>
  words.some(w => MENDED.test(w.text))
    ? []
    : words.flatMap((w, i) =>
        (WRONG.test(w.text) && !/^[=:]\s?["']?$/.test(w.after)) || isOutOf(words, i) || isNeedUsed(words, i)
          ? [i]
          : [],
      )

/** `out of tolerance`, `hors tolérance`, `fuera de rango`. */
const isOutOf = (words: readonly Word[], at: number): boolean =>
  OUT.test(words[at]!.text) &&
  (ORDER.test(words[at + 1]?.text ?? '') ||
    (OF.test(words[at + 1]?.text ?? '') && ORDER.test(words[at + 2]?.text ?? '')))

/** `emergency release pulled`. */
const isNeedUsed = (words: readonly Word[], at: number): boolean =>
  USED.test(words[at]!.text) &&
  words.slice(Math.max(0, at - NEED_REACH), at).some(w => ONLY_FOR_NEED.test(w.text)) &&
  !DENIES.test(words[at - 1]?.text ?? '')

/** What is stopped by somebody's will, or at its end, is no trouble. */
const INTENDED =
  /^(operator|bediener|operateur|operador|operatore|driver|user|schedule|scheduled|program|programa|programme|programm|programma|planned|geplant|demande\w*|requested?|request|manual|manually|hand|end|ende|fin|fine|einde|remote|timer|zeitplan|reached|finished|done|complete|completed|solicitad[oa]|richiest[oa]|normal|normally|command|commanded|befehl|night|nacht|shift|doff|changeover|idle)$/
const STOPPED =
  /^(stopped|tripped|inhibited|diverted|aborted|halted|abgeschaltet|gestoppt|ausgeloest|arrete\w*|declenche\w*|parad[oa]|detenid[oa]|disparad[oa]|fermat[oa]|scattat[oa]|gestopt|uitgeschakeld|uitgevallen|lockout|shutdown|shutdn|scram)$/

/** Place where something was stopped that nobody wanted stopped. */
export const stoppedIn = (words: readonly Word[]): number | undefined => {
  if (words.some(w => INTENDED.test(w.text))) return undefined
  const at = words.findIndex(
    (w, i) =>
      STOPPED.test(w.text) &&
      !/[=:]/.test(words[i + 1]?.before ?? '') &&
      !/^\d/.test(words[i + 1]?.text ?? '') &&
      !/^(status|state|count|counter|counts|level|limit|button|valve|position|relay)$/.test(
        words[i + 1]?.text ?? '',
      ),
  )
  return at < 0 ? undefined : at
}
