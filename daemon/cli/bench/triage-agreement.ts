/** Whether memory says what plain code would say of the same line: speed that is bought with wrong answers is none. */
import { sleep } from '../../base/clock.js'
import { Classifier } from '../../triage/classifier/classifier.js'
import { Triage } from '../../triage/triage.js'
import type { Verdict } from '../../triage/verdict.js'
import { LogLines } from './log-lines.js'
import { judged } from './triage-known.js'

export interface AgreementFigures {
  /** Lines that memory answered and plain code judged again. */
  lines: number
  /** Of them those with another severity, category or component. */
  differing_lines: number
}

const SEED = 20261125
const MOST_LINES = 20_000
const CHUNK = 1_000

export async function benchAgreement(lines: number, signal: AbortSignal): Promise<AgreementFigures> {
  const log = new LogLines(SEED)
  const triage = new Triage({ classifier: Classifier.read() })
  const figures: AgreementFigures = { lines: 0, differing_lines: 0 }
  const most = Math.min(Math.ceil(lines / 4), MOST_LINES)
  for (let done = 0; done < most; done += CHUNK) {
    await sleep(0, signal)
    for (const line of log.known(Math.min(CHUNK, most - done))) {
      const { verdict } = judged(triage, line)
      if (verdict.stage !== 'memo') continue
      figures.lines++
      if (sayOf(triage.unbiased(line.source, line.line).verdict) !== sayOf(verdict)) figures.differing_lines++
    }
  }
  return figures
}

const sayOf = (v: Verdict) => `${v.severity} ${v.category} ${v.component}`
