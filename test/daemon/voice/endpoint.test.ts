import fc from 'fast-check'
import t from 'tap'
import { SAMPLE_RATE, type Samples } from '../../../daemon/voice/audio/pcm.js'
import {
  EchoGate,
  type EndpointEvent,
  Endpointer,
  type EndpointOptions,
} from '../../../daemon/voice/endpoint.js'
import { EspeakSpeaker } from '../../../daemon/voice/speak.js'
import { noise } from '../../support/sound.js'

const speaker = new EspeakSpeaker()
const say = (text: string) => speaker.speak(text, new AbortController().signal)
const silence = (seconds: number) => noise(seconds, 0.0003, 7)
const seconds = (samples: Samples) => samples.length / SAMPLE_RATE

function joined(...parts: Samples[]): Samples {
  return Int16Array.from(parts.flatMap(part => Array.from(part)))
}

/** Sound over a noise that goes on. */
function over(ground: Samples, sound: Samples): Samples {
  return ground.map((value, i) => Math.max(-32768, Math.min(32767, value + (sound[i] ?? 0))))
}

function cut(samples: Samples, options: EndpointOptions = {}, size = 320): EndpointEvent[] {
  const endpointer = new Endpointer(options)
  const events: EndpointEvent[] = []
  for (let at = 0; at < samples.length; at += size)
    events.push(...endpointer.push(samples.subarray(at, at + size)))
  return [...events, ...endpointer.flush()]
}

const ends = (events: EndpointEvent[]) => events.flatMap(event => (event.type === 'end' ? [event] : []))
const starts = (events: EndpointEvent[]) => events.flatMap(event => (event.type === 'start' ? [event] : []))

/** Start and end by turns, nothing only between them; after a pause it goes on, or ends with just what it told. */
function inOrder(events: EndpointEvent[]): boolean {
  let open = false
  let paused: Samples | undefined
  for (const event of events) {
    const { type } = event
    if (type === 'pause' || type === 'resumed') {
      if (!open || (paused !== undefined) !== (type === 'resumed')) return false
      paused = event.type === 'pause' ? event.samples : undefined
      continue
    }
    if (paused && !(event.type === 'end' && event.reason === 'silence' && event.samples === paused))
      return false
    paused = undefined
    if (type === 'start' ? open : type === 'end' ? !open : open) return false
    open = type === 'start' ? true : type === 'end' ? false : open
  }
  return !open
}

t.test('a sentence is cut out with what was before it, and is over after a pause', async t => {
  const said = await say('turn on the kitchen light')
  const events = cut(joined(silence(1), said, silence(2)))
  t.ok(inOrder(events))
  const [end, ...more] = ends(events)
  t.match(end, { reason: 'silence' })
  t.same(more, [])
  const at = starts(events)[0]!.atMs
  t.ok(at >= 900 && at < 1_250, `begins at ${at}`)
  t.ok(seconds(end!.samples) > seconds(said) * 0.75 && seconds(end!.samples) < seconds(said) + 0.9)
})

t.test('two sentences with a pause between them are two, with a breath between them one', async t => {
  const [one, two] = [await say('turn on the light'), await say('close the door')]
  t.equal(ends(cut(joined(silence(1), one, silence(1.5), two, silence(1.5)))).length, 2)
  t.equal(
    ends(cut(joined(silence(1), one, silence(1.5), two, silence(1.5)), { trailingMs: 3_000 })).length,
    1,
  )
})

t.test('steady noise 6 dB below the speech: beginning and end are still found', async t => {
  const said = await say('turn on the kitchen light')
  let power = 0
  for (const value of said) power += (value / 32768) ** 2
  const rms = Math.sqrt(power / said.length / 10 ** 0.6)
  const events = cut(over(noise(7, rms), joined(new Int16Array(3 * SAMPLE_RATE), said)))
  const [start] = starts(events).filter(({ atMs }) => atMs > 2_500)
  t.ok(start && start.atMs < 3_350, `begins at ${start?.atMs}`)
  t.match(ends(events).at(-1), { reason: 'silence' })
  const last = ends(events).at(-1)!
  t.ok(seconds(last.samples) < seconds(said) + 1.2)
})

t.test('silence, steady noise, a click: nothing was said', async t => {
  for (const rms of [0, 0.0003, 0.01, 0.2]) t.same(starts(cut(noise(8, rms))), [], `noise of ${rms}`)
  const click = silence(4)
  click.fill(20_000, 30_000, 30_300)
  t.same(starts(cut(click)), [])
  t.same(cut(silence(3.5), { waitMs: 1_000 }), [
    ...Array(3).fill({ type: 'nothing', reason: 'no_speech' }),
    { type: 'nothing', reason: 'stopped' },
  ])
})

t.test('who never stops is stopped', async t => {
  const said = await say('and then the next one and the other one and one more and another one')
  const events = cut(joined(silence(0.5), ...Array(12).fill(said)), { longestMs: 4_000 })
  t.ok(inOrder(events))
  for (const end of ends(events)) t.ok(seconds(end.samples) <= 5)
  t.ok(ends(events).some(({ reason }) => reason === 'longest'))
})

t.test('noise that begins and stays is no speech for ever', async t => {
  const events = cut(joined(silence(2), noise(40, 0.1)))
  const total = ends(events).reduce((sum, end) => sum + seconds(end.samples), 0)
  t.ok(total < 5, `${total} s of it`)
})

t.test('who speaks as soon as the stream is open is heard from the first word on', async t => {
  const said = await say('turn on the kitchen light')
  const [end] = ends(cut(joined(said.subarray(1_000), silence(1.5))))
  t.same(end!.samples.subarray(0, SAMPLE_RATE), said.subarray(1_000, 1_000 + SAMPLE_RATE))
})

t.test('a pause tells the utterance before it is over, and is taken back when somebody goes on', async t => {
  const [one, two] = [await say('turn on the kitchen light'), await say('and the garden light')]
  const events = cut(joined(silence(1), one, silence(0.05), two, silence(2)))
  t.ok(inOrder(events))
  t.equal(ends(events).length, 1)
  const told = events.map(({ type }) => type)
  t.same(told.slice(0, 2), ['start', 'pause'])
  t.same(told.slice(told.lastIndexOf('resumed') + 1), ['pause', 'end', 'nothing'])
  const broken = cut(joined(silence(1), one, silence(0.3)))
  t.same(
    broken.map(({ type }) => type),
    ['start', 'pause', 'resumed', 'end'],
    'what the stream breaks off with is more than was told',
  )
})

t.test('a stream that breaks off in a sentence gives what it had', async t => {
  const said = await say('turn on the kitchen light')
  const events = cut(joined(silence(1), said.subarray(0, SAMPLE_RATE)))
  t.match(ends(events), [{ reason: 'stopped' }])
  t.ok(seconds(ends(events)[0]!.samples) > 1)
  const endpointer = new Endpointer()
  endpointer.push(joined(silence(1), said.subarray(0, SAMPLE_RATE)))
  t.equal(endpointer.speaking, true)
  endpointer.flush()
  t.equal(endpointer.speaking, false)
  t.same(endpointer.flush(), [{ type: 'nothing', reason: 'stopped' }])
})

t.test('whatever the pieces, the same comes out', async t => {
  const sound = joined(silence(0.7), await say('lights on'), silence(1.2), await say('stop'), silence(0.4))
  const whole = cut(sound, {}, sound.length)
  t.equal(ends(whole).length, 2)
  const sizes = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(sizes, sizes => {
      const endpointer = new Endpointer()
      const events: EndpointEvent[] = []
      for (let at = 0, i = 0; at < sound.length; i++) {
        const size = sizes[i % sizes.length]!
        events.push(...endpointer.push(sound.subarray(at, at + size)))
        at += size
      }
      events.push(...endpointer.flush())
      return Buffer.from(JSON.stringify(events)).equals(Buffer.from(JSON.stringify(whole)))
    }),
    { numRuns: 15 },
  )
})

t.test('whatever the sound: start and end by turns, and never more kept than the longest', t => {
  const piece = fc.record({
    tenths: fc.integer({ min: 1, max: 20 }),
    rms: fc.constantFrom(0, 0.001, 0.02, 0.2, 0.9),
    seed: fc.nat(),
  })
  const held = () =>
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), fc.boolean(), (pieces, waits) => {
        const sound = joined(...pieces.map(({ tenths, rms, seed }) => noise(tenths / 10, rms, seed)))
        const events = cut(sound, { longestMs: 2_000, ...(waits ? { waitMs: 500 } : {}) })
        // what was before, the longest, and the frames that were needed to be sure
        return inOrder(events) && ends(events).every(({ samples }) => seconds(samples) <= 3)
      }),
      { numRuns: 60 },
    )
  t.doesNotThrow(held)
  t.end()
})

t.test('music starts utterances, but each has its end', t => {
  // chords that change twice a second, with a beat
  const notes = [220, 277.2, 329.6, 440, 554.4, 659.3]
  const music = Int16Array.from({ length: 60 * SAMPLE_RATE }, (_, i) => {
    const second = i / SAMPLE_RATE
    const chord = Math.floor(second * 2)
    const fade = Math.exp(-3 * ((second * 2) % 1))
    const sum = [0, 1, 2].reduce(
      (all, n) => all + Math.sin(2 * Math.PI * notes[(chord * 2 + n) % 6]! * second),
      0,
    )
    return 5_000 * fade * sum
  })
  const events = cut(music)
  t.ok(inOrder(events))
  for (const { samples } of ends(events)) t.ok(seconds(samples) <= 15.6)
  t.end()
})

t.test('a site does not hear itself', t => {
  const gate = new EchoGate({ tailMs: 400 })
  t.equal(gate.hears(0), 'everything')
  gate.playing(1_000, 2_000)
  t.equal(gate.hears(3_399), 'nothing')
  t.equal(gate.hears(3_400), 'everything')
  gate.playing(5_000, 60_000)
  gate.finished(6_000)
  t.equal(gate.hears(6_399), 'nothing')
  t.equal(gate.hears(6_400), 'everything')
  const barging = new EchoGate({ bargeIn: true })
  barging.playing(0, 1_000)
  t.equal(barging.hears(500), 'wake_word')
  t.end()
})
