import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import {
  type DiskCalls,
  removeDurably,
  sweepTemporary,
  systemDisk,
  writeDurably,
} from '../../../daemon/base/disk.js'

/** Notes each call; the nth throws. */
function noted(failAt = 0): { disk: DiskCalls; calls: string[] } {
  const calls: string[] = []
  const wrap =
    (name: string, call: (...args: never[]) => Promise<unknown>) =>
    async (...args: never[]) => {
      calls.push(name)
      if (calls.length === failAt) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      return call(...args)
    }
  const entries = Object.entries(systemDisk).map(([name, call]) => [name, wrap(name, call as never)])
  return { disk: Object.fromEntries(entries) as unknown as DiskCalls, calls }
}

t.test('a durable write is synced before it gets its name, and the folder after', async t => {
  const { disk, calls } = noted()
  const path = join(t.testdir(), 'deep', 'state.json')
  await writeDurably(path, 'new', disk)
  t.strictSame(calls, ['makeFolder', 'open', 'write', 'sync', 'rename', 'syncFolder'])
  t.equal(await readFile(path, 'utf8'), 'new')
})

t.test('whichever call fails, the old content stays whole and nothing is left behind', async t => {
  for (let failAt = 1; failAt <= 5; failAt++) {
    const folder = t.testdir({ 'state.json': 'old' })
    await t.rejects(writeDurably(join(folder, 'state.json'), 'new', noted(failAt).disk), { code: 'ENOSPC' })
    t.equal(await readFile(join(folder, 'state.json'), 'utf8'), 'old')
    t.strictSame(await readdir(folder), ['state.json'], `call ${failAt}`)
  }
})

t.test('what a cut left behind is swept away, and nothing else', async t => {
  const folder = t.testdir({ 'state.json': 'x', '.hidden': 'x', 'a.tmp': 'x' })
  await writeFile(join(folder, '.state.json.0123abcd.tmp'), 'half')
  t.equal(await sweepTemporary(folder), 1)
  t.strictSame((await readdir(folder)).sort(), ['.hidden', 'a.tmp', 'state.json'])
  t.equal(await sweepTemporary(join(folder, 'none')), 0)
})

t.test('what is not there can be removed', async t => {
  const folder = t.testdir({ slot: { 'model.gguf': 'x' } })
  await removeDurably(join(folder, 'slot'))
  await removeDurably(join(folder, 'slot'))
  t.strictSame(await readdir(folder), [])
})

t.test('a file that exists is opened with its content, a new one is private', async t => {
  const folder = t.testdir({ old: 'content' })
  const file = await systemDisk.open(join(folder, 'old'), 'update')
  await systemDisk.write(file, Buffer.from('X'), 3, '')
  await systemDisk.truncate(file, 5, '')
  await file.close()
  t.equal(await readFile(join(folder, 'old'), 'utf8'), 'conXe')
  const made = await systemDisk.open(join(folder, 'new'), 'update')
  t.equal((await made.stat()).mode & 0o777, 0o600)
  await made.close()
  await t.rejects(systemDisk.open(join(folder, 'old'), 'create'), { code: 'EEXIST' })
})
