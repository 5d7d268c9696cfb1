/**
 * Half, odds of one: it moves a decision neither way (rescore.ts). For engines that tell no confidence, or one that was never
 * held against what people said: what they write must then be judged by whether it makes sense in this home.
 */
export const UNKNOWN_CONFIDENCE = 0.5

/** A probability that an engine gives itself. Its doubt counts, its praise does not: models are sure of what they make up. */
export const uncalibrated = (probability: number) => Math.min(UNKNOWN_CONFIDENCE, probability)
