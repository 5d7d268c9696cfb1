/** A trial that gives way: nothing is asked twice, nothing is left out, and it comes to an end. */
import fc from 'fast-check'
import t from 'tap'
import { sleep } from '../../../daemon/base/clock.js'
import { codeOf } from '../../../daemon/base/errors.js'
import { inBouts, MOST_BOUTS } from '../../../daemon/inference/bouts.js'
import type { Completion } from '../../../daemon/inference/engine.js'
import { errors } from '../../../daemon/inference/errors.js'
import {
  figuresOf,
  type Golden,
  NOTHING_YET,
  type TriedEngine,
  tryModel,
  trySome,
} from '../../../daemon/inference/trial.js'

const never = () => new AbortController().signal

/** Right or wrong, or without an answer; each with its time. */
type Answer = { ms: number; how: 'right' | 'wrong' | 'none' }
const answers = fc.array(
  fc.record({
    ms: fc.integer({ min: 1, max: 500 }),
    how: fc.constantFrom<Answer['how'][]>('right', 'wrong', 'none'),
  }),
  { minLength: 1, maxLength: 40 },
)

/** A model that answers just so, and who notes what it was asked. */
function scripted(script: readonly Answer[]) {
  const asked: number[] = []
  let now: Answer = script[0]!
  const engine: TriedEngine = {
    info: undefined,
    complete: async () => ({ figures: { inferMs: now.ms } }) as Completion,
  }
  const golden: Golden = {
    size: script.length,
    ask: async (tried, index) => {
      asked.push(index)
      now = script[index]!
      await tried.complete({} as never)
      if (now.how === 'none') throw errors.no_way_on({ after: '' })
      return now.how === 'right'
    },
  }
  return { asked, engine, golden }
}

t.test('whoever interrupts it and when: the figures are those of a trial in one go', async t => {
  await fc.assert(
    fc.asyncProperty(answers, fc.array(fc.nat(15), { maxLength: 8 }), async (script, lengths) => {
      const once = scripted(script)
      const whole = await tryModel(once.engine, once.golden, never()).catch(codeOf)
      const { asked, engine, golden } = scripted(script)
      let bouts = 0
      const some = (from: typeof NOTHING_YET) => {
        let left = lengths[bouts++] ?? Number.POSITIVE_INFINITY
        return trySome(engine, golden, never(), {}, from, () => left-- <= 0)
      }
      const all = await inBouts(NOTHING_YET, golden.size, some, { signal: never(), wait: async () => {} })
        .then(soFar => figuresOf(soFar, golden), codeOf)
        .catch(codeOf)
      if (asked.some((index, i) => index !== i)) throw new Error(`asked ${asked}`)
      if (bouts > MOST_BOUTS) throw new Error(`${bouts} bouts`)
      if (asked.length < golden.size) {
        if (all !== 'trial_disturbed' || bouts !== MOST_BOUTS) throw new Error(`${all} after ${bouts} bouts`)
      } else if (JSON.stringify(all) !== JSON.stringify(whole))
        throw new Error(`${JSON.stringify(all)}, in one go ${JSON.stringify(whole)}`)
    }),
    { numRuns: 400 },
  )
  t.pass('400 trials')
})

t.test('between two bouts all are answered first, within bounds; a signal ends it', async t => {
  let busy = 6
  let waits = 0
  const bouts: number[] = []
  const bout = async (from: { asked: number }) => {
    bouts.push(waits)
    return { asked: from.asked + 1 }
  }
  const wait = async () => {
    waits++
    busy--
  }
  await inBouts({ asked: 0 }, 2, bout, { signal: never(), isBusy: () => busy > 0, wait })
  t.strictSame(bouts, [0, 6])
  waits = 0
  bouts.length = 0
  await inBouts({ asked: 0 }, 2, bout, { signal: never(), isBusy: () => true, wait })
  t.strictSame(bouts, [0, 40], 'ten seconds of people who never stop')
  const abort = new AbortController()
  const ended = inBouts({ asked: 0 }, 9, bout, {
    signal: abort.signal,
    wait: async (_, signal) => {
      abort.abort(new Error('enough'))
      signal?.throwIfAborted()
    },
  })
  await t.rejects(ended, /enough/)
})

t.test('losses and time add up over the bouts', async t => {
  const { engine, golden } = scripted([{ ms: 1, how: 'right' }])
  const dying = { ...engine, losses: 0 }
  const harmed: Golden = {
    size: 1,
    ask: async (tried, index, signal) => {
      dying.losses++
      return golden.ask(tried, index, signal)
    },
  }
  t.match(await trySome(dying, harmed, never()), { losses: 1 }, 'once may be bad luck')
  await t.rejects(trySome(dying, harmed, never(), {}, { ...NOTHING_YET, losses: 1 }), { code: 'trial_died' })
  const slow: Golden = { size: 1, ask: (_engine, _index, signal) => sleep(10_000, signal).then(() => true) }
  await t.rejects(trySome(engine, slow, never(), { mostMs: 5 }, { ...NOTHING_YET, usedMs: 5 }), {
    code: 'trial_too_long',
  })
})
