import type { Verdict } from './verdict.js'

/** A verdict as it crosses a boundary: names in snake_case, what is not known left out. */
export const wireVerdict = (v: Verdict) => ({
  severity: v.severity,
  category: v.category,
  component: v.component,
  needs_human: v.needsHuman,
  reason: v.reason,
  ...(v.evidence ? { evidence: v.evidence } : {}),
  ...(v.cause ? { cause: v.cause } : {}),
  ...(v.action ? { action: v.action } : {}),
  confidence: Math.round(v.confidence * 1000) / 1000,
  stage: v.stage,
})
