import fc from 'fast-check'
import t from 'tap'
import { LineTemplates } from '../../../daemon/triage/lines.js'
import { TemplateMiner } from '../../../daemon/triage/template.js'
import { tokensOf } from '../../../daemon/triage/tokens.js'
import { Triage } from '../../../daemon/triage/triage.js'
import { DIALECTS, message } from '../../support/dialects.js'

const NAMES = ['ada', 'ben', 'cleo', 'dora', 'egon', 'fritz', 'greta', 'hanna']
const text = (miner: TemplateMiner, m: string) => miner.find(m)?.tokens.join(' ')

t.test('values are told by their looks', async t => {
  const same = (a: string, b: string) => t.equal(tokensOf(a).join(' '), tokensOf(b).join(' '), `${a} | ${b}`)
  same('close, 1190 bytes (1.16 KB) sent, lifetime <1 sec', 'close, 0 bytes sent, lifetime 00:01')
  same('pump 3 at 4.2 bar', 'pump 11 at 10 bar')
  same('read /var/log/a.txt again', 'read /srv/data/b/c.bin again')
  same('rhost=10.0.0.7 uid=0', 'rhost=gate.example uid=12')
  same('see https://example.org/a?b=1 now', 'see mqtt://10.0.0.1:1883 now')
  t.strictSame(
    tokensOf('proxy uses SOCKS5 today'),
    ['proxy', 'uses', 'SOCKS5', 'today'],
    'a name with a digit is a name',
  )
  t.strictSame(tokensOf('(12) "a7", <b9>'), ['(<*>)', '"<*>",', '<*>'])
})

t.test('many different words at one place are a value; few are not', async t => {
  const miner = new TemplateMiner()
  const early = miner.learn('session opened for user ada today').id
  for (const name of NAMES) miner.learn(`session opened for user ${name} today`)
  t.equal(text(miner, 'session opened for user zoe today'), 'session opened for user <*> today')
  t.equal(miner.find('session opened for user ada today')?.id, early, 'the id of the first stays')
  t.equal(miner.find('session opened for user ada today')?.count, NAMES.length + 1)
  for (const kind of ['HTTPS', 'FTP', 'TELNET']) miner.learn(`tunnel through proxy by ${kind} made`)
  t.equal(
    new Set(['HTTPS', 'FTP', 'TELNET'].map(k => miner.find(`tunnel through proxy by ${k} made`)?.id)).size,
    3,
  )
  miner.learn('user 17 logged on from desk')
  miner.learn('user egon logged on from desk')
  t.equal(
    text(miner, 'user egon logged on from desk'),
    'user <*> logged on from desk',
    'a place that holds numbers holds names too',
  )
})

t.test('words that decide never become a value, however many are seen', async t => {
  const states = [
    'opened',
    'closed',
    'stopped',
    'started',
    'failed',
    'ok',
    'tripped',
    'running',
    'missing',
    'lost',
  ]
  const miner = new TemplateMiner()
  for (let i = 0; i < 50; i++)
    for (const state of states) miner.learn(`line ${i} feeder gate was ${state} by operator`)
  t.equal(
    new Set(states.map(s => miner.find(`line 3 feeder gate was ${s} by operator`)?.id)).size,
    states.length,
  )
  const single = ['normal', 'warning', 'running', 'halted', 'boot', 'idle', 'sync', 'wait', 'nap']
  for (const word of single) miner.learn(word)
  t.equal(new Set(single.map(w => miner.find(w)?.id)).size, single.length, 'a word alone is all there is')
})

t.test('the order of lines does not matter for what is one template in the end', async () => {
  const lines = [
    ...NAMES.map(n => `session opened for user ${n} today`),
    ...NAMES.map((_, i) => `pump ${i} at ${i * 2} bar`),
    'valve opened by hand now',
    'valve closed by hand now',
  ]
  const groups = (order: readonly string[]) => {
    const miner = new TemplateMiner()
    for (const line of order) miner.learn(line)
    const by = new Map<string, string[]>()
    for (const line of lines) {
      const id = miner.find(line)!.id
      by.set(id, [...(by.get(id) ?? []), line])
    }
    return JSON.stringify([...by.values()].map(g => g.sort()).sort())
  }
  const first = groups(lines)
  fc.assert(
    fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), order => groups(order) === first),
  )
})

t.test('whatever comes, a known line is found, its id stays, and a restart changes nothing', async () => {
  const word = fc.constantFrom(
    'pump',
    'valve',
    'at',
    'of',
    'bar',
    'open',
    'closed',
    '7',
    '10.2',
    'x1',
    'a=b',
    '[z]',
    '',
  )
  const line = fc.oneof(
    fc.array(word, { maxLength: 8 }).map(w => w.join(' ')),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), lines => {
      const miner = new TemplateMiner()
      const born = lines.map(l => miner.learn(l).id)
      const ids = new Set(miner.templates().map(x => x.id))
      const again = TemplateMiner.restore(JSON.parse(JSON.stringify(miner.state())))
      return lines.every((l, i) => {
        const now = miner.find(l)?.id
        // merged into one that was there before, or itself
        return (
          now !== undefined &&
          ids.has(now) &&
          (now === born[i] || born.includes(now)) &&
          again.find(l)?.id === now
        )
      })
    }),
    // two templates hold the first line; the older one is its own, before a restart and after
    { examples: [[['a=b', '10.2', 'a=b']], [['7 pump', 'pump x1', '0 0']]] },
  )
})

t.test('memory is bounded, and what is common outlives a flood of what is new', async t => {
  const miner = new TemplateMiner({ mostTemplates: 500 })
  const common = miner.learn('heartbeat of feeder gate is fine').id
  for (let i = 0; i < 20_000; i++) {
    const junk = i.toString(26).replace(/\d/g, c => 'qrstuvwxyz'[Number(c)]!)
    miner.learn(`${junk} ${junk}${junk} blah`)
    if (i % 50 === 0) miner.learn('heartbeat of feeder gate is fine')
  }
  t.ok(miner.size <= 500)
  t.equal(miner.find('heartbeat of feeder gate is fine')?.id, common)
  const long = miner.learn('a '.repeat(1_000_000))
  t.ok(long.tokens.length <= 97 && long.example.length <= 512, 'a line of two megabytes')
})

t.test('sources do not disturb each other; the state of all is plain JSON', async t => {
  const lines = new LineTemplates()
  const dialects = Object.entries(DIALECTS)
  for (let i = 0; i < 300; i++) for (const [name, line] of dialects) lines.learn(name, line(i, message(i)))
  for (const [name, line] of dialects) {
    const { template, start } = lines.learn(name, line(301, 'self test passed'))
    t.equal(line(301, 'self test passed').slice(start), 'self test passed', name)
    t.strictSame(template.tokens, ['self', 'test', 'passed'])
  }
  const again = LineTemplates.restore(JSON.parse(JSON.stringify(lines.state())))
  t.equal(again.size, lines.size)
  const [name, line] = dialects[0]!
  t.equal(
    again.learn(name, line(5, message(5))).template.id,
    lines.learn(name, line(5, message(5))).template.id,
  )
  const few = new LineTemplates({ mostSources: 10 })
  for (let i = 0; i < 1000; i++) few.learn(`source ${i}`, 'hello there world')
  t.ok(few.state().sources.length <= 10)
})

t.test('a line that memory does not know is counted once, though it is judged next', async t => {
  const triage = new Triage()
  const line = 'inner race of the bearing hums again'
  t.equal(triage.recall('press', line), undefined)
  t.equal(triage.judge('press', line).template.count, 1)
  t.equal(triage.judge('press', line).template.count, 2, 'the same words again are another line')
  t.equal(triage.recall('press', line)?.template.count, 3, 'remembered at the second')
})
