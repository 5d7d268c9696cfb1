import t from 'tap'
import { sleep } from '../../../daemon/base/clock.js'
import type { TokenModel } from '../../../daemon/inference/decode.js'
import { chooseThreads, timeThreads } from '../../../daemon/inference/trials.js'

const OPTIONS = {
  counts: [1, 2],
  promptTokens: 4,
  outputTokens: 4,
  budgetMs: 60_000,
  energy: 'speed',
} as const

/** Times pretended models. @param stepMs what an evaluation takes, by threads @returns rounds by threads, and the trials */
async function timed(stepMs: Record<number, number>, exhaustive: boolean) {
  const rounds: Record<number, number> = {}
  const trials = await timeThreads(
    async threads => {
      rounds[threads] = 0
      const model: Partial<TokenModel> = {
        keep: async () => (rounds[threads] = rounds[threads]! + 1),
        choose: async () => {
          await sleep(stepMs[threads]!)
          return { token: 1, probability: 1 }
        },
      }
      return { model: model as TokenModel, dispose: async () => {} }
    },
    [],
    100,
    { ...OPTIONS, exhaustive },
  )
  return { rounds, trials }
}

t.test('a count that is far behind is timed once, and is not taken', async t => {
  const { rounds, trials } = await timed({ 1: 1, 2: 150 }, false)
  t.same(rounds, { 1: 6, 2: 2 }, 'one to warm up, one that counts')
  t.equal(chooseThreads(trials), 1)
})

t.test('where all counts are wanted each is timed to the end', async t => {
  const { rounds } = await timed({ 1: 1, 2: 20 }, true)
  t.same(rounds, { 1: 6, 2: 6 })
})
