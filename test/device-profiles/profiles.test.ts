import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { loadProfiles } from '../../device-profiles/load.js'

const CORES = readFileSync('device-profiles/cores.yaml', 'utf8')
const { boards, models } = loadProfiles(resolve('device-profiles'))

t.test(
  'no two boards are recognised by the same entry, and every architecture has a generic one',
  async t => {
    const entries = boards.flatMap(b => b.match.compatible)
    t.equal(new Set(entries).size, entries.length)
    for (const architecture of ['arm64', 'arm', 'x64'] as const)
      t.equal(
        boards.filter(b => b.match.generic && b.match.architectures.includes(architecture)).length,
        1,
        architecture,
      )
    for (const b of boards) t.ok(b.match.generic || b.match.compatible.length > 0, b.name)
  },
)

t.test(
  'a model fits its files, and no board asks for more threads than it has cores of one class',
  async t => {
    for (const m of models) {
      t.ok(m.context_tokens.wanted <= m.context_tokens.most, m.name)
      for (const { file } of m.files)
        if (file.startsWith('ota/factory/') && existsSync(resolve('ota/factory')))
          t.ok(existsSync(resolve(file)), file)
    }
    for (const b of boards)
      if (b.cores[0]) t.ok(b.run.most_threads.value <= Math.max(...b.cores.map(c => c.count)), b.name)
  },
)

t.test('a broken profile is refused with its file and the place in it', async t => {
  const folder = t.testdir({
    boards: { 'mole.yaml': 'name: mole\ntitle: Mole\nmatch: {compatibel: [a]}\n' },
    models: {},
  })
  t.throws(() => loadProfiles(folder), { message: /mole\.yaml: match: .*compatibel.*; cores: / })
  const misnamed = t.testdir({ boards: {}, models: {}, 'cores.yaml': CORES })
  t.match(loadProfiles(misnamed), { boards: [], models: [] })
  t.throws(() => loadProfiles(join(folder, 'nowhere')))
})
