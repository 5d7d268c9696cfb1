/** Whether speech can be heard, and answered. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Config } from '../../config/schema.js'
import { engineFacts } from '../../speech-engine.js'
import { chooseEngine } from '../../voice/engines/choose-engine.js'
import { lookUp } from '../../voice/engines/pocketsphinx-dictionary.js'
import { missingPocketsphinx } from '../../voice/engines/pocketsphinx-packages.js'
import { reachWhisperServer } from '../../voice/engines/whisper-server.js'
import { describeService } from '../../voice/engines/wyoming-call.js'
import { errors } from '../../voice/errors.js'
import { type Check, failed, ok, warn } from './check.js'

/** How long a service of another program may take to say that it is there. */
const REACH_MS = 3_000

export async function checkSpeech(config: Config, signal: AbortSignal): Promise<Check[]> {
  const { voice } = config
  if (voice.engine === 'off') return [ok('speech', 'off (voice.engine)')]
  const choice = chooseEngine(voice.engine, await engineFacts(voice))
  const wanted = voice.engine !== 'auto' || doorsOf(config).length > 0
  const checks: Check[] = []
  if (choice.engine !== undefined) checks.push(ok('speech', `${choice.engine} listens when somebody speaks`))
  else if (wanted) checks.push(warn('speech', choice.reason, choice.remedy))
  // a home that nobody speaks to is well without
  else checks.push(ok('speech', `none: ${choice.reason}. ${choice.remedy}`))
  if (choice.engine === 'wyoming' || choice.engine === 'whisper.cpp')
    checks.push(await checkService(config, choice.engine, signal))
  if (choice.engine !== undefined) checks.push(...checkPrograms(config), ...(await checkWake(config)))
  if (voice.recorder.enabled === 'on')
    checks.push(
      warn(
        'recorder',
        `what people say is kept: ${voice.recorder.most} utterances, ${voice.recorder.days} day(s)`,
        'Turn it off once the fault is found: `voice.recorder.enabled: off`.',
      ),
    )
  return checks
}

/** Whether the wake word can be listened for, where that is wanted. */
async function checkWake({ voice }: Config): Promise<Check[]> {
  const { engine, phrase } = voice.wake
  if (engine === 'off') return []
  const { modelDir } = voice.engines.pocketsphinx
  const missing = await missingPocketsphinx(modelDir)
  const remedy = 'Install it: `apt install pocketsphinx pocketsphinx-en-us`.'
  if (missing) return [warn('wake word', missing, remedy)]
  const known = lookUp(join(modelDir, 'cmudict-en-us.dict'), new Set(phrase.split(' ')))
  const unknown = phrase.split(' ').filter(word => !known.has(word))
  if (unknown.length === 0) return [ok('wake word', `"${phrase}" is waited for`)]
  const problem = `no pronunciation is known of ${unknown.join(', ')}`
  const error = errors.wake_phrase_unheard({ phrase, problem })
  return [warn('wake word', error.message, error.remedy)]
}

/** Ways in for sound, beside the request. */
function doorsOf({ voice }: Config): string[] {
  const { hermes, wyoming, microphone } = voice
  return [
    ...(hermes.enabled === 'on' ? ['hermes'] : []),
    ...(wyoming.enabled === 'on' ? ['wyoming'] : []),
    ...(microphone.device === undefined ? [] : ['microphone']),
  ]
}

async function checkService(
  { voice }: Config,
  engine: 'wyoming' | 'whisper.cpp',
  signal: AbortSignal,
): Promise<Check> {
  const { wyoming, whisperServer } = voice.engines
  const within = AbortSignal.any([signal, AbortSignal.timeout(REACH_MS)])
  try {
    if (engine === 'whisper.cpp') {
      await reachWhisperServer(whisperServer.url!, within)
      return ok('recogniser', `whisper.cpp answers at ${whisperServer.url}`)
    }
    const { host, port } = wyoming
    const { asr } = await describeService({ host: host!, port, answerMs: REACH_MS }, within)
    const where = `${host}:${port}`
    return asr?.length
      ? ok('recogniser', `a Wyoming service answers at ${where}`)
      : warn('recogniser', `the Wyoming service at ${where} does not transcribe`, 'Name one that does.')
  } catch (error) {
    return failed('recogniser', error)
  }
}

/** Programs that speak, record and play. */
function checkPrograms({ voice }: Config): Check[] {
  const { speech, microphone } = voice
  const wanted: [program: string, why: string, package_: string][] = [
    ...(speech.engine === 'espeak-ng'
      ? [
          ['espeak-ng', 'answers are spoken, and new names pronounced', 'espeak-ng'] as [
            string,
            string,
            string,
          ],
        ]
      : []),
    ...(microphone.device === undefined
      ? []
      : [['arecord', `the microphone ${microphone.device}`, 'alsa-utils'] as [string, string, string]]),
    ...(microphone.speaker === undefined
      ? []
      : [['aplay', `the loudspeaker ${microphone.speaker}`, 'alsa-utils'] as [string, string, string]]),
  ]
  return wanted.map(([program, why, package_]) =>
    spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
      ? ok(program, why)
      : warn(program, `not installed: ${why}`, `\`apt install ${package_}\``),
  )
}
