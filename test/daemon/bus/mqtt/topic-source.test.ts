import fc from 'fast-check'
import t from 'tap'
import { linesOf, sourceOf, type TopicEntry } from '../../../../daemon/bus/mqtt/topic-source.js'

const text: TopicEntry = { topic: 'plant/+/log', encoding: 'text', source: 'mqtt:{topic}' }
const json: TopicEntry = { ...text, encoding: 'json' }
const lines = (entry: TopicEntry, payload: string | Buffer, topic = 'plant/pump/log') =>
  linesOf(entry, topic, Buffer.from(payload as string), 5)

t.test('a text payload is its lines, a JSON payload is one', async t => {
  t.same(lines(text, 'one\r\n\ntwo\u001b[2J\n'), [
    { source: 'mqtt:plant/pump/log', line: 'one', at: 5 },
    { source: 'mqtt:plant/pump/log', line: 'two\\x1b[2J', at: 5 },
  ])
  t.same(lines(text, 'x', 'plant/pump'), [], 'another topic')
  t.same(lines(text, ''), [])
  const said = (entry: TopicEntry, payload: string) => lines(entry, payload).map(l => l.line)
  t.same(said(json, '{"n": 12345678901234567890}'), ['{"n": 12345678901234567890}'], 'as it came')
  t.same(said(json, '{\n  "a": 1\n}'), ['{"a":1}'])
  t.same(said({ ...json, line: 'log.message' }, '{"log":{"message":"pump\\nis dry"}}'), ['pump\\x0ais dry'])
  t.same(said({ ...json, line: 'log.1' }, '{"log":[0,{"v":2}]}'), ['{"v":2}'])
  t.same(
    said({ ...json, line: 'log.message' }, '{"log":1}'),
    ['{"log":1}'],
    'whole, where the path leads nowhere',
  )
  t.same(said({ ...json, line: 'constructor' }, '{}'), ['{}'])
  t.same(said(json, 'not {json\nat all'), ['not {json\\x0aat all'])
})

t.test('sources are named after topics', async t => {
  t.equal(sourceOf('{2} of {1}{9}', 'plant/pump/log'), 'pump of plant')
  t.equal(sourceOf('{topic}', 'a/\u0007b'), 'a/\\x07b')
  t.equal(sourceOf('{topic}', 'x'.repeat(1_000)).length, 256)
})

t.test('any payload gives bounded lines without control characters', async t => {
  t.match(lines(text, Buffer.alloc(200_000, 'a')), [{ truncated: true }])
  t.equal(lines(text, 'a\n'.repeat(50_000)).length, 1_000)
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom(text, json, { ...json, line: 'a.b' }), (bytes, entry) =>
      lines(entry, Buffer.from(bytes)).every(
        ({ line }) => !/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/.test(line),
      ),
    ),
  )
})
