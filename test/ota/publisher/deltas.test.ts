import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import t, { type Test } from 'tap'
import { registerOta } from '../../../ota/cli.js'
import { CUSTOM_FIELD, problemsOf, TargetPromise } from '../../../ota/format/target.js'
import { revoke } from '../../../ota/publisher/revoke.js'
import { makeSite, type Site, sha256, tinyModel } from '../../support/repository.js'
import { tunedModel } from '../../support/tuned.js'

const SIZE = 100_000

/** What is promised of a release that is published. */
async function promiseOf({ repository }: Site, path: string): Promise<TargetPromise> {
  const { targets } = (await repository.published('targets')).signed
  return TargetPromise.parse(targets[path]!.custom[CUSTOM_FIELD])
}

const files = (site: Site) =>
  readdir(join(site.repository.targetsFolder, 'command')).then(names => names.sort())

t.test('a release brings its manifest and a delta from the newest one before', async t => {
  const site = await makeSite(t)
  const first = await site.release(1, { content: tunedModel(1, SIZE) })
  t.match((await promiseOf(site, first)).deltas, { manifest: { path: /manifest\.json$/ }, from: [] })
  await site.release(2, { content: tunedModel(2, SIZE) })
  const third = await site.release(3, { content: tunedModel(3, SIZE) })
  const { deltas } = await promiseOf(site, third)
  t.match(deltas, { from: [{ from: sha256(tunedModel(2, SIZE)), path: /^command\/command-1\.3\.0\.from-/ }] })
  const { targets } = (await site.repository.published('targets')).signed
  for (const { path, length, sha256: hash } of [deltas!.manifest, ...deltas!.from]) {
    t.match(targets[path], { length, hashes: { sha256: hash } }, 'a target like others')
    const bytes = await readFile(join(site.repository.targetsFolder, path.replace('/', `/${hash}.`)))
    t.equal(sha256(bytes), hash)
  }
  t.notOk(existsSync(join(site.repository.folder, 'making')))

  await revoke({ repository: site.repository, path: third, reason: 'a mistake' })
  await site.signAndPublish()
  const left = Object.keys((await site.repository.published('targets')).signed.targets)
  t.notOk(
    left.some(path => path.includes('1.3.0')),
    'taken back, it takes its delta along',
  )
})

t.test('from several, by version, by path, and from a file that is not in the repository', async t => {
  const site = await makeSite(t)
  const first = await site.release(1, { content: tunedModel(1, SIZE) })
  await site.release(2, { content: tunedModel(2, SIZE) })
  const factory = join(site.folder, 'old.gguf')
  await writeFile(factory, tunedModel(0, SIZE))
  const path = await site.release(3, {
    content: tunedModel(3, SIZE),
    deltas: { from: ['1.2.0', first, 'last'], fromFiles: [factory], effort: 'fast' },
  })
  t.strictSame(
    (await promiseOf(site, path)).deltas!.from.map(d => d.from),
    [2, 1, 0].map(n => sha256(tunedModel(n, SIZE))),
    'each once',
  )
})

t.test('a delta that saves nothing is left out, and that is said', async t => {
  const site = await makeSite(t)
  const skipped: string[] = []
  await site.release(1, { content: tinyModel(1, SIZE) })
  const path = await site.release(2, {
    content: tinyModel(2, SIZE),
    deltas: { onSkip: sentence => skipped.push(sentence) },
  })
  t.strictSame((await promiseOf(site, path)).deltas!.from, [])
  t.match(skipped, [/delta from command 1\.1\.0: left out, it would be 100 % of the file/])
  t.equal((await files(site)).filter(name => name.endsWith('.delta')).length, 0)
})

t.test('what can not be told in parts is published all the same', async t => {
  const site = await makeSite(t)
  const skipped: string[] = []
  const path = await site.release(1, {
    content: Buffer.from('of another world'),
    deltas: { onSkip: sentence => skipped.push(sentence) },
  })
  t.equal((await promiseOf(site, path)).deltas, undefined)
  t.match(skipped, [/no manifest/])
})

t.test('what is asked for and is not there is refused, and nothing is left behind', async t => {
  const site = await makeSite(t)
  await site.release(1, { content: tunedModel(1, SIZE) })
  const before = await files(site)
  const next = (deltas: Parameters<Site['release']>[1]) =>
    site.release(2, { content: tunedModel(2, SIZE), ...deltas })
  await t.rejects(next({ deltas: { from: ['9.9.9'] } }), {
    code: 'delta_source_unknown',
    message: /there are: 1\.1\.0/,
  })
  await t.rejects(next({ deltas: { fromFiles: ['/nowhere.gguf'] } }), { code: 'bad_bundle' })
  t.strictSame(await files(site), before)
  const stop = new AbortController()
  const steps: string[] = []
  const onProgress = (what: string, done: number) => {
    steps.push(`${what} ${done}`)
    if (what.startsWith('delta') && done > 0.5) stop.abort(new Error('enough'))
  }
  await t.rejects(next({ deltas: { signal: stop.signal, onProgress } }), { message: 'enough' })
  t.strictSame(await files(site), before)
  t.notOk(existsSync(join(site.repository.folder, 'making')))
  t.ok(steps.length > 5, `${steps.length} steps were told`)
  await next({})
})

/** Runs one command line. @returns what it printed, and what it said beside */
async function ota(
  line: string[],
  { isTerminal = false } = {},
): Promise<{ out: Record<string, unknown>[]; err: string[]; rewritten: string[] }> {
  const said = { out: [] as Record<string, unknown>[], err: [] as string[], rewritten: [] as string[] }
  const command = new Command('ota').exitOverride()
  const shell = {
    out: (text: string) => said.out.push(JSON.parse(text)),
    err: (text: string) => said.err.push(text),
    ...(isTerminal ? { rewrite: (text: string) => said.rewritten.push(text) } : {}),
    signal: new AbortController().signal,
    openChannel: () => Promise.reject(new Error('no broker in this test')),
    judgeAdapter: async () => {},
    shipped: async () => [],
  }
  registerOta(command, shell, () => {})
  await command.parseAsync(line, { from: 'user' })
  return said
}

/** `ota add` of release after release. */
async function shop(t: Test) {
  const site = await makeSite(t)
  const description = join(site.folder, 'what.json')
  const addOf = async (release: number, more: string[], how = {}) => {
    const model = join(site.folder, `${release}.gguf`)
    await writeFile(model, tunedModel(release, SIZE))
    await writeFile(
      description,
      JSON.stringify({ family: 'command', version: `1.${release}.0`, release, needs: {} }),
    )
    const { folder } = site.repository
    return ota(['add', folder, '--description', description, '--file', `model=${model}`, ...more], how)
  }
  return { site, addOf }
}

t.test('on the shell', async (t: Test) => {
  const { site, addOf } = await shop(t)
  await addOf(1, [])
  await addOf(2, ['--delta-from', 'last', '--effort', 'fast'])
  await addOf(3, ['--no-delta'])
  await addOf(4, ['--delta-from', '1.1.0', '--delta-from', '1.2.0', '--effort', 'fast'])
  await site.signAndPublish()
  const { out } = await ota(['list', site.repository.folder])
  const [, second, third, fourth] = out
  t.match(second, { version: '1.2.0', deltas: [{ from: '1.1.0', bytes: Number, percent: Number }] })
  t.equal(third!.deltas, undefined)
  t.match(fourth, { deltas: [{ from: '1.1.0' }, { from: '1.2.0' }] })
  await t.rejects(addOf(5, ['--effort', 'much']), /Allowed choices/)
})

t.test('what the shell says of work that takes long', async (t: Test) => {
  const { site, addOf } = await shop(t)
  const fast = ['--effort', 'fast']
  t.equal((await addOf(1, [])).err.at(-1), 'manifest: done')
  const plain = await addOf(2, fast)
  const what = 'delta from command 1.1.0'
  t.strictSame(
    plain.err.filter(line => line.startsWith(what)),
    [`${what} ...`, `${what}: done`],
    'its begin and its end, where nobody looks',
  )
  const terminal = await addOf(3, fast, { isTerminal: true })
  const steps = terminal.rewritten.filter(line => /^delta from command 1\.2\.0: \d+ %$/.test(line))
  t.ok(steps.length > 2, `a line that is written over: ${steps.length} times`)
  t.equal(terminal.rewritten.at(-1), '', 'nothing of it stays')
  t.ok(
    terminal.err.every(line => line.endsWith(': done')),
    'but that it is done',
  )
  const silent = await addOf(4, [...fast, '--json'], { isTerminal: true })
  t.strictSame(silent, { out: [{ path: 'command/command-1.4.0.gguf' }], err: [], rewritten: [] })
  const other = join(site.folder, 'other.gguf')
  await writeFile(other, 'no model')
  const leaves = await addOf(5, [...fast, '--json', '--delta-from-file', other])
  t.match(leaves, { out: [{ left_out: [/^delta from .*other\.gguf: left out/] }], err: [] })
})

t.test('a promise without deltas is as good as it was', async t => {
  const site = await makeSite(t)
  const path = await site.release(1, { deltas: false })
  const { targets } = (await site.repository.published('targets')).signed
  t.notOk('deltas' in (targets[path]!.custom[CUSTOM_FIELD] as object))
  t.equal((await promiseOf(site, path)).deltas, undefined)
  const delta = { from: 'a'.repeat(64), path: 'x', length: 1, sha256: 'b'.repeat(64) }
  const one = { ...delta, index_length: 1, index_sha256: 'c'.repeat(64) }
  const manifest = { path: 'm', length: 1, sha256: 'd'.repeat(64) }
  const lie = (p: TargetPromise) => Object.assign(p, { deltas: { manifest, from: [one, one] } })
  const second = await site.release(2, { deltas: false, lie })
  t.strictSame(problemsOf(await promiseOf(site, second)), ['two deltas begin at one file'])
})
