import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Tail, type TailEntry, type TailOptions } from '../../../../daemon/bus/tail/tail.js'
import { HeardLines } from '../../../support/lines.js'
import { tailEntry } from '../../../support/sources.js'

function setUp(t: Test, content?: string) {
  const folder = t.testdir(content === undefined ? {} : { 'app.log': content })
  const path = join(folder, 'app.log')
  const follow = async (entry: Partial<TailEntry> = {}, options: TailOptions = {}) => {
    const heard = new HeardLines()
    const tail = new Tail(tailEntry(path, entry), heard, { pollMs: 20, ...options })
    t.teardown(() => tail.stop())
    await tail.start(new AbortController().signal)
    return { heard, tail }
  }
  return { path, follow, append: (text: string | Buffer) => appendFileSync(path, text) }
}

t.test('a file is followed from its end, or from its beginning', async t => {
  const { follow, append } = setUp(t, 'old one\nold two\nhalf')
  const fromEnd = await follow()
  const fromStart = await follow({ from: 'start', name: 'whole' })
  append(' done\nnew\r\n')
  await fromStart.heard.until('all', h => h.lines.length === 4)
  await fromEnd.heard.until('the new', h => h.lines.length === 2)
  t.same(fromStart.heard.texts('whole'), ['old one', 'old two', 'half done', 'new'])
  t.same(fromEnd.heard.texts('tail:app.log'), [' done', 'new'])
  await fromEnd.tail.stop()
  await fromEnd.tail.stop()
})

t.test('a file that is not there yet is waited for and read from its beginning', async t => {
  const { follow, append } = setUp(t)
  const { heard } = await follow({}, { goneMs: 50 })
  await new Promise(resolve => setTimeout(resolve, 150))
  t.same(heard.troubles, [])
  append('first\n')
  await heard.until('it', h => h.texts().includes('first'))
})

t.test('renamed and created anew: no line is lost, none comes twice', async t => {
  const { path, follow, append } = setUp(t, '')
  const { heard } = await follow()
  const expected: string[] = []
  for (let round = 0; round < 5; round++) {
    for (let n = 0; n < 20; n++) {
      expected.push(`round ${round} line ${n}`)
      append(`${expected.at(-1)}\n`)
      if (n % 7 === 0) await new Promise(resolve => setTimeout(resolve, 5))
    }
    renameSync(path, `${path}.${round}`)
    appendFileSync(`${path}.${round}`, `late ${round}`) // the writer has it open still
    expected.push(`late ${round}`)
    if (round % 2) await new Promise(resolve => setTimeout(resolve, 60))
    append(`new ${round}\n`)
    expected.push(`new ${round}`)
    await heard.until('this round', h => h.lines.length === expected.length)
  }
  t.same(heard.texts(), expected)
  t.same(heard.troubles, [])
})

t.test('truncated: read again from its beginning', async t => {
  const { path, follow, append } = setUp(t, 'a long line that was here before\n')
  const { heard } = await follow()
  append('one\nbroken off')
  await heard.until('one', h => h.lines.length === 1)
  truncateSync(path, 0)
  await new Promise(resolve => setTimeout(resolve, 100))
  append('two\n')
  await heard.until('two', h => h.texts().includes('two'))
  t.same(heard.texts(), ['one', 'broken off', 'two'])
})

t.test('gone for long, unreadable, or no file: told once, and its return too', async t => {
  const { path, follow, append } = setUp(t, '')
  const { heard } = await follow({}, { goneMs: 60 })
  rmSync(path)
  await heard.until('the loss', h => h.kinds().includes('lost'))
  t.match(heard.troubles[0], { detail: /is gone since/, remedy: /disk/ })
  mkdirSync(path)
  await new Promise(resolve => setTimeout(resolve, 100))
  rmSync(path, { recursive: true })
  append('again\n')
  await heard.until('its return', h => h.texts().includes('again'))
  t.same(heard.kinds(), ['lost', 'back'])

  const folder = await follow({ path: join(path, '..') })
  t.match(folder.heard.troubles, [{ kind: 'lost', detail: /no file that can be followed/ }])
  if (process.getuid?.() !== 0) {
    chmodSync(path, 0)
    const secret = await follow()
    t.match(secret.heard.troubles, [{ kind: 'lost', remedy: /adm/ }])
  }
})

t.test('a large file is read at the pace of the limits, nothing of it lost', async t => {
  const lines = Array.from({ length: 3_000 }, (_, n) => `line ${n} of many`)
  const { follow } = setUp(t, `${lines.join('\n')}\n`)
  const startMs = performance.now()
  const { heard } = await follow({ from: 'start', maxLinesPerSecond: 4_000 })
  await heard.until('all', h => h.lines.length === 3_000)
  t.ok(performance.now() - startMs > 100, 'not at once')
  t.same(heard.texts(), lines)
  t.same(heard.troubles, [])
})

t.test('a file that grows faster than it is read is an incident, and its newest lines are read', async t => {
  const { follow, append } = setUp(t, '')
  const { heard } = await follow({}, { mostBehindBytes: 100_000 })
  append(`${'the same fault again\n'.repeat(50_000)}newest\n`)
  await heard.until('the newest', h => h.texts().includes('newest'))
  await heard.until('the end of it', h => h.kinds().includes('settled flooding'))
  t.same(heard.kinds(), ['flooding', 'settled flooding'])
  t.ok(heard.lines.length < 10_000)
})

t.test('binary noise, NUL bytes and 10 MB without a line end do no harm', async t => {
  const { follow, append } = setUp(t, '')
  const { heard } = await follow({ maxBytesPerSecond: 67_108_864 })
  append(Buffer.alloc(10_000_000, 0))
  append('\nfine\n')
  await heard.until('what follows', h => h.texts().at(-1) === 'fine')
  t.ok(heard.lines.length <= 2)
  t.same(heard.kinds(), ['damaged'])
})
