import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { NO_COUNTS, RolloutNews, RolloutRecord } from '../../../ota/format/rollout.js'
import { inOrder } from '../../../ota/rollout/canary.js'
import type { DeviceFacts } from '../../../ota/rollout/facts.js'
import { Heard } from '../../../ota/rollout/heard.js'
import { DeviceKeys } from '../../../ota/rollout/keys.js'
import { type KnownModel, newRecord, planOf } from '../../../ota/rollout/plan.js'
import { laterRecord, RecordFile, readNews } from '../../../ota/rollout/record.js'
import { desiredFor } from '../../../ota/rollout/tell.js'
import { type DeviceTopic, fleetTopics } from '../../../ota/rollout/topics.js'
import { changed } from '../../../ota/rollout/wave.js'
import { meant } from '../../../ota/rollout/who.js'
import { plan, WANTED } from '../../support/rollout-world.js'

const clock = { now: () => 0, monotonic: () => 0 }
const heardOf = (odd: string[] = []) =>
  new Heard({
    clock,
    keys: new DeviceKeys('nowhere'),
    onOdd: (id, problem) => void odd.push(`${id}: ${problem}`),
  })
const device = (id: string, more: Partial<DeviceFacts> = {}): DeviceFacts => ({
  id,
  presence: 'online',
  board: 'pi5',
  models: {
    command: {
      state: 'idle',
      running: { version: '1.0.0', release: 0, sha256: 'b'.repeat(64), probation: false },
      bad: [],
      sinceMs: 0,
    },
  },
  reports: {},
  ...more,
})

t.test('whatever comes by any topic of a device, nothing is thrown and nothing is made up', async t => {
  const what = fc.constantFrom<DeviceTopic>('status', 'desired', 'state', 'key', { report: 'command' })
  const payload = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constant('{"state":"online","models":[{"family":"command"}],"signed":{},"signatures":[]}'),
  )
  fc.assert(
    fc.property(what, payload, (topic, text) => {
      const heard = heardOf()
      heard.hear('d', topic, Buffer.from(text))
      const facts = heard.devices.get('d')
      if (facts === undefined) return
      if (Object.keys(facts.models).length > 0) throw new Error('a model out of nothing')
      if (Object.values(facts.reports).some(r => r.belief === 'good')) throw new Error('believed')
    }),
  )
  t.pass('none')
})

t.test('what cannot be read is said, and what was known before holds', async t => {
  const odd: string[] = []
  const heard = heardOf(odd)
  heard.hear('d', 'status', Buffer.from('{"state":"online","board":"pi5"}'))
  heard.hear('d', 'status', Buffer.from('{"state":"asleep"}'))
  heard.hear('d', 'desired', Buffer.from('{"version":9}'))
  t.match(heard.devices.get('d'), { presence: 'online', board: 'pi5' })
  t.match(odd, [/its status cannot be read/, /what is desired of it/])
})

t.test('the echo of what was told before does not count for what was told since', async t => {
  const heard = heardOf()
  const first = { version: 1 as const, id: 'r#hold', models: [] }
  const second = { version: 1 as const, id: 'r#1.abc', models: [] }
  heard.told('d', { desired: first })
  heard.told('d', { desired: second })
  heard.hear('d', 'desired', Buffer.from(JSON.stringify(first)))
  t.equal(heard.devices.get('d')?.desired?.id, 'r#1.abc')
  heard.hear('d', 'desired', Buffer.from(JSON.stringify(second)))
  heard.hear('d', 'desired', Buffer.from(JSON.stringify(first)))
  t.equal(heard.devices.get('d')?.desired?.id, 'r#hold', 'somebody else has written it since')
})

t.test('what did not reach the broker was not told', async t => {
  const heard = heardOf()
  const desired = { version: 1 as const, id: 'r#1.abc', models: [] }
  heard.told('d', { desired })
  heard.notTold('d', desired, undefined)
  t.equal(heard.devices.get('d')?.desired, undefined)
  heard.told('d', { desired })
  const newer = { version: 1 as const, id: 'other', models: [] }
  heard.hear('d', 'desired', Buffer.from(JSON.stringify(newer)))
  heard.notTold('d', desired, undefined)
  t.equal(heard.devices.get('d')?.desired?.id, 'other')
})

t.test('topics are parsed as they are built, and only those of devices', async t => {
  const topics = fleetTopics('site/fieldmouse')
  t.strictSame(topics.parse(topics.desired('a')), { device: 'a', what: 'desired' })
  t.strictSame(topics.parse('site/fieldmouse/a/update/report/line'), {
    device: 'a',
    what: { report: 'line' },
  })
  for (const other of [
    topics.rollout('r'),
    topics.operator('r'),
    'site/fieldmouse/group/status',
    'site/fieldmouse/a/update',
    'site/fieldmouse/a/status/more',
    'site/fieldmouse/a/update/desired/x',
    'other/a/status',
  ])
    t.equal(topics.parse(other), undefined, other)
})

t.test('the canary meets every board first, the largest kind first; who is away comes last', async t => {
  const many = (count: number, board: string, presence: DeviceFacts['presence'] = 'online') =>
    Array.from({ length: count }, (_, i) => device(`${board}-${presence}-${i}`, { board, presence }))
  const fleet = [...many(90, 'pi5'), ...many(9, 'pi4'), ...many(1, 'jetson'), ...many(5, 'zero', 'offline')]
  const order = inOrder(fleet, [], 'command', 'r').map(d => d.board)
  t.strictSame(order.slice(0, 3), ['pi5', 'pi4', 'jetson'])
  t.strictSame(order.slice(-5), Array(5).fill('zero'))
  const tenth = order.slice(3, 13).filter(board => board === 'pi4').length
  t.ok(tenth >= 0 && tenth <= 2, 'then each by its share')
  t.not(
    inOrder(fleet, [], 'command', 'r')[0]!.id,
    inOrder(fleet, [], 'command', 'another')[0]!.id,
    'another rollout begins with another device',
  )
  fc.assert(
    fc.property(fc.shuffledSubarray(fleet, { minLength: fleet.length }), shuffled => {
      const names = inOrder(shuffled, [], 'command', 'r').map(d => d.id)
      if (
        names.join() !==
        inOrder(fleet, [], 'command', 'r')
          .map(d => d.id)
          .join()
      )
        throw new Error('it differs')
    }),
  )
})

t.test('who is meant: names, patterns, groups, boards, versions', async t => {
  const is = (who: object, facts: DeviceFacts, groups = {}) => meant(plan({ who, groups }))(facts)
  t.ok(is({}, device('a')))
  t.notOk(is({}, device('a', { models: {} })), 'nothing is known of it')
  t.ok(is({ devices: ['a'] }, device('a', { models: {} })), 'but it is named')
  t.ok(is({ devices: ['barn-*'] }, device('barn-7')))
  t.notOk(is({ devices: ['barn-*'], except: ['*-7'] }, device('barn-7')))
  t.notOk(is({ devices: ['barn.*'] }, device('barn-7')), 'a point is a point')
  t.ok(is({ groups: ['north'] }, device('a'), { north: ['a'] }))
  t.notOk(is({ groups: ['north'] }, device('b'), { north: ['a'] }))
  t.ok(is({ boards: ['PI5'] }, device('a')))
  t.notOk(is({ running: ['1.1.*'] }, device('a')))
  t.ok(is({ running: ['1.0.*'] }, device('a')))
})

t.test('a model is found in the repository by what is said of it, and only if it is one', async t => {
  const file = (model: object) =>
    ({ ...plan({}), canary: undefined, waves: [], go_back_to: undefined, model }) as never
  const known = (version: string, release: number): KnownModel => ({
    family: 'command',
    version,
    release,
    path: `command/${version}.gguf`,
    sha256: String(release).repeat(64),
  })
  const offers = [known('1.1.0', 1), known('1.2.0', 2), { ...known('1.2.0', 3), path: 'b' }]
  t.match(planOf(file({ family: 'command', version: '1.1.0' }), offers).model, {
    sha256: '1'.repeat(64),
    path: 'command/1.1.0.gguf',
  })
  t.match(planOf(file({ family: 'command', release: 3 }), offers).model, { path: 'b' })
  t.throws(() => planOf(file({ family: 'command', version: '1.2.0' }), offers), { code: 'model_ambiguous' })
  t.throws(() => planOf(file({ family: 'command', version: '9.9.9' }), offers), { code: 'model_unknown' })
  t.throws(() => planOf(file({ family: 'line', sha256: '1'.repeat(64) }), offers), { code: 'model_unknown' })
  t.throws(() => planOf(file({ family: 'command', version: '1.1.0' })), { code: 'model_unknown' })
})

t.test('what a device is told keeps what is desired of its other models', async t => {
  const line = { family: 'line', hold: true, allow_older: false }
  const facts = device('a', { desired: { version: 1, models: [line] } })
  const desired = desiredFor({ id: 'a', what: 'take', wave: 0 }, facts, plan({}), 0)
  t.match(desired, { id: 'r1#1.0', models: [line, { family: 'command', sha256: WANTED, hold: false }] })
  t.match(desiredFor({ id: 'a', what: 'hold' }, facts, plan({}), 0)?.models[1], { hold: true })
  t.equal(desiredFor({ id: 'a', what: 'rollback' }, facts, plan({}), 0), undefined)
})

t.test('of two records the later one holds; a broken one is passed over where there is another', async t => {
  const folder = t.testdir()
  const file = new RecordFile(folder, 'r1')
  t.equal(await laterRecord(file, undefined), undefined)
  const first = newRecord(plan({}), 1_000)
  const second = changed(first, { phase: 'paused' })
  await file.write(first)
  t.match(await laterRecord(file, second), { phase: 'paused' })
  await file.write(second)
  t.match(await laterRecord(file, first), { phase: 'paused' })
  await writeFile(file.path, '{"version"')
  t.match(await laterRecord(file, first), { phase: 'running' })
  await t.rejects(laterRecord(file, undefined), { code: 'record_broken', remedy: String })
  const news = { record: first, counts: NO_COUNTS }
  t.strictSame(readNews('x', Buffer.from(JSON.stringify(news)))?.record, RolloutRecord.parse(first))
  t.equal(readNews('x', Buffer.from('')), undefined)
  t.throws(() => readNews('x', Buffer.from('{}')), { code: 'record_broken' })
  fc.assert(fc.property(fc.json(), text => void RolloutNews.safeParse(JSON.parse(text))))
})

t.test('keys: the first one holds, another is refused, a broken file is no empty one', async t => {
  const path = join(t.testdir(), 'fleet', 'keys.json')
  const keys = new DeviceKeys(path)
  await keys.load()
  const key = (digit: string) => ({
    keyid: digit.repeat(64),
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: digit.repeat(64) },
  })
  t.equal(keys.learn('a', key('1')), undefined)
  t.match(keys.learn('a', key('2')), /another key/)
  t.match(keys.learn('b', { keyid: 1 }), /is none/)
  await keys.save(true)
  const again = new DeviceKeys(path)
  await again.load()
  t.match(again.learn('a', key('2')), /another key/)
  t.match(JSON.parse(await readFile(path, 'utf8')), { devices: { a: { by: 'first_use', counters: {} } } })
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, '{}')
  await t.rejects(new DeviceKeys(path).load(), { code: 'keys_broken' })
})
