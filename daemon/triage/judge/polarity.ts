/** What turns the meaning of a line: "cleared", "no ... detected", "= 0", "test", "but still". Pure. */
import { exitedWell } from './counted.js'
import type { Condition, State } from './lexicon.js'
import type { LimitCheck } from './limits.js'
import type { Found } from './phrases.js'
import { isQuantityWord } from './quantity.js'
import { isTroubleWord } from './trouble.js'
import { isNumber, type Word } from './words.js'

/** Words that may stand between a thing and its value: `fault count: 0`. */
const LABELS = new Set(
  'total count counter counts register reg status state code flag bit active number nr no id list level word detected events event s is are was contact input today yesterday now current since shift since_reset condition relay switch bitmap mask stage stufe etage nivel probe sensor resets restarts aktiv aktive actif actifs active actives activos activas attivi attive actieve pending open unacknowledged unacked anstehend anstehende offen en cours presentes present presents today heute hoy oggi vandaag events trips counts start boot last hour day shift power on gas volume'.split(
    ' ',
  ),
)
const OFF = new Set(
  '0 false no none off inactive ok normal clear cleared nil n nein keine non aucun aucune ninguno nessuno absent healthy good not never 00 000 0000 00000000'.split(
    ' ',
  ),
)
const NAMES_LIMITS = new Set<State>(['fault', 'severe', 'mild', 'emergency'])
const BEFORE = 3
const CLAUSE_END = /[;|]|[.!?]$/
const TEST_REACH = 5

const FLAG =
  /^(alarm|alm|alarme|alarma|active|aktiv|actif|activo|fault|flt|raised|err|error|errors|alarms|faults|errs)$/
const ON = /^(1|active|true|yes|on|alarm|high|low|fault)$/
const DENIES = /^(not|non|nicht|no|pas|niet|kein|keine)$/
const FOUND =
  /^(detect\w*|detekt\w*|found|present|active|aktiv|erkannt|vorhanden|rilevat\w*|trovat\w*|presente|present\w*|activ\w*|gefunden|seen|required|needed)$/
const BY = /^(by|durch|vom|von|par|por|da|dal|door|per)$/
const WILL =
  /^(timer|mode|program\w*|schedule|operator|user|driver|recipe|sequence|season|summer|winter|night|demand|thermostat|setpoint|command|order|grid|eco|bediener|benutzer|zeitschalt\w*|zeitplan|sommer\w*|operateur|minuterie|horaire|operador|usuario|horario|operatore|utente|orario|gebruiker|request)$/
const DEVICE =
  /^(detector|detectors|sensor|sensors|switch|monitor|monitoring|relay|eye|photo|photocell|panel|guard|protection|interlock|melder|waechter|\w+waechter|detecteur|detecteurs|sonde|pressostat|rilevatore|sensore|sensori|detectores|melders|schalter|ueberwachung|schutz)$/
const EMPTY = /^["']?[:=](\[\]|\{\}|""|''|\(\)|-{1,3}(?=$|["',;|}\])]))/
const LAST = /^(last|previous|letzte|letzter|letztes|dernier|derniere|ultimo|ultima)$/
const DRY = /^(dry|trocken|sec|seco|asciutto|droog)$/
const DRY_IS_GOOD = new Set(['water_leak', 'oil_leak', 'seal_leak', 'level_high'])

/** Whether a word can turn what stands beside it. */
export const isTurningWord = (word: string): boolean =>
  LABELS.has(word) ||
  OFF.has(word) ||
  PASSED.test(word) ||
  isTroubleWord(word) ||
  isQuantityWord(word) ||
  [BY, WILL, DEVICE, FLAG, ON, DENIES, FOUND, DRY, FAILS, AT, LEVELS, CONSEQUENCE].some(p => p.test(word)) ||
  /^(or|oder|ou|nor|x0+)$/.test(word)

const PASSED = /^(pass|passed|ok|successful|bestanden|reussi|correcta|superad\w*)$/
const FAILS =
  /^(fail\w*|fehl\w*|echou\w*|mislukt|durchgefallen|overdue|due|nicht|not|echec\w*|fallid\w*|fallit\w*|nok|aborted|expired|faellig\w*)$/
const WARNS = /^(warning|warn|wrn|warnung|avertissement|aviso|advertencia|avviso|waarschuwing|alert)$/

const AT = /^(at|bei|a|en)$/
const LEVELS = /^(h|hi|high|hh|hihi|l|lo|low|ll|lolo)$/
const CONSEQUENCE = /^(overflow\w*|trips?|shutdown|stops?|cutout|esd|abschaltung|ueberlauf)$/

export class Polarity {
  readonly #words: readonly Word[]
  #states: readonly Found<State>[]
  readonly #switchedOff: boolean
  /** Something is over, and nothing says that it is not. */
  readonly returned: boolean
  /** A function is lost: trip, shutdown, HH. */
  readonly severe: boolean
  readonly mild: boolean

  constructor(words: readonly Word[], states: readonly Found<State>[], limits: readonly LimitCheck[] = []) {
    this.#words = words
    // `trip 95 C` names a limit; while it is kept nothing has tripped
    this.#states = states.filter(
      f =>
        !(
          NAMES_LIMITS.has(f.value) &&
          limits.some(
            l =>
              (!l.violated || (f.value === 'severe' && !l.severe)) &&
              ((f.from < l.limitAt && l.limitAt - f.from <= 3) ||
                f.from === l.limitAt + 1 ||
                Math.abs(f.to - l.at) <= 1),
          )
        ),
    )
    this.#states = this.#states.filter(f => f.value !== 'severe' || !this.#announced(f))
    const still = this.#of('still')
    this.#switchedOff = this.#flagOff()
    this.returned =
      this.#switchedOff ||
      this.#of('returned').some(
        f => !this.#negatedBefore(f.from) && !still.some(s => s.from >= f.from || s.to >= f.from - 1),
      )
    this.severe = !this.returned && this.#of('severe').some(f => !this.takenBack(f.from, f.to))
    this.mild = this.#of('mild').length > 0
  }

  has(state: State): boolean {
    return this.#of(state).length > 0
  }
  placeOf(state: State): number | undefined {
    return this.#of(state)[0]?.from
  }

  /** Whether what is said from one word to another is taken back. */
  takenBack(from: number, to: number, condition?: Condition): boolean {
    if (this.#switchedOff || this.#isEmpty(to) || this.#isNone(from, to)) return true
    // `Disconnected after scheduled rsync, exit 0`
    if (condition?.category === 'communication' && exitedWell(this.#words)) return true
    if (
      condition &&
      DRY_IS_GOOD.has(condition.id) &&
      this.#words.slice(to, to + 3).some(w => DRY.test(w.text))
    )
      return true
    if (this.#notDetected(to) || this.#past(from, to)) return true
    if (this.returnedNear(from, to)) return true
    // who mutes a guard wants it so, and it is muted
    if (condition?.category !== 'safety' && condition?.category !== 'security' && this.#byWill(to))
      return true
    if (this.#namesDevice(to)) return true
    if (this.#negatedBefore(from)) return true
    if (this.#offAfter(to)) return true
    return this.#onlyTested(from, to)
  }

  /** Whether it is part of a longer phrase that means no harm: `disconnected by user`. */
  isPhrase(from: number, to: number): boolean {
    return this.#of('calm').some(
      c => c.to - c.from > 1 && ((c.from < to && c.to >= to) || (c.from <= from && c.to > from)),
    )
  }

  /** Place of a word of trouble that is not taken back; undefined when there is none. */
  liveFault(): number | undefined {
    const calm = this.#of('calm')
    return this.#of('fault').find(
      f =>
        !this.takenBack(f.from, f.to) &&
        !calm.some(c => c.from <= f.from && c.to >= f.to && c.to - c.from > f.to - f.from),
    )?.from
  }

  /** A line that calls itself a warning, and says no more that is understood. */
  warns(): number | undefined {
    const at = this.#words.findIndex((w, i) => i < 2 && WARNS.test(w.text))
    return at >= 0 && !this.returned && !this.has('calm') && !this.takenBack(at, at + 1) ? at : undefined
  }

  /** "cleared" takes back what stands in its clause and before it. */
  returnedNear(from: number, to: number): boolean {
    if (!this.returned) return false
    return this.#of('returned').some(f => {
      if (f.from >= from && f.from < to) return true
      const [a, b] = f.from < from ? [f.to, from] : [to, f.from]
      // what comes after it in another clause is news
      return f.from >= to || !this.#words.slice(a, b + 1).some(w => CLAUSE_END.test(w.before))
    })
  }

  /** `web break detector self check ok`: what a device is there to find is not what it found. */
  #namesDevice(to: number): boolean {
    const next = this.#words[to]
    if (next?.before !== '' || !DEVICE.test(next.text)) return false
    if (this.#wrongAfter(to)) return false
    return this.has('calm') || this.has('tested') || this.has('returned')
  }
  /** Something else than its name is wrong with the device. */
  #wrongAfter(to: number): boolean {
    return this.#of('fault').some(f => f.from >= to) || this.#of('severe').some(f => f.from >= to)
  }

  /** `blocked by summer mode`, `stopped by the operator`: somebody or something wanted it so. */
  #byWill(to: number): boolean {
    if (!BY.test(this.#words[to]?.text ?? '')) return false
    return [to + 1, to + 2].some(i => WILL.test(this.#words[i]?.text ?? ''))
  }

  /** `0 timeouts`, where the phrase has its number. */
  #isNone(from: number, to: number): boolean {
    return this.#words
      .slice(from, to - 1)
      .some((w, i) => w.text === '0' && w.after === '' && this.#words[from + i + 1]!.start > w.end)
  }

  /** `"errors":[]`, `faults: {}`, `alarm=""`, `trip: --`: a list without anything in it. */
  #isEmpty(to: number): boolean {
    return EMPTY.test(this.#words[to - 1]?.after ?? '')
  }

  #of(state: State): Found<State>[] {
    return this.#states.filter(f => f.value === state)
  }

  /** `level HI, overflow at HIHI`, `LOW, trip at LOLO`: what will come at another limit than the one that is reached. */
  #announced(f: Found<State>): boolean {
    const at = [f.from - 1, f.to].find(i => AT.test(this.#words[i]?.text ?? ''))
    if (at === undefined || at < 1) return false
    const named = this.#words.slice(at + 1, at + 3).some(w => LEVELS.test(w.text))
    return (
      named &&
      CONSEQUENCE.test(this.#words[at - 1]!.text) &&
      this.#words.slice(0, at - 1).some(w => LEVELS.test(w.text))
    )
  }

  #negatedBefore(from: number): boolean {
    // `0 failed`, `0 active alarms`
    for (let back = 1; back <= 2; back++) {
      const word = this.#words[from - back]
      const hex = this.#words[from - back + 1]
      if (
        hex?.text !== 'not' &&
        word?.text === '0' &&
        !/[.\d]/.test(word.after) &&
        !(hex?.before === '' && hex.text.startsWith('x'))
      )
        return true
      if (!word || isNumber(word.text) || /[,;:]/.test(this.#words[from - back + 1]!.before)) break
    }
    // `no underperforming or failed strings`
    const or = this.#words[from - 1]?.text
    if ((or === 'or' || or === 'oder' || or === 'ou' || or === 'nor') && from >= 3)
      return this.#of('negated').some(f => f.from < from && from - f.from <= 4)
    return this.#of('negated').some(f => {
      if (f.to > from || from - f.to >= BEFORE) return false
      return !this.#words.slice(f.to, from + 1).some(w => /[,;:|.!?{}"]/.test(w.before.replace(/["']/g, '')))
    })
  }

  /** `{"alarm":0,"name":"dry_run"}`: the flag of the whole line is off, and no other is on. */
  #flagOff(): boolean {
    let off = false
    for (const [at, word] of this.#words.entries()) {
      const key = this.#words[at - 1]?.text ?? ''
      if (!FLAG.test(key) || !/[=:]/.test(word.before)) continue
      const next = this.#words[at + 1]
      const hex = next?.text.startsWith('x') && next.before === ''
      const isOff =
        (hex ? /^x0+$/.test(next!.text) : OFF.has(word.text)) &&
        (hex || /^$|^["'\s]*[,;}|).]/.test(word.after))
      if (isOff) off = true
      else if (ON.test(word.text)) return false
    }
    return off
  }

  /** `fuite ... non détectée`: the word that denies stands between the thing and what is denied. */
  #notDetected(to: number): boolean {
    for (let at = to; at < Math.min(to + 5, this.#words.length - 1); at++) {
      if (/[,;.]/.test(this.#words[at]!.before)) return false
      if (DENIES.test(this.#words[at]!.text) && FOUND.test(this.#words[at + 1]!.text)) return true
    }
    return false
  }

  /** `last excursion 41 days ago`: history. */
  #past(from: number, to: number): boolean {
    if (this.#words.slice(Math.max(0, from - 2), from).some(w => LAST.test(w.text))) return true
    return this.#words
      .slice(to, to + 5)
      .some((w, i, all) => w.text === 'ago' && !all.slice(0, i).some(o => /[;.]/.test(o.before)))
  }

  /** `fault=0`, `leak: none`, `alarm register 0x0000`. */
  #offAfter(to: number): boolean {
    for (let at = to; at < Math.min(to + 4, this.#words.length); at++) {
      const { text, before } = this.#words[at]!
      if (at > to && /[,;{}|]/.test(before)) return false
      if (at === to && /[,;{}|]/.test(before)) return false
      if (text === '0' && /^x?0*$/.test(this.#words[at + 1]?.text.replace(/^x/, '') ?? '')) return true
      if (text === '0' && this.#words[at + 1]?.text.startsWith('x') && this.#words[at + 1]!.before === '')
        return false
      // `not cleared`: it is still there
      if (DENIES.test(text) && this.#of('returned').some(f => f.from === at + 1)) return false
      if (OFF.has(text))
        return text !== 'no' || (/[=:]/.test(before) && /^$|[,;})]/.test(this.#words[at]!.after))
      if (isNumber(text) || !LABELS.has(text)) return this.#calmAt(at, before)
    }
    return false
  }

  #calmAt(at: number, before: string): boolean {
    return /[=:]|^$/.test(before) && this.#of('calm').some(f => f.from === at)
  }

  /** A test of an alarm is no alarm, unless the test itself fails. */
  #onlyTested(from: number, to: number): boolean {
    const tests = this.#of('tested').filter(
      f => Math.abs(f.from - to) <= TEST_REACH || Math.abs(from - f.to) <= TEST_REACH,
    )
    const passed = this.has('tested') && this.#of('calm').some(f => PASSED.test(this.#words[f.from]!.text))
    if (tests.length === 0 && !passed) return false
    return !this.#words.some(
      (w, i) =>
        FAILS.test(w.text) &&
        !(i >= from && i < to && /^(failure|ausfall)$/.test(w.text)) &&
        !(this.#words[i - 1]?.text === 'no'),
    )
  }
}
