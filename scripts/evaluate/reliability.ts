/** Whether a confidence means what it says. Pure. */

/** An answer: how sure it was, 0 to 1, and whether it was right. */
export interface Judged {
  confidence: number
  right: boolean
}

/** Answers of about the same confidence. */
export interface Bin {
  /** From `from` up to but not including `to`; the last bin includes 1. */
  from: number
  to: number
  count: number
  /** Mean confidence, 0 to 1. */
  confidence: number
  /** Share that was right, 0 to 1. */
  accuracy: number
}

/** Answers in bins of equal width; empty bins are left out. */
export function reliability(answers: readonly Judged[], bins = 10): Bin[] {
  const groups = Array.from({ length: bins }, (): Judged[] => [])
  for (const a of answers) groups[Math.min(bins - 1, Math.floor(a.confidence * bins))]!.push(a)
  return groups.flatMap((group, i) =>
    group.length === 0
      ? []
      : {
          from: i / bins,
          to: (i + 1) / bins,
          count: group.length,
          confidence: group.reduce((sum, a) => sum + a.confidence, 0) / group.length,
          accuracy: group.filter(a => a.right).length / group.length,
        },
  )
}

/**
 * Expected calibration error, 0 to 1: how far confidence and accuracy are apart, on average over the answers.
 * @source Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 5
 */
export function calibrationError(bins: readonly Bin[]): number {
  const count = bins.reduce((sum, b) => sum + b.count, 0)
  return bins.reduce((sum, b) => sum + (b.count / count) * Math.abs(b.confidence - b.accuracy), 0)
}

/** What a threshold of confidence gives and costs. */
export interface Trade {
  threshold: number
  /** Share of answers that are given, 0 to 1. */
  coverage: number
  /** Share of given answers that are wrong, 0 to 1. */
  risk: number
}

/** Risk and coverage for some thresholds. An answer is given from the threshold on. */
export function riskCoverage(answers: readonly Judged[], thresholds: readonly number[]): Trade[] {
  return thresholds.map(threshold => {
    const given = answers.filter(a => a.confidence >= threshold)
    return {
      threshold,
      coverage: answers.length ? given.length / answers.length : 0,
      risk: given.length ? given.filter(a => !a.right).length / given.length : 0,
    }
  })
}
