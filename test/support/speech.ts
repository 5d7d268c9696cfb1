/** Speech made by espeak-ng while a test runs; no recording is kept. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** What a spoken test needs on the machine: skipped where it is missing, and CI installs it. */
export const needsSpeech: { skip?: string } =
  spawnSync('espeak-ng', ['--version']).status === 0 &&
  existsSync('/usr/share/pocketsphinx/model/en-us/en-us/mdef')
    ? {}
    : { skip: 'espeak-ng or pocketsphinx-en-us is not installed' }

/** A sentence as WAV (22,050 Hz), with a little silence on both sides as a person leaves it. */
export function spoken(text: string, { voice = 'en-us', speed = 150 } = {}): Buffer {
  const wav = execFileSync('espeak-ng', ['-v', voice, '-s', String(speed), '--stdout', '--', text], {
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const pause = Buffer.alloc(2 * Math.round(22_050 * 0.25))
  const whole = Buffer.concat([wav.subarray(0, 44), pause, wav.subarray(44), pause])
  // --stdout streams: its header does not know the length
  whole.writeUInt32LE(whole.length - 8, 4)
  whole.writeUInt32LE(whole.length - 44, 40)
  return whole
}
