/** Parts of a command's reply. Pure. */
import type { Outcome as ReplyOutcome } from '../requests/reply.js'
import type { CommandResult } from './carry-out.js'
import type { Understanding } from './understand.js'

const round = (n: number) => Math.round(n * 1000) / 1000

/** Figures of the reply; an answer to a question is read by rule. */
export function figuresOf(u: Understanding | undefined): Omit<ReplyOutcome, 'ok'> {
  if (!u) return { stage: 'rule', confidence: 1, model: null, inferMs: 0, promptTokens: 0, outputTokens: 0 }
  return {
    stage: u.stage,
    confidence: round(u.confidence),
    model: u.model,
    inferMs: u.inferMs,
    promptTokens: u.promptTokens,
    outputTokens: u.outputTokens,
    ...(u.energyMj === undefined ? {} : { energyMj: u.energyMj }),
  }
}

/** An area by id, name or alias, as clients may send any. */
export function areaId(
  said: string | undefined,
  areas: readonly { id: string; name: string; aliases: string[] }[],
): string | undefined {
  if (!said) return undefined
  const low = said.trim().toLowerCase()
  return areas.find(
    a => a.id === said || a.name.toLowerCase() === low || a.aliases.some(x => x.toLowerCase() === low),
  )?.id
}

/** All well, or the first thing that went wrong as the reply's error; the result tells the rest. */
export function verdict(result: CommandResult): Pick<ReplyOutcome, 'ok' | 'result' | 'error'> {
  const bad = result.devices.find(o => o.result === 'no_answer' || o.result === 'failed')
  if (!bad) return { ok: true, result }
  return {
    ok: false,
    result,
    error:
      bad.result === 'no_answer'
        ? {
            code: 'device_no_answer',
            message: result.text,
            remedy:
              'Look whether the device has power and reaches the broker, and whether its topics in the home file are right.',
          }
        : {
            code: 'device_failed',
            message: result.text,
            remedy: 'The device refused or said something else; try again, or look at the device itself.',
          },
  }
}
