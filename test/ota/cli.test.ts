import { existsSync } from 'node:fs'
import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import t from 'tap'
import { codeOf } from '../../daemon/base/errors.js'
import { factoryModelOf } from '../../daemon/factory.js'
import { checkModel } from '../../daemon/inference/model-files.js'
import { registerOta } from '../../ota/cli.js'
import { adapterBytes, zero } from '../support/adapter.js'
import { isSettled, makeDevice, sha256, tinyModel } from '../support/repository.js'

const parts = {
  openChannel: () => Promise.reject(new Error('no broker in this test')),
  judgeAdapter: async (adapter: string, base: string) =>
    void (await checkModel({ path: base, adapter: { path: adapter } }, { withHashes: true })),
  shipped: async () => [factoryModelOf('command')],
}

/** Runs one command line. @returns what it printed, a JSON value a line */
async function ota(
  line: string[],
  signal = new AbortController().signal,
): Promise<Record<string, unknown>[]> {
  const out: Record<string, unknown>[] = []
  const command = new Command('ota').exitOverride()
  registerOta(command, { out: text => out.push(JSON.parse(text)), err: () => {}, signal, ...parts }, () => {})
  await command.parseAsync(line, { from: 'user' })
  return out
}

t.test(
  'a repository, from nothing to a device that runs what it offers, with keys that are carried',
  async t => {
    const folder = t.testdir()
    const at = (...parts: string[]) => join(folder, ...parts)
    const secret = at('passphrase')
    await writeFile(secret, 'correct horse\n')
    const [made] = await ota([
      'init',
      at('repo'),
      '--keys',
      at('keys'),
      '--roles',
      'root=3/2',
      '--passphrase-file',
      secret,
    ])
    t.match(made, { root: /1\.root\.json$/, keys: { length: 6 } })
    const listed = await ota(['keys', 'list', at('keys')])
    t.equal(listed.filter(k => k.role === 'root').length, 3)
    t.ok(listed.every(k => k.isEncrypted))
    for (const { path } of listed) t.equal((await stat(path as string)).mode & 0o777, 0o600)

    await writeFile(at('model.gguf'), tinyModel(1))
    await writeFile(at('golden.jsonl'), '{}\n')
    await writeFile(at('card.md'), '# Card\n')
    await writeFile(
      at('what.json'),
      JSON.stringify({ family: 'command', version: '1.1.0', release: 1, needs: { boards: ['arm64'] } }),
    )
    const files = ['model=model.gguf', 'golden=golden.jsonl', 'card=card.md'].flatMap(f => [
      '--file',
      f.replace('=', `=${folder}/`),
    ])
    const [added] = await ota(['add', at('repo'), '--description', at('what.json'), ...files])
    t.strictSame(added, { path: 'command/command-1.1.0.gguf' })
    await t.rejects(ota(['add', at('repo'), '--description', at('what.json'), ...files]), {
      code: 'release_not_newer',
    })

    await t.rejects(ota(['publish', at('repo'), '--keys', at('keys'), '--passphrase-file', secret]), {
      code: 'signatures_missing',
    })
    // to the machine with the keys and back
    await cp(at('repo', 'draft'), at('stick'), { recursive: true })
    await t.rejects(ota(['sign', at('stick'), '--keys', at('keys')]), { code: 'key_not_readable' })
    t.match(await ota(['sign', at('stick'), '--keys', at('keys'), '--passphrase-file', secret]), [
      { targets: [String] },
    ])
    await cp(at('stick'), at('repo', 'draft'), { recursive: true })
    const [published] = await ota(['publish', at('repo'), '--keys', at('keys'), '--passphrase-file', secret])
    t.strictSame(published, { root: 1, targets: 2, snapshot: 2, timestamp: 2 })
    t.strictSame(await readdir(at('repo', 'draft')), [])
    t.match(await ota(['list', at('repo')]), [
      { path: 'command/command-1.1.0.gguf', release: 1, sha256: /^[0-9a-f]{64}$/ },
    ])

    await ota(['renew', at('repo'), 'targets'])
    await ota(['sign', at('repo', 'draft'), '--keys', at('keys'), '--passphrase-file', secret])
    t.match(await ota(['publish', at('repo'), '--keys', at('keys'), '--passphrase-file', secret]), [
      { targets: 3, timestamp: 3 },
    ])

    // one of three root keys is lost
    const lost = listed.filter(k => k.role === 'root')[0]!.keyId as string
    await ota([
      'rotate',
      at('repo'),
      'root',
      '--keys',
      at('keys'),
      '--add',
      '1',
      '--remove',
      lost.slice(0, 12),
      '--passphrase-file',
      secret,
    ])
    await ota(['sign', at('repo', 'draft'), '--keys', at('keys'), '--passphrase-file', secret])
    t.match(await ota(['publish', at('repo'), '--keys', at('keys'), '--passphrase-file', secret]), [
      { root: 2, timestamp: 4 },
    ])
    t.ok(existsSync(at('repo', 'metadata', '2.root.json')))

    const site = {
      folder,
      repository: { folder: at('repo') },
      root: at('repo', 'metadata', '1.root.json'),
      factory: { version: '0.0.0', sha256: sha256(tinyModel(0)), files: { model: at('factory.gguf') } },
    } as never
    await writeFile(at('factory.gguf'), tinyModel(0))
    const device = makeDevice(site)
    t.teardown(() => device.client.stop())
    await device.client.start(new AbortController().signal)
    const end = await device.until(isSettled)
    t.match(end, { running: { version: '1.1.0' } })
    t.equal(await readFile(device.client.running.files.card!, 'utf8'), '# Card\n')
  },
)

t.test('what is asked wrongly is refused by name', async t => {
  const folder = t.testdir({
    'what.json': '{"family":"Command!","version":"1","release":0,"needs":{}}',
    'm.gguf': 'x',
  })
  await ota(['init', join(folder, 'repo'), '--keys', join(folder, 'keys')])
  const codes = async (...line: string[]) =>
    ota(line).then(
      () => 'fine',
      error => codeOf(error) ?? error.code,
    )
  t.equal(await codes('init', join(folder, 'repo'), '--keys', join(folder, 'keys')), 'repository_exists')
  t.equal(
    await codes(
      'add',
      join(folder, 'repo'),
      '--description',
      join(folder, 'what.json'),
      '--file',
      `model=${folder}/m.gguf`,
    ),
    'invalid_value',
  )
  t.equal(
    await codes('sign', join(folder, 'repo', 'draft'), '--keys', join(folder, 'keys')),
    'nothing_to_sign',
  )
  t.equal(await codes('revoke', join(folder, 'repo'), 'command/none.gguf', '--reason', 'x'), 'target_unknown')
  t.equal(await codes('renew', join(folder, 'repo'), 'nobody'), 'role_unknown')
  t.equal(
    await codes('rotate', join(folder, 'repo'), 'nobody', '--keys', join(folder, 'keys')),
    'role_unknown',
  )
  t.equal(
    await codes('rotate', join(folder, 'repo'), 'root', '--keys', join(folder, 'keys'), '--threshold', '5'),
    'key_still_needed',
  )
  t.equal(await codes('publish', join(folder, 'nowhere'), '--keys', join(folder, 'keys')), 'not_a_repository')
  t.equal(await codes('publish', join(folder, 'repo'), '--keys', join(folder, 'none')), 'keys_missing')
  t.equal(
    await codes('init', join(folder, 'r2'), '--keys', join(folder, 'k2'), '--roles', 'root=1/2'),
    'keys_missing',
  )
})

t.test('a release whose file is gone is not published', async t => {
  const folder = t.testdir({ 'what.json': '{"family":"command","version":"1.0.0","release":1,"needs":{}}' })
  await writeFile(join(folder, 'm.gguf'), tinyModel(1))
  const repo = join(folder, 'repo')
  await ota(['init', repo, '--keys', join(folder, 'keys')])
  await ota(['add', repo, '--description', join(folder, 'what.json'), '--file', `model=${folder}/m.gguf`])
  await ota(['sign', join(repo, 'draft'), '--keys', join(folder, 'keys')])
  const [name] = await readdir(join(repo, 'targets', 'command'))
  await writeFile(join(repo, 'targets', 'command', name!), 'torn')
  await t.rejects(ota(['publish', repo, '--keys', join(folder, 'keys')]), {
    code: 'target_file_missing',
    message: /4 bytes instead of/,
  })
})

t.test('the web server for trying it out', async t => {
  const folder = t.testdir()
  await ota(['init', join(folder, 'repo'), '--keys', join(folder, 'repo', 'keys')])
  const stop = new AbortController()
  const lines: { url: string }[] = []
  const command = new Command('ota').exitOverride()
  registerOta(
    command,
    { out: l => lines.push(JSON.parse(l)), err: () => {}, signal: stop.signal, ...parts },
    () => {},
  )
  const running = command.parseAsync(['serve', join(folder, 'repo')], { from: 'user' })
  while (lines.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
  const { url } = lines[0]!
  t.equal((await fetch(`${url}/metadata/1.root.json`)).status, 200)
  const [key] = await readdir(join(folder, 'repo', 'keys'))
  t.equal((await fetch(`${url}/keys/${key}`)).status, 404, 'keys are not served')
  t.equal((await fetch(`${url}/metadata/%2e%2e/publisher.json`)).status, 404)
  stop.abort()
  await running
})

t.test('an adapter: its base is named from the file, and must fit', async t => {
  const folder = t.testdir()
  const at = (...names: string[]) => join(folder, ...names)
  const factory = factoryModelOf('command')
  await ota(['init', at('repo'), '--keys', at('keys')])
  await writeFile(at('fits.gguf'), adapterBytes([zero('blk.0.attn_q.weight', 256, 256)]))
  await writeFile(at('other.gguf'), adapterBytes([zero('blk.0.attn_q.weight', 64, 64)]))
  const describeAs = (more: object) =>
    writeFile(at('what.json'), JSON.stringify({ family: 'command', version: '1.2.0', release: 2, ...more }))
  const add = (adapter: string, base: string) =>
    ota([
      'add',
      at('repo'),
      '--description',
      at('what.json'),
      '--file',
      `adapter=${at(adapter)}`,
      ...(base ? ['--base', base] : []),
    ])
  await describeAs({})
  await t.rejects(add('other.gguf', factory.files.model), { code: 'adapter_misfit', message: /256x256/ })
  await t.rejects(add('fits.gguf', at('nothing.gguf')), { code: 'bad_bundle', message: /no file/ })
  await describeAs({ needs: {} })
  await t.rejects(add('fits.gguf', ''), { code: 'bad_bundle', message: /--base/ })
  await describeAs({ needs: { base: { sha256: 'a'.repeat(64) } } })
  await t.rejects(add('fits.gguf', factory.files.model), { code: 'bad_bundle', message: /aaaaaaaa/ })
  await describeAs({ needs: { memory_mib: 40 } })
  t.strictSame(await add('fits.gguf', factory.files.model), [{ path: 'command/command-1.2.0.gguf' }])
  const draft = JSON.parse(await readFile(at('repo', 'draft', 'targets.json'), 'utf8'))
  t.match(draft.signed.targets['command/command-1.2.0.gguf'].custom.fieldmouse, {
    kind: 'adapter',
    needs: {
      memory_mib: 40,
      base: { family: 'command', release: factory.release, sha256: factory.sha256 },
    },
  })
  // another model that nobody knows
  await describeAs({ version: '1.3.0', release: 3 })
  const known = await readFile(factory.files.model)
  known[known.length - 1]! ^= 1
  await writeFile(at('mine.gguf'), known)
  await t.rejects(add('fits.gguf', at('mine.gguf')), { code: 'bad_bundle', message: /say its family/ })
  await describeAs({ version: '1.3.0', release: 3, needs: { base: { family: 'command' } } })
  t.strictSame(await add('fits.gguf', at('mine.gguf')), [{ path: 'command/command-1.3.0.gguf' }])
})
