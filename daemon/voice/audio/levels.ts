import { SAMPLE_RATE, type Samples } from './pcm.js'

/** How good a recording is. dBFS: 0 is the loudest that can be stored. */
export interface Levels {
  peakDbfs: number
  rmsDbfs: number
  /** Share of samples at the limit, 0 to 1. */
  clipped: number
  /** Mean of all samples, -1 to 1: a faulty microphone or wire when far from 0. */
  dcOffset: number
  /** Level of the quietest tenth of frames of 20 ms. Speech without any pause raises it. */
  noiseDbfs: number
  /** Level of the loudest tenth over that of the quietest: below 6 nothing stands out. */
  snrDb: number
  /** What to do about it, one sentence; absent when all is well. */
  advice?: string
}

const FRAME = SAMPLE_RATE / 50
const LOUD = 0.9
const QUIET = 0.1
const AT_LIMIT = 32_700
/** What is shown for nothing at all: below the last bit. */
const LEAST_DB = -100
const MOST_CLIPPED = 0.001
const QUIET_DBFS = -45
const SILENT_DBFS = -70
const LEAST_SNR_DB = 6
const MOST_DC = 0.1

/** Measures a recording. Percentiles of the energy of 20 ms stand for speech and noise: no detector has to be right. */
export function measureLevels(samples: Samples): Levels {
  let peak = 0
  let sum = 0
  let squares = 0
  let limit = 0
  for (const value of samples) {
    const size = Math.abs(value)
    if (size > peak) peak = size
    if (size >= AT_LIMIT) limit++
    sum += value
    squares += value * value
  }
  const count = Math.max(1, samples.length)
  const mean = sum / count
  const energies: number[] = []
  for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
    let energy = 0
    for (let i = at; i < at + FRAME; i++) energy += (samples[i]! - mean) ** 2
    energies.push(energy / FRAME)
  }
  energies.sort((a, b) => a - b)
  const part = (share: number) => dbfs(Math.sqrt(energies[Math.floor((energies.length - 1) * share)] ?? 0))
  const noiseDbfs = part(QUIET)
  const loudDbfs = part(LOUD)
  const levels = {
    peakDbfs: dbfs(peak),
    rmsDbfs: dbfs(Math.sqrt(squares / count)),
    clipped: limit / count,
    dcOffset: mean / 32768,
    noiseDbfs,
    snrDb: loudDbfs - noiseDbfs,
  }
  const advice = adviceOn(levels, loudDbfs)
  return advice === undefined ? levels : { ...levels, advice }
}

function adviceOn({ clipped, dcOffset, snrDb }: Levels, loudDbfs: number): string | undefined {
  if (loudDbfs < SILENT_DBFS) return 'The recording is silent: is the microphone muted or unplugged?'
  if (clipped > MOST_CLIPPED)
    return 'The recording is clipped: lower the gain of the microphone or speak from further away.'
  if (Math.abs(dcOffset) > MOST_DC)
    return 'The recording does not swing around zero: check the microphone and its wiring.'
  if (loudDbfs < QUIET_DBFS)
    return 'The recording is too quiet: raise the gain of the microphone or speak closer to it.'
  if (snrDb < LEAST_SNR_DB)
    return 'There is only steady noise in the recording: speak closer to the microphone.'
  return undefined
}

const dbfs = (size: number) => Math.max(LEAST_DB, 20 * Math.log10(Math.max(size, 1e-9) / 32768))
