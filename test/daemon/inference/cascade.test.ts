import t from 'tap'
import { defineErrors } from '../../../daemon/base/errors.js'
import { runCascade, type Stage } from '../../../daemon/inference/cascade.js'

const errors = defineErrors({
  away: { says: (_: object) => 'away', remedy: 'Wait.', retryable: true },
  broken: { says: (_: object) => 'broken', remedy: 'Mend it.' },
})
/** A stage that answers its own name so surely, says nothing, or fails. */
const stage = (name: string, does: number | undefined | Error): Stage<string, string> & { runs: number } => ({
  name,
  runs: 0,
  async run() {
    this.runs++
    if (does instanceof Error) throw does
    return does === undefined ? undefined : { value: name, confidence: does, reason: `says ${name}` }
  },
})

t.test('the first stage that is sure enough answers, and later ones are not asked', async t => {
  const last = stage('cloud', 1)
  const answer = await runCascade([stage('memo', undefined), stage('small', 0.9), last], 'x', {
    minConfidence: 0.8,
  })
  t.match(answer, { value: 'small', stage: 'small', confidence: 0.9 })
  t.strictSame(
    answer.trail.map(x => x.stage),
    ['memo', 'small'],
  )
  t.equal(last.runs, 0)
})

t.test('when none is sure the surest answer is given as it is', async t => {
  const answer = await runCascade([stage('a', 0.3), stage('b', 0.6), stage('c', 0.5)], 'x', {
    minConfidence: 0.8,
  })
  t.match(answer, { value: 'b', stage: 'b', confidence: 0.6 })
  t.equal(answer.trail.length, 3)
})

t.test('a stage that fails for the moment is passed over and noted', async t => {
  const answer = await runCascade([stage('a', errors.away({})), stage('b', 0.9)], 'x', { minConfidence: 0.5 })
  t.match(answer, { stage: 'b', trail: [{ stage: 'a', reason: 'away' }, { stage: 'b' }] })
})

t.test('the last failure is thrown when no stage answers; a lasting one ends the run', async t => {
  await t.rejects(
    runCascade([stage('a', errors.away({})), stage('b', undefined)], 'x', { minConfidence: 0 }),
    {
      code: 'away',
    },
  )
  const after = stage('b', 1)
  await t.rejects(runCascade([stage('a', errors.broken({})), after], 'x', { minConfidence: 0 }), {
    code: 'broken',
  })
  t.equal(after.runs, 0)
  const cancelled = AbortSignal.abort(errors.away({}))
  await t.rejects(runCascade([stage('a', 1)], 'x', { minConfidence: 0, signal: cancelled }), { code: 'away' })
})
