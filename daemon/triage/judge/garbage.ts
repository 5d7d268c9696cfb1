/** Bytes that are no text: wrong baud rate, noise. A dump written in hexadecimal is text. Pure. */
import type { Verdict } from '../verdict.js'

/** Below this it may be a name in another alphabet or a stray byte. */
const LEAST_CHARS = 12
const NOISE_SHARE = 0.25
const RUN_CHARS = 24

/** @returns the verdict on a line that is no text; undefined for text */
export function garbageIn(line: string): Verdict | undefined {
  const head = line.slice(0, 4096)
  const escaped = (head.match(/\\x[0-9a-f]{2}/gi) ?? []).length
  const strange = (head.match(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f\ufffd]/g) ?? []).length
  const units = head.length - escaped * 3
  if (units >= LEAST_CHARS && (escaped + strange) / units > NOISE_SHARE)
    return garbage(head, `${escaped + strange} of ${units} bytes are no text`)
  const run = new RegExp(`([^\\s=*#.-])\\1{${RUN_CHARS - 1},}`).exec(head)
  if (run) return garbage(run[0], 'one character over and over')
  return undefined
}

function garbage(quote: string, what: string): Verdict {
  const evidence = quote.slice(0, 60)
  return {
    severity: 'advisory',
    category: 'communication',
    component: 'network',
    needsHuman: true,
    reason: `${what}: “${evidence}”`,
    evidence,
    cause: 'Wrong baud rate or framing, interference, or a device that writes binary data.',
    action: 'Check baud rate, parity, ground and cable of this port.',
    confidence: 0.8,
    stage: 'rule',
  }
}
