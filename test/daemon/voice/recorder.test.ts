import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { decodeAudio } from '../../../daemon/voice/audio/decode.js'
import { Recorder, type Retention } from '../../../daemon/voice/recorder.js'
import { FakeClock } from '../../support/clock.js'
import { bits16, sine } from '../../support/sound.js'

const DAY_MS = 86_400_000
const MUCH: Retention = { count: 100, days: 100, bytes: 1e9 }
const said = bits16(sine(440, 0.2))

function recorder(t: Test, retention: Partial<Retention> = {}) {
  const base = mkdtempSync(join(tmpdir(), 'fieldmouse-recorder-'))
  t.teardown(() => rmSync(base, { recursive: true, force: true, maxRetries: 10 }))
  const folder = join(base, 'heard')
  const clock = new FakeClock()
  return { recorder: new Recorder({ folder, retention: { ...MUCH, ...retention }, clock }), folder, clock }
}

t.test('what is kept can be heard again, by its owner alone', async t => {
  const { recorder: it, folder } = recorder(t)
  t.equal(existsSync(folder), false, 'nothing is made before')
  const path = await it.keep(said)
  t.same((await decodeAudio(readFileSync(path!), 'it')).samples, said)
  t.equal(statSync(path!).mode & 0o777, 0o600)
  t.equal(statSync(folder).mode & 0o777, 0o700)
})

t.test('a folder that was open to others is closed', async t => {
  const { recorder: it, folder } = recorder(t)
  mkdirSync(folder, { mode: 0o777 })
  await it.keep(said)
  t.equal(statSync(folder).mode & 0o777, 0o700)
})

t.test('count, days and bytes: the oldest go first', async t => {
  const count = recorder(t, { count: 3 })
  const paths: (string | undefined)[] = []
  for (let i = 0; i < 5; i++) {
    paths.push(await count.recorder.keep(said))
    await count.clock.turn(1_000)
  }
  t.same(
    paths.map(path => existsSync(path!)),
    [false, false, true, true, true],
  )

  const days = recorder(t, { days: 2 })
  await days.recorder.keep(said)
  await days.clock.turn(1.5 * DAY_MS)
  await days.recorder.keep(said)
  t.equal(await days.recorder.prune(), 2)
  await days.clock.turn(DAY_MS)
  t.equal(await days.recorder.prune(), 1, 'without a new one too')
  t.equal(readdirSync(days.folder).length, 1)

  const bytes = recorder(t, { bytes: 15_000 })
  for (let i = 0; i < 4; i++) await bytes.recorder.keep(said)
  t.equal(readdirSync(bytes.folder).length, 2)
  t.equal(await bytes.recorder.keep(bits16(sine(440, 2))), undefined, 'one that is too large alone')
  t.equal(readdirSync(bytes.folder).length, 2)
})

t.test('only its own files are removed, and what a power cut left of them', async t => {
  const { recorder: it, folder } = recorder(t, { count: 0 })
  mkdirSync(folder)
  writeFileSync(join(folder, 'holiday.wav'), 'x')
  writeFileSync(join(folder, 'utterance-0000000000001-0123456789ab.wav'), 'x')
  writeFileSync(join(folder, '.utterance-0000000000001-0123456789ab.wav.01234567.tmp'), 'x')
  t.equal(await it.keep(said), undefined)
  t.same(readdirSync(folder), ['holiday.wav'])
})

t.test('whatever is kept in whatever order, no limit is passed', async t => {
  const steps = fc.array(fc.record({ samples: fc.integer({ min: 0, max: 4_000 }), hours: fc.nat(30) }), {
    maxLength: 12,
  })
  const held = fc.assert(
    fc.asyncProperty(
      steps,
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: 20_000 }),
      async (steps, count, bytes) => {
        const { recorder: it, folder, clock } = recorder(t, { count, bytes, days: 1 })
        await Promise.all(steps.map(({ samples }) => it.keep(new Int16Array(samples))))
        for (const { samples, hours } of steps) {
          await clock.turn(hours * 3_600_000)
          await it.keep(new Int16Array(samples))
          const files = existsSync(folder) ? readdirSync(folder) : []
          const total = files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
          const oldest = Math.min(...files.map(name => Number(name.split('-')[1])))
          if (files.length > count || total > bytes || oldest < clock.now() - DAY_MS) return false
        }
        return true
      },
    ),
    { numRuns: 25 },
  )
  await t.resolves(held)
})

t.test('a folder that cannot be written to is told', async t => {
  const base = mkdtempSync(join(tmpdir(), 'fieldmouse-recorder-'))
  t.teardown(() => rmSync(base, { recursive: true, force: true, maxRetries: 10 }))
  writeFileSync(join(base, 'file'), '')
  const it = new Recorder({ folder: join(base, 'file', 'in'), retention: MUCH, clock: new FakeClock() })
  await t.rejects(it.keep(said), { code: 'ENOTDIR' })
})
