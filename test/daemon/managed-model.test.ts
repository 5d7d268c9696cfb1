import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../daemon/base/clock.js'
import { memoryOf } from '../../daemon/choose-model.js'
import { factoryModelOf } from '../../daemon/factory.js'
import { ActiveEngine, type ModelFiles } from '../../daemon/inference/active.js'
import { checkGguf } from '../../daemon/inference/gguf.js'
import { Standby } from '../../daemon/inference/standby.js'
import { SupervisedEngine, type SupervisorOptions } from '../../daemon/inference/supervisor.js'
import { type LoadedModel, managedModel } from '../../daemon/managed-model.js'
import type { Installed } from '../../ota/client/slots.js'
import { factoryModelPath } from '../support/model.js'

interface Test {
  testdir(files?: Record<string, string>): string
  teardown(fn: () => unknown): void
}
const never = () => new AbortController().signal
const PLENTY = 100_000
const GOLDEN = '{"text":"turn on the lamp","answer":"<turn_on><k_light><dev> lamp"}\n'

/** A device on which `factory` answers, and its next release. */
async function device(t: Test, memoryMib: number, loaded: readonly LoadedModel[] = []) {
  const folder = t.testdir({ 'golden.jsonl': GOLDEN })
  const path = join(folder, 'next.gguf')
  copyFileSync(factoryModelPath(), path)
  const { sha256 } = factoryModelOf('command')
  const installed = (slot: Installed['slot'], release: number, model: string): Installed => ({
    slot,
    kind: 'model',
    version: `${release}.0.0`,
    release,
    sha256,
    files: { model, golden: join(folder, 'golden.jsonl') },
  })
  const before = installed('factory', 1, factoryModelPath())
  const next = installed('a', 2, path)
  const made: SupervisedEngine[] = []
  const make = (files: ModelFiles, more: Partial<SupervisorOptions> = {}) => {
    const engine = new SupervisedEngine({
      model: files,
      clock: systemClock,
      threads: 1,
      sequences: 2,
      backoff: { firstMs: 10, maxMs: 50, factor: 2 },
      ...more,
    })
    made.push(engine)
    return engine
  }
  const active = new ActiveEngine({ make, first: { path: factoryModelPath() }, clock: systemClock })
  const standby = new Standby()
  t.teardown(async () => {
    await standby.clear()
    await active.stop()
  })
  await active.start(never())
  const household = { memoryMib, isBusy: () => false, running: () => before, standby, loaded: () => loaded }
  const handles = {
    active: async () => active,
    make,
    swap: (...[files, signal, how]: Parameters<ActiveEngine['swap']>) => active.swap(files, signal, how),
  }
  return { model: managedModel('command', household, handles), active, made, before, next }
}

/** Of all threads of a process. */
const nicenessOf = (pid: number) =>
  new Set(
    readdirSync(`/proc/${pid}/task`).map(task =>
      // fields after the name in parentheses, the 19th of all
      Number(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').split(') ')[1]!.split(' ')[16]),
    ),
  )

t.test('the process in which a model did well on trial is the one that answers then', async t => {
  const { model, active, made, before, next } = await device(t, PLENTY)
  const first = active.pid
  const figures = await model.trial(next, before, never())
  t.equal(figures.answered, 1)
  t.equal(active.pid, first, 'nothing has changed yet')
  const [, tried] = made
  const pid = tried!.pid!
  t.strictSame(nicenessOf(pid), new Set([19]), 'it waits, and gives way')
  await model.swap(next, never())
  if (made.length === 2) {
    t.equal(active.pid, pid)
    t.match(active.info, { sequences: 2 }, 'it has the room of one that answers')
    t.strictSame(nicenessOf(pid), new Set([getPriority()]), 'it gives way no more')
  } else t.not(active.pid, pid, 'this system lets nobody raise a process: another one was started')
  t.equal(active.files.path, next.files.model)
  const again = await model.trial(next, before, never())
  t.equal(again.answered, 1)
  t.match(active.info, { sequences: 2 })
})

t.test('nothing is left waiting: after a bad trial, another swap, the end', async t => {
  const { model, active, made, before, next } = await device(t, PLENTY)
  await t.rejects(model.trial({ ...next, files: { ...next.files, model: 'none.gguf' } }, before, never()))
  t.equal(made.length, 1)
  await model.trial(next, before, never())
  await model.swap(before, never())
  t.equal(made[1]!.pid, undefined, 'it was tried, and is not the one that was wanted')
  t.not(active.pid, undefined)
  await model.trial(next, before, never())
  t.not(made.at(-1)!.pid, undefined)
  await model.close!()
  t.equal(made.at(-1)!.pid, undefined)
})

t.test('where two do not fit, none waits', async t => {
  const { model, active, made, before, next } = await device(t, 1)
  await model.trial(next, before, never())
  t.strictSame(
    made.map(engine => engine.pid !== undefined),
    [false, false, true],
    'it made room, and came back',
  )
  await model.swap(next, never())
  t.equal(active.pid, made.at(-1)!.pid)
})

t.test('whether two fit depends on what else is loaded', async t => {
  const shape = { sequences: 1, contextTokens: 256 }
  const line = factoryModelOf('line').files.model
  const [command, lines] = [
    memoryOf(await checkGguf(factoryModelPath()), shape),
    memoryOf(await checkGguf(line), shape),
  ]
  const other = { family: 'line', files: { path: line }, residentBytes: 0 }
  const own = { family: 'command', files: { path: factoryModelPath() }, residentBytes: 0 }
  const grown = { ...other, residentBytes: (lines + 1) * 2 ** 20 }
  for (const [what, memoryMib, loaded, isBeside] of [
    ['nothing else', 2 * command, [own], true],
    ['the model that reads lines', 2 * command, [own, other], false],
    ['and room for it', 2 * command + lines, [own, other], true],
    ['which holds more by now', 2 * command + lines, [own, grown], false],
  ] as const) {
    const { model, active, before, next } = await device(t, memoryMib, loaded)
    const first = active.pid
    await model.trial(next, before, never())
    t.equal(active.pid === first, isBeside, what)
    await model.close!()
    await active.stop()
  }
})
