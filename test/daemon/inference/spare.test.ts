import { once } from 'node:events'
import t, { type Test } from 'tap'
import { systemClock } from '../../../daemon/base/clock.js'
import { forkChild, SpareChild } from '../../../daemon/inference/fork.js'
import { SupervisedEngine } from '../../../daemon/inference/supervisor.js'
import { factoryModelPath } from '../../support/model.js'

const never = new AbortController().signal

/** An engine that takes the spare process where there is one. @returns it, started, and what it was given */
async function start(t: Test, spare: SpareChild) {
  const given: ('spare' | 'new')[] = []
  const engine = new SupervisedEngine({
    model: { path: factoryModelPath() },
    clock: systemClock,
    threads: 1,
    fork: () => {
      const child = spare.take()
      given.push(child ? 'spare' : 'new')
      return child ?? forkChild()
    },
  })
  t.teardown(() => engine.stop())
  await engine.start(never)
  return { engine, given }
}

t.test('a model is loaded into the process that was started ahead; the next one gets its own', async t => {
  const spare = new SpareChild()
  t.teardown(() => spare.discard())
  const { engine, given } = await start(t, spare)
  spare.discard()
  const { pid } = engine
  t.ok(engine.info, 'what was taken is not discarded')
  process.kill(pid!, 'SIGKILL')
  while (engine.pid === pid || !engine.pid) await new Promise(resolve => setImmediate(resolve))
  t.same(given, ['spare', 'new'])
})

t.test('one that has died meanwhile is replaced', async t => {
  const spare = new SpareChild()
  const child = spare.take()!
  t.equal(spare.take(), undefined, 'it is taken once')
  child.kill('SIGKILL')
  await once(child, 'exit')

  const dead = new SpareChild()
  dead.discard()
  while (dead.alive) await new Promise(resolve => setImmediate(resolve))
  t.same((await start(t, dead)).given, ['new'])
})
