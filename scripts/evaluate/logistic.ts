/**
 * Logistic regression with an L2 penalty, by Newton's method. A few weights and some thousand samples: no library is
 * worth its weight here.
 * @source Bishop, "Pattern Recognition and Machine Learning", 2006, section 4.3.3 (iterative reweighted least squares)
 */

/** One answer: what is known of it, and whether it was right. */
export interface Sample {
  x: readonly number[]
  right: boolean
}

const MOST_STEPS = 100
const CLOSE_ENOUGH = 1e-9

/** Solves A·v = b for a small symmetric positive matrix, by elimination with pivots. */
function solve(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const m = a.map((row, i) => [...row, b[i]!])
  const n = m.length
  for (let i = 0; i < n; i++) {
    let pivot = i
    for (let r = i + 1; r < n; r++) if (Math.abs(m[r]![i]!) > Math.abs(m[pivot]![i]!)) pivot = r
    ;[m[i], m[pivot]] = [m[pivot]!, m[i]!]
    for (let r = i + 1; r < n; r++) {
      const factor = m[r]![i]! / m[i]![i]!
      for (let c = i; c <= n; c++) m[r]![c]! -= factor * m[i]![c]!
    }
  }
  const v = new Array<number>(n).fill(0)
  for (let i = n - 1; i >= 0; i--) {
    let sum = m[i]![n]!
    for (let c = i + 1; c < n; c++) sum -= m[i]![c]! * v[c]!
    v[i] = sum / m[i]![i]!
  }
  return v
}

/** 1 / (1 + e^-z) for z = w·x. */
export function predict(weights: readonly number[], x: readonly number[]): number {
  return 1 / (1 + Math.exp(-weights.reduce((sum, w, i) => sum + w * x[i]!, 0)))
}

/**
 * Weights that make the samples likeliest.
 * @param l2 strength of the penalty on the squared weights, above 0: then there is one solution, also when all are right
 */
export function fit(samples: readonly Sample[], l2 = 1): number[] {
  const n = samples[0]?.x.length ?? 0
  let weights = new Array<number>(n).fill(0)
  const loss = (w: readonly number[]) => {
    let sum = (l2 / 2) * w.reduce((s, v) => s + v * v, 0)
    for (const { x, right } of samples) {
      const z = w.reduce((s, v, i) => s + v * x[i]!, 0)
      // log(1 + e^∓z) without overflow
      const t = right ? -z : z
      sum += Math.max(0, t) + Math.log1p(Math.exp(-Math.abs(t)))
    }
    return sum
  }
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = weights.map(w => l2 * w)
    const curvature = weights.map((_, i) => weights.map((_, j) => (i === j ? l2 : 0)))
    for (const { x, right } of samples) {
      const p = predict(weights, x)
      for (let i = 0; i < n; i++) {
        gradient[i]! += (p - (right ? 1 : 0)) * x[i]!
        for (let j = 0; j < n; j++) curvature[i]![j]! += p * (1 - p) * x[i]! * x[j]!
      }
    }
    const direction = solve(curvature, gradient)
    // a full step may overshoot: halve it until it helps
    const before = loss(weights)
    let length = 1
    let next = weights.map((w, i) => w - direction[i]!)
    while (length > 1e-6 && loss(next) > before) {
      length /= 2
      next = weights.map((w, i) => w - length * direction[i]!)
    }
    const moved = Math.max(...next.map((w, i) => Math.abs(w - weights[i]!)), 0)
    if (loss(next) <= before) weights = next
    if (moved < CLOSE_ENOUGH) break
  }
  return weights
}
