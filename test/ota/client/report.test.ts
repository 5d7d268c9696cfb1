import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { type DiskCalls, systemDisk } from '../../../daemon/base/disk.js'
import { codeOf } from '../../../daemon/base/errors.js'
import { errors as clientErrors } from '../../../ota/client/errors.js'
import { attackOf, Reporter } from '../../../ota/client/report.js'
import { ATTACKS, PublicKey, verifyReport } from '../../../ota/format/report.js'
import { errors as transportErrors } from '../../../ota/transport/errors.js'

const START_MS = Date.UTC(2026, 10, 21, 14)
const FACTS = {
  family: 'command',
  running: { version: '1.4.0', release: 12, sha256: 'ab'.repeat(32), length: 6_066_592 },
}
type Test = { teardown: (end: () => unknown) => void }
async function place(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fieldmouse-report-'))
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  return join(folder, 'device')
}
const reporter = (folder: string, more: { knownMs?: number; disk?: DiskCalls } = {}) =>
  new Reporter({
    folder,
    device: 'pi-001',
    knownMs: async () => more.knownMs ?? START_MS,
    ...(more.disk ? { disk: more.disk } : {}),
  })

t.test('a device says what it runs, and the fleet that knows its key believes it', async t => {
  const folder = await place(t)
  const device = reporter(folder)
  const key = await device.publicKey()
  t.ok(PublicKey.safeParse(key).success)
  const known = { device: 'pi-001', key, seenCounter: 0 }
  const first = verifyReport(JSON.parse(JSON.stringify(await device.report(FACTS))), known)
  t.match(first, { ...FACTS, device: 'pi-001', latest_known_time: '2026-11-21T14:00:00Z' })
  t.notOk('attack_detected' in first)
  const second = await device.report({ ...FACTS, family: 'line', attackDetected: 'rollback' })
  t.match(verifyReport(second, { ...known, seenCounter: first.counter }), {
    family: 'line',
    attack_detected: 'rollback',
    counter: first.counter + 1,
  })
})

t.test('the key is made once, for the owner alone, and a broken one is not replaced in silence', async t => {
  const folder = await place(t)
  const [a, b] = await Promise.all([reporter(folder).publicKey(), undefined])
  t.equal(b, undefined)
  t.equal((await stat(join(folder, 'key.pem'))).mode & 0o777, 0o600)
  t.strictSame(await reporter(folder).publicKey(), a, 'after a restart')
  const same = reporter(folder)
  const [x, y] = await Promise.all([same.report(FACTS), same.report(FACTS)])
  t.not(x.signed.counter, y.signed.counter, 'two at once')
  const pem = await readFile(join(folder, 'key.pem'), 'utf8')
  for (const broken of ['', pem.slice(0, 60), pem.replace('MC4', 'MC5'), 'hello']) {
    await writeFile(join(folder, 'key.pem'), broken)
    await t.rejects(reporter(folder).report(FACTS), { code: 'device_key_broken', remedy: /new key/ })
    t.equal(await readFile(join(folder, 'key.pem'), 'utf8'), broken)
  }
})

t.test('the counter only grows: restarts, disks that refuse, a counter that is gone', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          {
            weight: 6,
            arbitrary: fc.record({
              what: fc.constant('report' as const),
              times: fc.integer({ min: 1, max: 90 }),
            }),
          },
          { weight: 2, arbitrary: fc.record({ what: fc.constant('restart' as const) }) },
          {
            weight: 2,
            arbitrary: fc.record({ what: fc.constant('fail' as const), at: fc.integer({ min: 0, max: 8 }) }),
          },
          { weight: 1, arbitrary: fc.record({ what: fc.constant('lose' as const), bytes: fc.nat(20) }) },
        ),
        { maxLength: 12 },
      ),
      async steps => {
        const folder = await place(t)
        let knownMs = START_MS
        let failAt = Number.POSITIVE_INFINITY
        const disk: DiskCalls = { ...systemDisk }
        for (const call of ['open', 'write', 'sync', 'rename', 'syncFolder'] as const)
          disk[call] = ((...args: never[]) => {
            if (failAt-- === 0) throw Object.assign(new Error('EIO'), { code: 'EIO' })
            return (systemDisk[call] as (...a: never[]) => unknown)(...args)
          }) as never
        const open = () => new Reporter({ folder, device: 'pi-001', knownMs: async () => knownMs, disk })
        let device = open()
        let last = 0
        for (const step of steps) {
          if (step.what === 'restart') device = open()
          if (step.what === 'fail') failAt = step.at
          if (step.what === 'lose') {
            await writeFile(
              join(folder, 'counter.json'),
              '{"version":1,"reserved":9'.slice(0, step.bytes),
            ).catch(() => {})
            device = open()
          }
          for (let i = 0; step.what === 'report' && i < step.times; i++) {
            knownMs += 1000
            const report = await device.report(FACTS).catch(error => {
              if (error.code !== 'EIO') throw error
              return undefined
            })
            if (!report) continue
            if (report.signed.counter <= last) return false
            last = report.signed.counter
          }
          failAt = step.what === 'fail' ? failAt : Number.POSITIVE_INFINITY
        }
        return true
      },
    ),
    { numRuns: 60 },
  )
})

t.test(
  'a device that is killed while it reports never uses a number twice',
  { timeout: 120_000 },
  async t => {
    const folder = await place(t)
    const key = await reporter(folder).publicKey()
    const counters: number[] = []
    for (let life = 0; life < 12; life++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const enough = 1 + ((life * 53) % 150)
      for await (const line of lines(child)) {
        counters.push(
          verifyReport(JSON.parse(line), { device: 'pi-001', key, seenCounter: counters.at(-1) ?? 0 })
            .counter,
        )
        if (counters.length % 150 >= enough || counters.length > 3000) break
      }
      const ended = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    t.ok(counters.length > 12, `${counters.length} reports`)
    t.ok(counters.every((n, i) => i === 0 || n > counters[i - 1]!))
  },
)

const MODULE = fileURLToPath(new URL('../../../ota/client/report.js', import.meta.url))
const SCRIPT = `
const { Reporter } = await import(${JSON.stringify(MODULE)})
const device = new Reporter({ folder: process.argv[1], device: 'pi-001', knownMs: async () => ${START_MS} })
for (;;) {
  const line = JSON.stringify(await device.report(${JSON.stringify(FACTS)}))
  await new Promise(resolve => process.stdout.write(line + '\\n', resolve))
}`
async function* lines(child: ChildProcess): AsyncGenerator<string> {
  for await (const line of createInterface({ input: child.stdout! })) if (line.endsWith('}')) yield line
}

t.test('attacks that the updater notices have a name in the report, and every name an error', async t => {
  const codes = [...Object.keys(clientErrors.entries), ...Object.keys(transportErrors.entries)]
  const named = codes.filter(code => attackOf(code) !== undefined)
  t.strictSame([...new Set(named.map(code => attackOf(code)!))].sort(), [...ATTACKS].sort())
  t.equal(attackOf('disk_refused'), undefined)
  t.equal(codeOf(clientErrors.metadata_rolled_back({ file: 'x', problem: 'y' })), 'metadata_rolled_back')
})
