import fc from 'fast-check'
import t from 'tap'
import { isWireCode, WIRE_CODES, wireError } from '../../../daemon/requests/codes.js'
import { PriorityQueue } from '../../../daemon/requests/queue.js'
import type { Priority } from '../../../daemon/requests/request.js'

t.test('more urgent comes first, and equals in the order they came', async t => {
  const queue = new PriorityQueue<string>(10)
  queue.push({ item: 'line 1', priority: 2 })
  queue.push({ item: 'ask', priority: 1 })
  queue.push({ item: 'command 1', priority: 0 })
  queue.push({ item: 'command 2', priority: 0 })
  queue.push({ item: 'line 2', priority: 2 })
  t.strictSame(
    Array.from({ length: 5 }, () => queue.shift(0).next),
    ['command 1', 'command 2', 'ask', 'line 1', 'line 2'],
  )
  t.strictSame(queue.shift(0), { expired: [] })
})

t.test('what expired while it waited is handed back, not run and not lost', async t => {
  const queue = new PriorityQueue<string>(10)
  queue.push({ item: 'old', priority: 0, deadline: 100 })
  queue.push({ item: 'older', priority: 0, deadline: 50 })
  queue.push({ item: 'fresh', priority: 1, deadline: 200 })
  t.strictSame(queue.shift(100), { next: 'fresh', expired: ['old', 'older'] })
})

t.test('a full queue gives a place to something more urgent, never to its equal', async t => {
  const queue = new PriorityQueue<string>(2)
  queue.push({ item: 'line 1', priority: 2 })
  queue.push({ item: 'line 2', priority: 2 })
  t.strictSame(queue.push({ item: 'line 3', priority: 2 }), { queued: false })
  t.strictSame(queue.push({ item: 'command 1', priority: 0 }), { queued: true, displaced: 'line 2' })
  t.strictSame(queue.push({ item: 'ask', priority: 1 }), { queued: true, displaced: 'line 1' })
  t.strictSame(queue.push({ item: 'ask 2', priority: 1 }), { queued: false })
  t.equal(queue.size, 2)
})

t.test(
  'whatever happens, the queue stays bounded, ordered, and every entry leaves exactly once',
  async () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('push' as const),
        priority: fc.constantFrom<Priority>(0, 1, 2),
        lasts: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
      }),
      fc.record({ do: fc.constant('shift' as const) }),
      fc.record({ do: fc.constant('expire' as const) }),
      fc.record({ do: fc.constant('remove' as const), every: fc.integer({ min: 2, max: 5 }) }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (capacity, steps) => {
        const queue = new PriorityQueue<{ n: number; priority: Priority; deadline: number }>(capacity)
        const inside = new Set<number>()
        const leave = (n: number) => {
          if (!inside.delete(n)) throw new Error(`${n} left twice`)
        }
        let n = 0
        for (const [now, s] of steps.entries()) {
          if (s.do === 'push') {
            n++
            const deadline = s.lasts === undefined ? Number.POSITIVE_INFINITY : now + s.lasts
            const item = { n, priority: s.priority, deadline }
            const { queued, displaced } = queue.push({ item, priority: s.priority, deadline })
            if (queued) inside.add(n)
            if (displaced) {
              leave(displaced.n)
              if (displaced.priority <= s.priority) throw new Error('displaced something as urgent')
            }
          } else if (s.do === 'shift') {
            const { next, expired } = queue.shift(now)
            for (const gone of expired) {
              leave(gone.n)
              if (gone.deadline > now) throw new Error('expired too early')
            }
            if (next) {
              leave(next.n)
              if (next.deadline <= now) throw new Error('ran something expired')
              for (const other of queue.find(() => true)) {
                const first =
                  other.priority > next.priority || (other.priority === next.priority && other.n > next.n)
                if (!first) throw new Error('wrong order')
              }
            }
          } else if (s.do === 'expire') for (const gone of queue.expire(now)) leave(gone.n)
          else for (const gone of queue.remove(item => item.n % s.every === 0)) leave(gone.n)
          if (queue.size !== inside.size || queue.size > capacity) throw new Error('size is wrong')
        }
        for (const gone of queue.drain()) leave(gone.n)
        return inside.size === 0
      }),
      { numRuns: 300 },
    )
  },
)

t.test('every code on the wire has a meaning and a remedy', async t => {
  for (const [code, { meaning, remedy, retryable }] of Object.entries(WIRE_CODES)) {
    t.match(code, /^[a-z_]+$/)
    t.match(meaning, /^[A-Z].*\.$/, code)
    t.match(remedy, /^[A-Z].*\.$/, code)
    t.type(retryable, 'boolean', code)
  }
  t.ok(isWireCode('busy'))
  t.notOk(isWireCode('toString'))
  t.strictSame(wireError('busy', { retryAfterMs: 5 }), {
    code: 'busy',
    message: WIRE_CODES.busy.meaning,
    remedy: WIRE_CODES.busy.remedy,
    retry_after_ms: 5,
  })
})
