import t from 'tap'
import {
  delaySeconds,
  durationSeconds,
  type Timer,
  Timers,
  withoutDelay,
} from '../../../daemon/commands/timers.js'
import { FakeClock } from '../../support/clock.js'

function started() {
  const clock = new FakeClock()
  const finished: Timer[] = []
  const timers = new Timers({ clock, wait: clock.wait, onFinished: timer => finished.push(timer) })
  return { clock, finished, timers }
}

t.test('a timer runs down and tells once', async t => {
  const { clock, finished, timers } = started()
  t.match(timers.handle('start_timer', { minutes: 5, name: 'tea' }, 'kitchen'), {
    ok: true,
    timers: [{ name: 'tea', area: 'kitchen', setSeconds: 300, leftSeconds: 300, state: 'running' }],
  })
  await clock.turn(299_000)
  t.match(timers.list(), [{ leftSeconds: 1 }])
  t.equal(finished.length, 0)
  await clock.turn(1_000)
  t.match(finished, [{ name: 'tea', leftSeconds: 0 }])
  await clock.turn(600_000)
  t.equal(finished.length, 1)
  t.strictSame(timers.list(), [])
})

t.test('more time, less time, a pause', async t => {
  const { clock, finished, timers } = started()
  timers.handle('start_timer', { seconds: 60 })
  timers.handle('increase_timer', { minutes: 1 })
  t.match(timers.list(), [{ setSeconds: 60, leftSeconds: 120 }])
  timers.handle('decrease_timer', { seconds: 30 })
  await clock.turn(50_000)
  t.match(timers.handle('pause_timer', {}), { ok: true, timers: [{ leftSeconds: 40, state: 'paused' }] })
  await clock.turn(3_600_000)
  t.equal(finished.length, 0)
  timers.handle('increase_timer', { seconds: 5 })
  t.match(timers.handle('resume_timer', {}), { ok: true, timers: [{ leftSeconds: 45, state: 'running' }] })
  await clock.turn(45_000)
  t.equal(finished.length, 1)
  timers.handle('start_timer', { seconds: 60 })
  timers.handle('decrease_timer', { hours: 1 })
  await clock.turn(0)
  await clock.turn(1)
  t.equal(finished.length, 2, 'taking away more than there is ends it')
})

t.test('a timer is meant by its name, its length, its area, or for being the only one', async t => {
  const { timers } = started()
  t.match(timers.handle('cancel_timer', {}), { ok: false, problem: 'no_timer' })
  timers.handle('start_timer', { minutes: 10, name: 'Pizza' }, 'kitchen')
  timers.handle('start_timer', { minutes: 20 }, 'study')
  timers.handle('start_timer', { minutes: 30 }, 'kitchen')
  t.match(timers.handle('pause_timer', { name: 'pizza' }), { ok: true, timers: [{ name: 'Pizza' }] })
  t.match(
    timers.handle('resume_timer', {}),
    { ok: true, timers: [{ name: 'Pizza' }] },
    'the only one that rests',
  )
  t.match(timers.handle('cancel_timer', {}), { ok: false, problem: 'several', reason: 'fits 3 timers' })
  t.match(timers.handle('cancel_timer', { name: 'bread' }), { ok: false, problem: 'no_timer' })
  t.match(
    timers.handle('cancel_timer', {}, 'study'),
    { ok: true, timers: [{ setSeconds: 1200 }] },
    'the one from here',
  )
  t.match(timers.handle('cancel_timer', { start_minutes: 30 }), { ok: true, timers: [{ setSeconds: 1800 }] })
  t.match(timers.handle('timer_status', {}), { ok: true, timers: [{ name: 'Pizza' }] })
  t.match(timers.handle('cancel_all_timers', { area: 'study' }), { ok: true, timers: [] })
  t.match(timers.handle('cancel_all_timers', {}), { ok: true, timers: [{ name: 'Pizza' }] })
  t.match(timers.handle('timer_status', {}), { ok: true, timers: [] })
})

t.test('a timer needs a length, and there is an end to how many', async t => {
  const { timers } = started()
  t.match(timers.handle('start_timer', { name: 'tea' }), { ok: false, problem: 'no_duration' })
  t.match(timers.handle('increase_timer', {}), { ok: false, problem: 'no_duration' })
  t.match(timers.handle('start_timer', { hours: 1e9 }), { ok: false, problem: 'too_many' })
  for (let n = 0; n < 200; n++) timers.handle('start_timer', { minutes: 1 })
  t.match(timers.handle('start_timer', { minutes: 1 }), { ok: false, problem: 'too_many' })
  await timers.stop()
  t.strictSame(timers.list(), [])
})

t.test('an action is put off, and can be taken back', async t => {
  const { clock, timers } = started()
  const done: string[] = []
  timers.schedule(600, 'turn off the hall light', () => done.push('hall'))
  const second = timers.schedule(3 * 24 * 3600, 'open the blind', () => done.push('blind'))
  t.match(timers.scheduled(), [
    { what: 'turn off the hall light', leftSeconds: 600 },
    { what: 'open the blind' },
  ])
  t.strictSame(timers.list(), [], 'it is not a timer')
  await clock.turn(600_000)
  t.strictSame(done, ['hall'])
  t.equal(timers.unschedule(second?.id ?? 0), true)
  t.equal(timers.unschedule(second?.id ?? 0), false)
  await clock.turn(4 * 24 * 3_600_000)
  t.strictSame(done, ['hall'])
})

t.test('when an action is for: after a while, or at a time of day', async t => {
  const noon = new Date(2024, 4, 6, 12, 0, 0).getTime()
  const clock = new FakeClock(noon)
  t.equal(delaySeconds({ delay_minutes: 10, delay_seconds: 30 }, clock), 630)
  t.equal(delaySeconds({ at: '12:30' }, clock), 1800)
  t.equal(delaySeconds({ at: '07:00' }, clock), 19 * 3600, 'tomorrow')
  t.equal(delaySeconds({ at: '25:00' }, clock), undefined)
  t.equal(delaySeconds({ brightness: 5 }, clock), undefined)
  t.strictSame(withoutDelay({ brightness: 5, at: '12:30', delay_hours: 1 }), { brightness: 5 })
  t.equal(durationSeconds({ hours: 1, minutes: '30' }), 5400)
})
