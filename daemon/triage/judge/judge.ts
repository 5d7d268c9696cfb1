/**
 * The verdict of plain code: what is said (conditions), what takes it back (states), values against limits that stand in
 * the line, and what code books know. Certain where a code decides; says how sure it is where words do. Pure.
 */
import type { Finding } from '../books/finding.js'
import { atLeast, type Category, isAlarm, type Severity, type Verdict, worse } from '../verdict.js'
import { CATEGORY_OF_FAULT, CAUSES } from './defaults.js'
import { evidenceOf, reasonOf } from './evidence.js'
import { type Expectation, unexpected } from './expect.js'
import { garbageIn } from './garbage.js'
import { hostileText, withoutBait } from './hostile.js'
import { type Condition, lexicon, type State } from './lexicon.js'
import { checkLimits, type LimitCheck, quantityOf } from './limits.js'
import { componentFor } from './mentions.js'
import type { Found } from './phrases.js'
import { Polarity } from './polarity.js'
import { quantityNear } from './quantity.js'
import { relations } from './relations.js'
import { putRightOf, sayingsOf } from './sayings.js'
import { notDone, stoppedIn, wrongIn } from './trouble.js'
import { readBooleans, type Word, wordsOf } from './words.js'

export interface LineToJudge {
  line: string
  source: string
  /** What code books say of it, the most certain first. */
  findings?: readonly Finding[]
  /** Of the line (signature.ts): what was found in another line of it is not looked for again. */
  shape?: number
}

/** How sure plain code is, by what its verdict rests on. @source held against two sets of our own, 2026-11 */
const SURE = {
  code: 0.97,
  returned: 0.92,
  limit: 0.88,
  condition: 0.85,
  several: 0.7,
  calm: 0.8,
  expectation: 0.8,
  bookkeeping: 0.75,
  measurement: 0.7,
  bent: 0.6,
  anyFault: 0.5,
  nothing: 0.6,
}

/** One reason to take a line for more than normal. */
interface Ground {
  category: Category
  severity: Severity
  needsHuman: boolean
  condition?: Condition
  /** Of which cause and action are taken, when no condition is said. */
  advice?: Condition
  limit?: LimitCheck
  finding?: Finding
  expectation?: Expectation
  from: number
  to: number
}

export function judge(input: LineToJudge): Verdict {
  const hostile = hostileText(input.line)
  const read = judgeText(input)
  // noise has every byte, that of an escape too; it instructs nobody, and what people see of it has none
  if (!hostile || (hostile.what !== 'an instruction to the reader' && garbageIn(input.line))) return read
  // bait can talk a verdict down, never up: of the line with it and without it the worse counts
  const rest = withoutBait(input.line, hostile)
  const { shape: _shape, ...bare } = input
  const without = judgeText({ ...bare, line: rest })
  const worst = atLeast(read.severity, without.severity) ? read : quotingFrom(input.line, rest, without)
  return withHostile(worst, hostile.quote, hostile.what)
}

/** The same verdict with the words of the line itself, where it was read with blanks in it. */
function quotingFrom(line: string, blanked: string, verdict: Verdict): Verdict {
  const at = blanked.indexOf(verdict.evidence)
  const evidence = at < 0 ? '' : line.slice(at, at + verdict.evidence.length)
  return { ...verdict, evidence, reason: verdict.reason.replace(verdict.evidence, () => evidence) }
}

function judgeText(input: LineToJudge): Verdict {
  const noise = garbageIn(input.line)
  if (noise) return noise
  const words = readBooleans(wordsOf(input.line))
  sayingsOf(words, input.shape)
  const plain = judgeWords(words, input)
  if (plain.confidence > SURE.bookkeeping || words.length > TERSE) return plain
  if (input.findings?.some(f => f.book === LEVELS && f.severity === 'normal')) return plain
  // nothing was understood that says how it stands: perhaps words are bent
  const right = putRightOf(words, input.shape)
  if (!right) return plain
  const bent = judgeWords(right, input)
  return bent.severity === 'normal' ? plain : { ...bent, confidence: Math.min(bent.confidence, SURE.bent) }
}

function judgeWords(words: readonly Word[], { line, source, findings: read = [] }: LineToJudge): Verdict {
  const sayings = sayingsOf(words)
  const limits = checkLimits(words)
  const polarity = new Polarity(words, sayings.states, limits)
  const kept = limits.filter(l => !l.violated)
  const findings = read.filter(f => f.severity === 'normal' || !isKept(f, line, words, limits, polarity))
  const certain = findings.find(f => f.certain)
  const said = sayings.conditions
  const live = longest(
    said
      // `no water leak` does not say that there is no water
      .filter(f => !(NO.test(words[f.from]!.text) && said.some(o => o.from === f.from + 1 && o.to > f.to)))
      .filter(f => !polarity.takenBack(f.from, f.to, f.value) && !polarity.isPhrase(f.from, f.to))
      // a name of a quantity with its limit is no fault while the limit is kept
      .filter(f => !kept.some(l => f.from < l.to && f.to > l.from) || limits.some(l => l.violated)),
  )

  const grounds: Ground[] = live.map(({ value, from, to }) => ({
    category: value.category,
    severity: value.severity,
    needsHuman: value.needsHuman,
    condition: value,
    from,
    to,
  }))
  if (!polarity.returned) {
    for (const limit of limits.filter(l => l.violated))
      grounds.push({
        category: isInterval(limit, words) ? 'wear_maintenance' : categoryOfLimit(words, limit, grounds),
        severity: isInterval(limit, words) ? 'advisory' : limit.severe ? 'critical' : 'warning',
        needsHuman: true,
        limit,
        ...conditionOf(words, limit, categoryOfLimit(words, limit, grounds)),
        from: limit.from,
        to: limit.to,
      })
    for (const limit of limits.filter(l => nearlyUsed(l, words)))
      grounds.push({
        category: 'wear_maintenance',
        severity: 'advisory',
        needsHuman: true,
        limit,
        from: limit.from,
        to: limit.to,
      })
    grounds.push(...relations(words).map(r => ({ ...r, needsHuman: true, expectation: r })))
    // a share of a life says nothing of other values
    if (limits.every(l => l.at === l.limitAt))
      for (const e of polarity.has('tested') && polarity.has('calm') ? [] : unexpected(words, source))
        grounds.push({ ...e, needsHuman: true, expectation: e })
  }
  // a value within its limits speaks against words that only say what is measured
  const within =
    limits.length > 0 &&
    limits.every(l => !l.violated) &&
    !grounds.some(g => g.expectation || (g.limit && g.severity === 'advisory'))

  for (const finding of findings)
    if (
      finding.book !== LEVELS &&
      finding.severity &&
      finding.severity !== 'normal' &&
      (finding.certain || !polarity.returned)
    )
      grounds.push(groundOf(finding, words))
  // numbers that do not fit speak against a code that says all is well
  const against = certain?.severity === 'normal' && grounds.some(g => g.limit || g.expectation)
  // programs tell of time-outs and retries all day long; what they call information themselves is none of an operator's
  const told = findings.some(f => f.book === LEVELS && f.severity === 'normal')
  if (told && !certain)
    for (const g of [...grounds])
      if (g.condition && CHATTER.has(g.category)) grounds.splice(grounds.indexOf(g), 1)
  const verdict =
    certain && !against
      ? byCode(certain, grounds, words, source, polarity)
      : grounds.length > 0 &&
          !(
            within &&
            polarity.has('calm') &&
            !polarity.severe &&
            grounds.every(g => !g.condition || RANK[g.category] < 12)
          )
        ? byGrounds(grounds, line, words, source, polarity)
        : byStates(line, words, source, polarity, limits, findings)
  return { ...verdict, reason: reasonOf(verdict.reason, verdict.evidence) }
}

const NO = /^(no|kein\w*|aucun\w*|sin|nessun\w*|geen)$/
type Draft = Verdict
/** What displays and terse controllers write is short; in prose a strange word is a name. */
export const TERSE = 12

/** `change at 250 Pa`: what is passed is no limit but an interval. */
const isInterval = (l: LimitCheck, words: readonly Word[]): boolean =>
  words
    .slice(Math.max(0, l.limitAt - 3), l.limitAt)
    .some(w =>
      /^(change|replace|wechsel\w*|tausch\w*|service|remplac\w*|sostitu\w*|dirty|clean|wash|reinig\w*|vervang\w*|cambi\w*|nettoy\w*|schmutz\w*)$/.test(
        w.text,
      ),
    )
const USED_UP =
  /^(wear|filter|life|lifetime|standzeit|lebensdauer|hours|cycles|dp|verschleiss|usure|operations|starts|change|spots|shots|parts)$/
const NEARLY = 0.95
/** `filter_dp 248, change_at 250`: what is used up is nearly so. */
export const nearlyUsed = (l: LimitCheck, words: readonly Word[]): boolean =>
  !l.violated &&
  l.direction === 'high' &&
  l.value >= l.limit * NEARLY &&
  words.slice(Math.max(0, l.from - 3), l.to).some(w => USED_UP.test(w.text))

const CHATTER = new Set<Category>(['communication', 'process_deviation', 'configuration', 'level_flow'])
/** What the sender calls its line: the word lies often, so it speaks only where nothing else does. */
const LEVELS = 'syslog-severity'

/** Whether what a book read stands within a limit that is kept, or is taken back by the words around it. */
function isKept(
  finding: Finding,
  line: string,
  words: readonly Word[],
  limits: readonly LimitCheck[],
  polarity: Polarity,
): boolean {
  if (
    /\b(not|nicht|non|no) (active|detected|present|aktiv|erkannt)\b|\b0(\.0+)?\s?(ml|ppm|cm3|l|%)(?!\w)/i.test(
      finding.quote,
    )
  )
    return true
  const start = line.indexOf(finding.quote)
  if (start < 0) return false
  const end = start + finding.quote.length
  const from = words.findIndex(w => w.end > start)
  const after = words.findIndex(w => w.start >= end)
  const to = after < 0 ? words.length : after
  if (from < 0 || to <= from) return false
  const kept = limits.length > 0 && limits.every(l => !l.violated)
  if (kept && limits.some(l => from < l.to && to > l.from)) return true
  return !/0x|\d\d/.test(finding.quote) && polarity.takenBack(from, to)
}

/** Of overlapping readings of one condition the longest; a condition said twice counts where it is said longest. */
function longest(found: readonly Found<Condition>[]): Found<Condition>[] {
  const best = new Map<string, Found<Condition>>()
  for (const f of found) {
    const known = best.get(f.value.id)
    if (!known || f.to - f.from > known.to - known.from) best.set(f.value.id, f)
  }
  const over = new Set([...best.values()].flatMap(f => f.value.over))
  return [...best.values()].filter(f => !over.has(f.value.id))
}

function groundOf(finding: Finding, words: readonly Word[]): Ground {
  const at = words.findIndex(w => finding.quote.toLowerCase().startsWith(w.text))
  return {
    category: finding.category ?? 'process_deviation',
    severity: finding.severity ?? 'warning',
    needsHuman: finding.needsHuman ?? true,
    finding,
    from: Math.max(0, at),
    to: Math.max(0, at) + 1,
  }
}

/** A limit says by how much; what it is of, the words around it say, or a condition of the same clause. */
function categoryOfLimit(words: readonly Word[], limit: LimitCheck, grounds: readonly Ground[]): Category {
  const own = quantityOf(words, limit)
  const near = grounds.find(g => g.from < limit.to + 4 && g.to > limit.from - 4)
  return own === 'process_deviation' && near ? near.category : own
}

/** What a limit that is passed is called, for its cause and action. */
const BY_LIMIT: Partial<Record<Category, Record<'high' | 'low', string>>> = {
  temperature: { high: 'overtemperature', low: 'undertemperature' },
  pressure: { high: 'pressure_high', low: 'pressure_low' },
  level_flow: { high: 'level_high', low: 'level_low' },
  vibration: { high: 'vibration_high', low: 'vibration_high' },
  process_deviation: { high: 'setpoint_missed', low: 'setpoint_missed' },
  wear_maintenance: { high: 'wear_limit', low: 'wear_limit' },
}

/** Cause and action of a passed limit are those of the condition that it amounts to. */
function conditionOf(words: readonly Word[], limit: LimitCheck, category: Category): { advice?: Condition } {
  const near = words.slice(Math.max(0, limit.from - 2), limit.to + 1).map(w => w.text)
  const flow = near.some(w => /flow|durchfluss|debit|caudal|portata/.test(w))
  const ohm = near.some(w => /ohm$/.test(w))
  const volt = near.some(w => /^(v|kv|mv|vdc|vac|volt\w*|spannung|tension|vmin|vmax|vcell|cell)$/.test(w))
  const id =
    category === 'electrical'
      ? ohm
        ? 'earth_fault'
        : limit.direction === 'low'
          ? 'undervoltage'
          : volt
            ? 'overvoltage'
            : 'overcurrent'
      : category === 'level_flow' && flow
        ? limit.direction === 'low'
          ? 'no_flow'
          : 'high_flow'
        : BY_LIMIT[category]?.[limit.direction]
  const advice = lexicon().conditions.find(c => c.id === id)
  return advice ? { advice } : {}
}

function byCode(
  finding: Finding,
  grounds: readonly Ground[],
  words: readonly Word[],
  source: string,
  polarity: Polarity,
): Draft {
  const worst = grounds
    .filter(
      g =>
        g.finding?.certain || g.limit || ((g.condition || g.expectation) && g.category === finding.category),
    )
    .reduce<Severity>((s, g) => worse(s, g.severity), finding.severity ?? 'normal')
  const lost =
    worst === 'warning' &&
    polarity.severe &&
    finding.severity === 'warning' &&
    !finding.book.startsWith('j1939')
  const severity = finding.severity === 'normal' ? 'normal' : lost ? 'critical' : worst
  // a code for any alarm (NMEA ALR, a diagnostic interrupt) leaves it to the words to say which
  const vague = finding.category === undefined || finding.category === 'process_deviation'
  const named = vague ? grounds.find(g => g.condition) : undefined
  const category =
    severity === 'normal'
      ? 'normal'
      : (named?.category ?? finding.category ?? grounds[0]?.category ?? 'process_deviation')
  const component =
    (named || (finding.component === 'sensor' && namesValve(words)) ? undefined : finding.component) ??
    componentFor(words, source, {
      category,
      from: named?.from ?? 0,
      to: named?.to ?? words.length,
      polarity,
      ...(named?.condition?.always ? { always: named.condition.always } : {}),
      ...(named?.condition?.usually ? { usually: named.condition.usually } : {}),
    })
  return {
    severity,
    category,
    component,
    needsHuman: severity === 'normal' ? false : severity === 'advisory' ? (finding.needsHuman ?? true) : true,
    reason: finding.means,
    evidence: finding.quote,
    ...(severity === 'normal' ? {} : advice(finding.cause, finding.action)),
    confidence: SURE.code,
    stage: 'rule',
  }
}

/** NE 107 speaks of positioners as of transmitters. */
const namesValve = (words: readonly Word[]): boolean =>
  words
    .slice(0, 3)
    .some(w => /^(fcv|tcv|pcv|lcv|xv|hv|mov|valve|positioner|actuator|ventil|stellventil)\d*$/.test(w.text))

const RANK: Record<Category, number> = {
  security: 13,
  safety: 12,
  leak: 11,
  sensor_fault: 10,
  vibration: 9,
  temperature: 8,
  pressure: 7,
  level_flow: 6,
  electrical: 5,
  communication: 4,
  configuration: 3,
  wear_maintenance: 2,
  process_deviation: 1,
  normal: 0,
}
const SEVERITY_RANK: Record<Severity, number> = {
  normal: 0,
  advisory: 1,
  warning: 2,
  critical: 3,
  emergency: 4,
}

function byGrounds(
  grounds: readonly Ground[],
  line: string,
  words: readonly Word[],
  source: string,
  polarity: Polarity,
): Draft {
  // what is said at most length is meant most; of two as long the one higher in the list of categories
  const weight = (g: Ground) =>
    SEVERITY_RANK[g.severity] * 2 +
    (g.limit ? 1 : 0) +
    (g.finding ? 4 : 0) +
    Math.min(4, g.to - g.from) * 0.8 +
    RANK[g.category] * 0.22
  const main = grounds.reduce((a, b) => (weight(b) > weight(a) ? b : a))
  let severity = grounds
    .filter(g => g === main || g.limit || g.category === main.category)
    .reduce<Severity>((s, g) => worse(s, g.severity), main.severity)
  const plan = main.severity === 'advisory'
  if (polarity.has('emergency') && RANK[main.category] >= 11) severity = 'emergency'
  else if (polarity.severe && severity === 'warning') severity = 'critical'
  else if (
    polarity.severe &&
    plan &&
    main.category !== 'wear_maintenance' &&
    main.category !== 'configuration'
  )
    severity = 'critical'
  else if (polarity.mild && severity === 'critical' && !polarity.severe && RANK[main.category] < 11)
    severity = 'warning'
  // what was stopped because of it is a function lost
  if (severity === 'warning' && main.limit && stoppedIn(words) !== undefined) severity = 'critical'
  // a line that names the first of its limits knows better than a general word how bad it is
  if (
    severity === 'emergency' &&
    !polarity.severe &&
    !polarity.has('emergency') &&
    grounds.some(g => g.limit && !g.limit.severe) &&
    !grounds.some(g => g.limit?.severe)
  )
    severity = 'critical'
  // a code for any trouble leaves it to the limit to say of what
  const limited =
    main.finding && main.category === 'process_deviation' ? grounds.find(g => g.limit) : undefined
  const category = limited?.category ?? main.category
  const component =
    main.finding?.component ??
    componentFor(words, source, {
      category,
      from: main.from,
      to: main.to,
      polarity,
      ...(main.condition?.always ? { always: main.condition.always } : {}),
      ...(main.condition?.usually ? { usually: main.condition.usually } : {}),
      ...(main.expectation?.component ? { usually: main.expectation.component } : {}),
    })
  const categories = new Set(grounds.map(g => g.category))
  const sure = main.limit ? SURE.limit : main.expectation ? SURE.expectation : SURE.condition
  return {
    severity,
    category,
    component,
    needsHuman: severity === 'advisory' ? main.needsHuman : true,
    reason: whatOf(main),
    evidence: evidenceOf(line, words, main.from, main.to),
    ...advice(
      main.condition?.cause ??
        main.advice?.cause ??
        main.finding?.cause ??
        main.expectation?.cause ??
        CAUSES[category]?.[0],
      main.condition?.action ??
        main.advice?.action ??
        main.finding?.action ??
        main.expectation?.action ??
        CAUSES[category]?.[1],
    ),
    confidence: categories.size > 2 ? SURE.several : sure,
    stage: 'rule',
  }
}

/** Place of words that sound of trouble, or of something that was stopped; undefined when there are none, or all is well. */
function soundsOfTrouble(words: readonly Word[], polarity: Polarity): number | undefined {
  if (polarity.returned || polarity.has('tested')) return undefined
  const undone = notDone(words)
  if (undone !== undefined && !polarity.takenBack(undone, undone + 3)) return undone
  if (polarity.has('calm')) return undefined
  const wrong = wrongIn(words).find(at => !polarity.takenBack(at, at + 1))
  if (wrong !== undefined) return wrong
  const stopped = stoppedIn(words)
  return stopped !== undefined && !polarity.takenBack(stopped, stopped + 1) ? stopped : undefined
}

/** Nothing wrong is said by name: a bare "fault", or a normal line. */
function byStates(
  line: string,
  words: readonly Word[],
  source: string,
  polarity: Polarity,
  limits: readonly LimitCheck[],
  findings: readonly Finding[],
): Draft {
  const called = findings.find(f => f.book === LEVELS && f.severity !== undefined && isAlarm(f.severity))
  const fault =
    (findings.some(f => f.book === LEVELS && f.severity === 'normal') ? undefined : polarity.liveFault()) ??
    polarity.warns() ??
    (called && !polarity.returned && !polarity.has('calm') ? 0 : undefined) ??
    (findings.some(f => f.severity === 'normal') ? undefined : soundsOfTrouble(words, polarity))
  if (fault !== undefined) {
    const any = componentFor(words, source, {
      category: 'process_deviation',
      from: fault,
      to: fault + 1,
      polarity,
    })
    const category = quantityNear(words, fault) ?? CATEGORY_OF_FAULT[any] ?? 'process_deviation'
    const component = componentFor(words, source, { category, from: fault, to: fault + 1, polarity })
    return {
      severity: polarity.severe ? 'critical' : 'warning',
      category,
      component,
      needsHuman: true,
      reason: 'a fault that it does not name further',
      evidence: evidenceOf(line, words, Math.max(0, fault - 2), fault + 2),
      ...advice(...(CAUSES[category] ?? CAUSES.process_deviation!)),
      confidence: SURE.anyFault,
      stage: 'rule',
    }
  }
  const named = findings.find(f => f.severity === 'normal')
  const state: State | undefined = polarity.returned
    ? 'returned'
    : polarity.has('calm')
      ? 'calm'
      : polarity.has('bookkeeping')
        ? 'bookkeeping'
        : undefined
  const at = state ? polarity.placeOf(state) : undefined
  const component = componentFor(words, source, {
    category: 'normal',
    from: at ?? 0,
    to: (at ?? 0) + 1,
    polarity,
  })
  const evidence = named
    ? named.quote
    : at === undefined
      ? ''
      : evidenceOf(line, words, Math.max(0, at - 2), at + 2)
  return {
    severity: 'normal',
    category: 'normal',
    component,
    needsHuman: false,
    reason:
      named?.means ??
      (state === 'returned'
        ? 'back to normal'
        : state
          ? 'says that all is well, or only what is done'
          : limits.length > 0
            ? 'within its limits'
            : words.length > 0
              ? 'values or words without a sign of trouble'
              : 'nothing to read'),
    evidence,
    confidence:
      state === 'returned'
        ? SURE.returned
        : state === 'calm' || named
          ? SURE.calm
          : state
            ? SURE.bookkeeping
            : limits.length > 0
              ? SURE.calm
              : words.some(w => w.text >= '0' && w.text < ':')
                ? SURE.measurement
                : SURE.nothing,
    stage: 'rule',
  }
}

const sideOf = (limit: LimitCheck): string =>
  !limit.violated ? 'close to' : limit.direction === 'high' ? 'above' : 'below'
const whatOf = (g: Ground): string =>
  g.condition
    ? g.condition.id.replaceAll('_', ' ')
    : g.limit
      ? `value ${g.limit.value} ${sideOf(g.limit)} its limit ${g.limit.limit}`
      : (g.finding?.means ?? g.expectation?.reason ?? '')

function advice(cause: string | undefined, action: string | undefined): { cause: string; action: string } {
  return { cause: cause ?? 'Not known from the line.', action: action ?? 'Look at it at the place.' }
}

/** What tries to steer the reader is said beside the fault, or is itself what is wrong. */
function withHostile(verdict: Verdict, quote: string, what: string): Verdict {
  const note = `${what}: “${quote}”`
  if (verdict.severity !== 'normal' && verdict.severity !== 'advisory' && verdict.confidence > SURE.anyFault)
    return { ...verdict, reason: `${verdict.reason.slice(0, 100)}; security: ${note}`.slice(0, 200) }
  const condition = lexicon().conditions.find(c => c.id === 'hidden_instruction')!
  return {
    severity: 'warning',
    category: 'security',
    component: 'controller',
    needsHuman: true,
    reason: `security: ${note}`.slice(0, 200),
    evidence: quote,
    cause: condition.cause,
    action: condition.action,
    confidence: 0.9,
    stage: 'rule',
  }
}
