/**
 * The verdict of plain code: what is said (conditions), what takes it back (states), values against limits that stand in
 * the line, and what code books know. Certain where a code decides; says how sure it is where words do. Pure.
 */
import type { Finding } from '../books/finding.js'
import { atLeast, type Category, type Verdict } from '../verdict.js'
import { byCode } from './by-code.js'
import { byGrounds, RANK } from './by-grounds.js'
import { byStates } from './by-states.js'
import { reasonOf } from './evidence.js'
import { unexpected } from './expect.js'
import { garbageIn } from './garbage.js'
import {
  categoryOfLimit,
  conditionOf,
  type Ground,
  groundOf,
  isInterval,
  isKept,
  longest,
  nearlyUsed,
} from './grounds.js'
import { type Hostile, hostileText, withoutBait } from './hostile.js'
import { lexicon } from './lexicon.js'
import { checkLimits } from './limits.js'
import { Polarity } from './polarity.js'
import { relations } from './relations.js'
import { putRightOf, sayingsOf } from './sayings.js'
import { LEVELS, SURE, TERSE } from './sure.js'
import { readBooleans, type Word, wordsOf } from './words.js'

export interface LineToJudge {
  line: string
  source: string
  /** What code books say of it, the most certain first. */
  findings?: readonly Finding[]
  /** Of the line (signature.ts): what was found in another line of it is not looked for again. */
  shape?: number
  /** What in it tries to steer its reader, where that was looked for already; null is nothing. */
  hostile?: Hostile | null
}

export function judge(input: LineToJudge): Verdict {
  const hostile = input.hostile === undefined ? hostileText(input.line) : input.hostile
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

const CHATTER = new Set<Category>(['communication', 'process_deviation', 'configuration', 'level_flow'])
const NO = /^(no|kein\w*|aucun\w*|sin|nessun\w*|geen)$/
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
