/**
 * How often the wake word is missed, and how often it is heard where nobody said it: synthetic voices, clean and in a noise
 * made here (a hum, hiss, clatter and a murmur of voices), faster than real time, through the child that listens.
 *
 *   node dist/scripts/evaluate/wake.js [--phrase "hey field mouse"] [--thresholds 50,60,70,80] [--minutes 30] [--noise 20]
 *
 * Synthetic speech, not people: espeak-ng fits PocketSphinx' model badly, more so without any noise.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { seeded } from '../../daemon/base/random.js'
import { durationMs, SAMPLE_RATE, type Samples } from '../../daemon/voice/audio/pcm.js'
import { PocketsphinxWake } from '../../daemon/voice/engines/pocketsphinx-wake.js'
import { joined, mix, murmur, roomNoise } from './voice/noise.js'
import { speak, VOICES } from './voice/speak.js'
import { TALK } from './voice/talk.js'

const { values } = parseArgs({
  options: {
    phrase: { type: 'string', default: 'hey field mouse' },
    thresholds: { type: 'string', default: '50,60,70,80' },
    minutes: { type: 'string', default: '30' },
    /** Root mean square of the room's noise under all of it. */
    noise: { type: 'string', default: '20' },
  },
})
/** Sentences with words of the phrase, or such as sound like them. */
const LIKE_IT = [
  'hey there is a mouse in the house',
  'they feel the most about it',
  'hey philip must you do that',
  'a field mouse lives under the barn',
  'they filled my house with flowers',
  'hey feel my mouth',
  'the hay field must be mown',
  'hey mickey mouse',
  'move the mouse and click on the field',
  'he failed my mouse experiment',
]
const voices = [...VOICES, { name: 'en-gb+m5', speed: 150 }, { name: 'en-us+f4', speed: 160 }]
/** Sound is given in pieces of this length, samples; between sentences lies the first half of one. */
const PIECE = SAMPLE_RATE / 2
const { signal } = new AbortController()
const quiet = Number(values.noise)

const talk: Samples[] = []
let minutes = 0
for (let n = 0; minutes < Number(values.minutes); n++) {
  const voice = voices[(n + Math.floor(n / TALK.length)) % voices.length]!
  const said = await speak(TALK[n % TALK.length]!, voice, quiet)
  talk.push(joined([said, roomNoise(PIECE / 2, quiet, n)]))
  minutes += durationMs(talk.at(-1)!) / 60_000
}
const like: Samples[] = []
for (const text of LIKE_IT) for (const voice of voices) like.push(await speak(text, voice, quiet))
const wakes: Samples[] = []
for (const voice of voices)
  for (const faster of [-20, 0, 20]) {
    const text = faster === 0 ? values.phrase : `${values.phrase}, turn on the light`
    const said = await speak(text, { ...voice, speed: voice.speed + faster }, quiet)
    wakes.push(joined([roomNoise(PIECE, quiet, faster + 50), said, roomNoise(PIECE, quiet, faster + 90)]))
  }
const noise = await murmur(60, 7)

for (const threshold of values.thresholds.split(',').map(Number)) {
  const wake = new PocketsphinxWake({ phrase: values.phrase, threshold })
  await wake.start(signal)
  try {
    /** @returns how often it was heard */
    const heardIn = async (sound: Samples, anew: boolean) => {
      let times = 0
      for (let at = 0; at < sound.length; at += PIECE)
        if (await wake.hear('evaluated', sound.subarray(at, at + PIECE), anew && at === 0, signal)) times++
      return times
    }
    const before = cpuMs(wake.pid)
    let alarms = 0
    for (const sound of talk) alarms += await heardIn(sound, false)
    const used = cpuMs(wake.pid) - before
    const hits = async (sounds: readonly Samples[]) => {
      let count = 0
      for (const sound of sounds) if ((await heardIn(sound, true)) > 0) count++
      return count
    }
    const missed = { clean: 0, at12: 0, at6: 0 }
    const random = seeded(5)
    missed.clean = wakes.length - (await hits(wakes))
    missed.at12 = wakes.length - (await hits(wakes.map(sound => mix(sound, noise, 12, random))))
    missed.at6 = wakes.length - (await hits(wakes.map(sound => mix(sound, noise, 6, random))))
    const inNoise = await hits(talk.slice(0, 300).map(sound => mix(sound, noise, 12, random)))
    process.stdout.write(
      `1e-${threshold}: ${alarms} false alarms in ${minutes.toFixed(1)} min of talk (${((alarms * 60) / minutes).toFixed(1)} an hour), ${inNoise} in ${Math.min(300, talk.length)} of its sentences at 12 dB, ${await hits(like)} of ${like.length} sentences like it; missed of ${wakes.length}: clean ${missed.clean}, 12 dB ${missed.at12}, 6 dB ${missed.at6}; of one core ${(used / minutes / 60_000).toFixed(4)}\n`,
    )
  } finally {
    await wake.stop()
  }
}

/** Processor time of a process, milliseconds. Linux counts in hundredths of a second. */
function cpuMs(pid: number | undefined): number {
  const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = rest!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
