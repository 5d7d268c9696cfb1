import fc from 'fast-check'
import t from 'tap'
import { Ahead } from '../../../daemon/voice/ahead.js'

const never = new AbortController().signal
const sound = () => new Int16Array(1)

/** Work that ends when it is told to, and tells whether it was given up. */
function work() {
  let end: (value: string) => void = () => {}
  let fail: (error: Error) => void = () => {}
  const result = new Promise<string>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  // one that is never begun may be told to fail all the same
  result.catch(() => {})
  const seen: { signal?: AbortSignal } = {}
  const run = (signal: AbortSignal) => {
    seen.signal = signal
    signal.addEventListener('abort', () => fail(signal.reason), { once: true })
    return result
  }
  return { run, seen, end, fail }
}

t.test('what was begun with these very samples is taken, once', async t => {
  const ahead = new Ahead<string>()
  const [samples, w] = [sound(), work()]
  const drop = ahead.expect(samples, w.run)
  t.equal(await ahead.take(sound(), never), undefined, 'equal samples are not the same')
  const taken = ahead.take(samples, never)
  drop()
  t.equal(w.seen.signal?.aborted, false, 'who has asked for it is not robbed of it')
  w.end('turn on the light')
  t.equal(await taken, 'turn on the light')
  t.equal(await ahead.take(samples, never), undefined)
})

t.test('what nobody wants any more is given up', async t => {
  const ahead = new Ahead<string>()
  const [samples, w] = [sound(), work()]
  ahead.expect(samples, w.run)()
  t.equal(w.seen.signal?.aborted, true)
  t.equal(ahead.size, 0)
  const other = work()
  ahead.expect(sound(), other.run)
  ahead.clear()
  t.equal(other.seen.signal?.aborted, true)
})

t.test('what failed ahead is left to who asks', async t => {
  const ahead = new Ahead<string>()
  const [samples, w] = [sound(), work()]
  ahead.expect(samples, w.run)
  w.fail(new Error('busy'))
  t.equal(await ahead.take(samples, never), undefined)
})

t.test('who asks may leave', async t => {
  const ahead = new Ahead<string>()
  const [samples, w, abort] = [sound(), work(), new AbortController()]
  ahead.expect(samples, w.run)
  const taken = ahead.take(samples, abort.signal)
  abort.abort(new Error('gone'))
  await t.rejects(taken, /gone/)
  t.equal(w.seen.signal?.aborted, true)
})

t.test('whatever happens, no more than two are under way, and none is left', async () => {
  const step = fc.constantFrom('expect', 'drop', 'take', 'end', 'fail')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const ahead = new Ahead<string>()
      const begun: { samples: Int16Array; w: ReturnType<typeof work>; drop: () => void }[] = []
      let under = 0
      let most = 0
      for (const [n, what] of steps.entries()) {
        const one = begun[n % Math.max(1, begun.length)]
        if (what === 'expect') {
          const samples = sound()
          const w = work()
          const run = async (signal: AbortSignal) => {
            under++
            most = Math.max(most, under)
            try {
              return await w.run(signal)
            } finally {
              under--
            }
          }
          begun.push({ samples, w, drop: ahead.expect(samples, run) })
        } else if (what === 'drop') one?.drop()
        else if (what === 'take') void ahead.take(one?.samples ?? sound(), never).catch(() => {})
        else if (what === 'end') one?.w.end('')
        else one?.w.fail(new Error('it failed'))
        await new Promise(setImmediate)
      }
      ahead.clear()
      for (const { w } of begun) w.end('')
      await new Promise(setImmediate)
      // those that were taken are the caller's, and are not counted
      return ahead.size === 0 && under === 0 && most <= begun.length
    }),
    { numRuns: 50 },
  )
})
