import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Capture, type CaptureEvent, type CaptureOptions } from '../../../daemon/voice/capture.js'
import { Endpointer } from '../../../daemon/voice/endpoint.js'
import { EspeakSpeaker } from '../../../daemon/voice/speak.js'
import { noise } from '../../support/sound.js'

const forever = new AbortController().signal
const QUICK = { firstMs: 20, maxMs: 100, factor: 2 }

/** A microphone, what it heard and what became of it. */
class Listener {
  readonly capture: Capture
  readonly events: CaptureEvent[] = []
  heard = new Int16Array(0)
  #waiting: (() => void)[] = []

  constructor(t: Test, options: Partial<CaptureOptions>) {
    this.capture = new Capture({
      backoff: QUICK,
      ...options,
      onSamples: samples => {
        // what a test looks at; the flood of a device without a pace is not kept
        if (this.heard.length < 1e6) this.heard = Int16Array.from([...this.heard, ...samples])
        options.onSamples?.(samples)
        this.#look()
      },
      onEvent: event => {
        this.events.push(event)
        this.#look()
      },
    })
    t.teardown(() => this.capture.stop())
  }

  #look() {
    for (const look of this.#waiting) look()
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = () => {
        if (!holds()) return
        this.#waiting = this.#waiting.filter(other => other !== look)
        resolve()
      }
      this.#waiting.push(look)
      look()
    })
  }

  get lost() {
    return this.events.flatMap(event => (event.type === 'lost' ? [event] : []))
  }
}

/** A file of samples; arguments for a shell that plays it in pieces. */
function playing(t: Test, samples: Int16Array, script: (file: string) => string) {
  const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-capture-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  const file = join(folder, 'sound.raw')
  writeFileSync(file, new Uint8Array(samples.buffer))
  return { program: 'sh', args: ['-c', script(file)] }
}

t.test('samples come as they were, though pipes cut them anywhere', async t => {
  const sound = noise(0.1, 0.2)
  const odd = (file: string) => `dd if=${file} bs=333 status=none; sleep 0.1; exec sleep 100`
  const listener = new Listener(t, playing(t, sound, odd))
  await listener.capture.start(forever)
  await listener.until(() => listener.heard.length >= sound.length)
  t.same(listener.heard, sound)
  t.same(listener.events, [{ type: 'hearing' }])
})

t.test('a sentence at the pace of a real microphone is cut out', async t => {
  const said = await new EspeakSpeaker().speak('turn on the light', forever)
  const sound = Int16Array.from([...noise(0.5, 0.0003), ...said, ...noise(1.5, 0.0003)])
  // 100 ms at a time
  const paced = (file: string) =>
    `i=0; while [ $i -lt ${Math.ceil(sound.length / 1_600)} ]; do dd if=${file} bs=3200 skip=$i count=1 status=none; sleep 0.09; i=$((i+1)); done; exec sleep 100`
  const endpointer = new Endpointer()
  let ended: Int16Array | undefined
  const listener = new Listener(t, {
    ...playing(t, sound, paced),
    onSamples: samples => {
      for (const event of endpointer.push(samples)) if (event.type === 'end') ended = event.samples
    },
  })
  await listener.capture.start(forever)
  await listener.until(() => ended !== undefined)
  t.ok(ended!.length > 16_000)
})

t.test('one that dies is started again, whoever killed it', async t => {
  const listener = new Listener(
    t,
    playing(t, noise(0.05, 0.1), file => `cat ${file}; exec sleep 100`),
  )
  await listener.capture.start(forever)
  for (let i = 1; i <= 3; i++) {
    await listener.until(() => listener.heard.length === i * 800)
    process.kill(listener.capture.pid!, 'SIGKILL')
    await listener.until(() => listener.lost.length === i)
    t.match(listener.lost[i - 1], { error: { code: 'microphone_unusable', message: /SIGKILL/ }, attempt: i })
  }
  await listener.until(() => listener.events.at(-1)?.type === 'hearing')
})

t.test('one whose own child lives on is started again too', async t => {
  const listener = new Listener(
    t,
    playing(t, noise(0.05, 0.1), file => `sleep 3 & cat ${file}; wait`),
  )
  await listener.capture.start(forever)
  await listener.until(() => listener.heard.length === 800)
  process.kill(listener.capture.pid!, 'SIGKILL')
  await listener.until(() => listener.heard.length === 1_600)
})

t.test('one that gives nothing is ended and told', async t => {
  const listener = new Listener(t, { program: 'sleep', args: ['100'], silentMs: 100 })
  await listener.capture.start(forever)
  const { pid } = listener.capture
  await listener.until(() => listener.lost.length === 2)
  t.match(listener.lost[0], { error: { message: /no sound for 100 ms/, remedy: /arecord -L/ } })
  t.throws(() => process.kill(pid!, 0), 'the first is gone')
})

t.test('a program that is missing is named, with its package', async t => {
  const listener = new Listener(t, { program: 'no-such-arecord' })
  await t.rejects(listener.capture.start(forever), {
    code: 'microphone_program_missing',
    remedy: /apt install alsa-utils/,
  })
  t.equal(listener.capture.pid, undefined)
  t.same(listener.events, [])
})

t.test('stopped is stopped: no child, no more sound, no more tries', async t => {
  const stubborn = playing(
    t,
    noise(0.05, 0.1),
    file => `trap "" TERM; cat ${file}; while :; do sleep 0.05; done`,
  )
  const listener = new Listener(t, stubborn)
  await listener.capture.start(forever)
  await listener.until(() => listener.heard.length > 0)
  const { pid } = listener.capture
  await listener.capture.stop()
  t.throws(() => process.kill(pid!, 0))
  t.same(listener.lost, [])
  await listener.capture.stop()
  await listener.capture.start(forever)
  await listener.until(() => listener.heard.length === 1_600)
})

t.test('arecord itself: a device without hardware is heard, one that is not there is told', async t => {
  const silent = new Listener(t, { device: 'null' })
  await silent.capture.start(forever)
  await silent.until(() => silent.heard.length > 16_000)
  const { pid } = silent.capture
  await silent.capture.stop()
  t.throws(() => process.kill(pid!, 0))
  const absent = new Listener(t, { device: 'plughw:99,0' })
  await absent.capture.start(forever)
  await absent.until(() => absent.lost.length > 0)
  t.match(absent.lost[0]!.error, { code: 'microphone_unusable', message: /plughw:99,0/ })
})
