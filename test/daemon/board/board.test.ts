import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { shippedProfiles, surveyBoard } from '../../../daemon/board/board.js'
import { parseCpuinfo, parseCpuList } from '../../../daemon/board/cpu.js'
import { explain } from '../../../daemon/board/explain.js'
import type { BoardFacts } from '../../../daemon/board/facts.js'
import { parseL4t } from '../../../daemon/board/jetson.js'
import { parseGroups, parseQuota } from '../../../daemon/board/limits.js'
import { match, plainModel } from '../../../daemon/board/match.js'
import { plan } from '../../../daemon/board/plan.js'
import { parseMeminfo, probe } from '../../../daemon/board/probe.js'
import { BOARDS, layBoard } from '../../support/board.js'
import { boardFacts as facts } from '../../support/facts.js'

const trees = mkdtempSync(join(tmpdir(), 'boards-'))
t.teardown(() => rmSync(trees, { recursive: true, force: true, maxRetries: 10 }))
for (const board of BOARDS) layBoard(board, join(trees, board))
const fixture = (board: string) => join(trees, board)
const profiles = shippedProfiles()
const catalog = { catalog: profiles.models, speeds: profiles.speeds }

t.test('each recorded board has a plan that is told in whole sentences', async t => {
  for (const board of BOARDS) {
    const survey = await surveyBoard({ root: fixture(board) })
    for (const lines of Object.values(explain(survey)))
      for (const line of lines) t.match(line, /^[^\s].*\.$/, board)
    t.ok(survey.plan.mostThreads >= 1)
  }
})

t.test('facts are read from /proc, /sys and /etc', async t => {
  const pi = await probe({ root: fixture('raspberry-pi-4b'), architecture: 'arm64' })
  t.match(pi, {
    model: 'Raspberry Pi 4 Model B Rev 1.4',
    compatible: ['raspberrypi,4-model-b', 'brcm,bcm2711'],
    cpu: { cores: 4, quotaCores: 2, classes: [{ name: 'Cortex-A72', count: 4, maxMhz: 1800 }] },
    memory: { totalMib: 3793, limitMib: 256 },
    readings: { hottestC: 48.312 },
    system: 'Debian GNU/Linux 12 (bookworm)',
  })
  t.notOk(pi.cpu.features.includes('asimddp'))
  const orin = await probe({ root: fixture('jetson-orin-nano'), architecture: 'arm64' })
  t.match(orin, { l4t: { release: 36, revision: '4.3' }, readings: { hottestC: 48.625 } })
  t.ok(orin.cpu.features.includes('asimddp'))
  const nano = await probe({ root: fixture('jetson-nano'), architecture: 'arm64' })
  t.equal(nano.readings.hottestC, 45, 'PMIC-Die always says 100 and is passed over')
  const opi = await probe({ root: fixture('orange-pi-5'), architecture: 'arm64' })
  t.match(opi.cpu.classes, [
    { name: 'Cortex-A76', count: 4, maxMhz: 2400 },
    { name: 'Cortex-A55', count: 4, maxMhz: 1800 },
  ])
  const pc = await surveyBoard({ root: fixture('pc'), architecture: 'x64' })
  t.match(pc.facts.cpu, { name: 'Intel(R) N100', cores: 4, physicalCores: 2 })
  t.equal(pc.match.profile.name, 'generic-x86-64')
  t.equal(pc.plan.mostThreads, 2, 'twins on one core are not counted')
})

t.test('a machine that says nothing, or of an unknown kind, gets a generic profile and no crash', async t => {
  for (const architecture of ['arm64', 'arm', 'x64', 'riscv64', 'loong64']) {
    const { match: m, plan: p } = await surveyBoard({ root: fixture('empty'), architecture })
    t.ok(m.profile.match.generic)
    t.equal(m.by, 'architecture')
    t.equal(p.mostThreads, 1)
    t.equal(p.model, undefined, 'no memory is known, so no model is promised')
  }
  t.throws(() => match(facts({}), []), { code: 'no_profile' })
})

t.test('a board is matched by compatible before model, the most special entry first', async t => {
  const by = (some: Partial<BoardFacts>) => match(facts(some), profiles.boards)
  t.match(by({ compatible: ['raspberrypi,500', 'brcm,bcm2712'], model: 'Raspberry Pi 4 Model B' }), {
    profile: { name: 'raspberry-pi-500' },
    by: 'compatible',
    because: /raspberrypi,500/,
  })
  t.match(by({ compatible: ['vendor,board'], model: 'Raspberry Pi Compute Module 4 Rev 1.1' }), {
    profile: { name: 'raspberry-pi-cm4' },
    by: 'model',
  })
  t.equal(
    plainModel('NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super'),
    'NVIDIA Jetson Orin Nano Engineering Reference Developer Kit',
  )
})

t.test('a plan is explained, and says so when nothing fits', async t => {
  const profile = profiles.boards.find(b => b.name === 'raspberry-pi-4b')!
  const tight = plan({
    facts: facts({ memory: { totalMib: 3800, availableMib: 3000, limitMib: 120 } }),
    profile,
    ...catalog,
  })
  t.equal(tight.model, undefined)
  t.match(
    tight.because.join('\n'),
    /limits us to 120 of 3800 MiB[\s\S]*No model fits: the smallest, fieldmouse-command q8_0, needs \d+ MiB with the daemon, \d+ more/,
  )
  const half = facts({ cpu: { cores: 4, quotaCores: 0.5, classes: [], features: [] } })
  t.equal(plan({ facts: half, profile, ...catalog }).mostThreads, 1, 'half a core is one thread')
})

t.test('whatever the facts, a plan keeps to the memory and has at least one thread', async () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...profiles.boards),
      fc.integer({ min: 0, max: 200_000 }),
      fc.option(fc.integer({ min: 1, max: 4096 }), { nil: undefined }),
      fc.integer({ min: 1, max: 128 }),
      (profile, totalMib, limitMib, cores) => {
        const memory = { totalMib, availableMib: totalMib, ...(limitMib ? { limitMib } : {}) }
        const p = plan({
          facts: facts({ memory, cpu: { cores, classes: [], features: [] } }),
          profile,
          ...catalog,
        })
        return (
          p.mostThreads >= 1 &&
          p.mostThreads <= cores &&
          (!p.model || p.memory.neededMib <= p.memory.freeForUsMib)
        )
      },
    ),
  )
})

t.test('readers of system files take any text', async t => {
  fc.assert(
    fc.property(fc.string(), text => {
      parseCpuinfo(text)
      parseGroups(text)
      parseQuota(text)
      parseL4t(text)
      parseMeminfo(text)
      return (parseCpuList(text)?.length ?? 0) >= 0
    }),
  )
  t.strictSame(parseCpuList('0-2,5'), [0, 1, 2, 5])
  t.equal(parseCpuList(''), undefined)
  t.equal(parseQuota('max 100000'), undefined)
  t.equal(parseQuota('150000 100000'), 1.5)
  t.equal(parseGroups('12:cpu,cpuacct:/docker/ab\n0::/x').get('cpu'), '/docker/ab')
})
