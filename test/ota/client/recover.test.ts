import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { EMPTY_MEMORY, loadMemory } from '../../../ota/client/memory.js'
import { recover } from '../../../ota/client/recover.js'
import { Slots } from '../../../ota/client/slots.js'
import { looksLikeGguf } from '../../../ota/client/verify.js'
import { copyDevice, prepared } from '../../support/power-cut.js'
import { makeSite, sha256 } from '../../support/repository.js'

const { signal } = new AbortController()

t.test('whatever stands in the files of the updater, a start finds a model that is what it says', async t => {
  const site = await makeSite(t)
  await site.release(1)
  await prepared(site)
  const names = [
    'pointer.json',
    'slots/a/record.json',
    'slots/a/model.gguf',
    'slots/a/golden.jsonl',
    'slots/b/record.json',
  ]
  const folder = join(site.folder, 'device', 'command')
  const whole = new Map<string, Buffer>()
  for (const name of names)
    whole.set(name, await readFile(join(site.folder, 'before', 'command', name)).catch(() => Buffer.alloc(0)))
  const damage = fc.oneof(
    { weight: 12, arbitrary: fc.constant((b: Buffer) => b) },
    fc.nat().map(n => (b: Buffer) => b.subarray(0, n % (b.length + 1))),
    fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, by]) => (b: Buffer) => {
      const copy = Buffer.from(b)
      if (copy.length > 0) copy[at % copy.length]! ^= by
      return copy
    }),
    fc.json().map(text => () => Buffer.from(text)),
    fc.uint8Array({ maxLength: 200 }).map(bytes => () => Buffer.from(bytes)),
  )
  const good = [site.factory.sha256, sha256(whole.get('slots/a/model.gguf')!)]
  const found = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.tuple(...names.map(() => damage)), async damages => {
      await copyDevice(site, 'before', 'device')
      for (const [i, name] of names.entries()) {
        await mkdir(dirname(join(folder, name)), { recursive: true })
        await writeFile(join(folder, name), damages[i]!(whole.get(name)!))
      }
      const { installed } = await recover(new Slots(folder, site.factory), signal, looksLikeGguf)
      const is = sha256(await readFile(installed.files.model!))
      found.add(installed.slot)
      return is === installed.sha256 && good.includes(is)
    }),
    { numRuns: 150 },
  )
  t.ok(found.has('factory') && found.has('a'), 'some damage matters and some does not')
})

t.test('whatever stands in state.json, it is read or put aside', async t => {
  const path = join(t.testdir(), 'state.json')
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async text => {
      await writeFile(path, text)
      return JSON.stringify(await loadMemory(path)) === JSON.stringify(EMPTY_MEMORY)
    }),
    { numRuns: 50 },
  )
  t.pass()
})

t.test('without a whole factory model there is nothing to stand on, and it says so', async t => {
  const site = await makeSite(t)
  await writeFile(site.factory.files.model!, 'GGUF torn')
  const slots = new Slots(join(site.folder, 'device'), site.factory)
  await t.rejects(recover(slots, signal, looksLikeGguf), { code: 'no_model_left', message: /factory/ })
})
