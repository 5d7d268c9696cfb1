import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type Board, shippedProfiles, surveyBoard } from '../../../daemon/board/board.js'
import { match } from '../../../daemon/board/match.js'
import { BOARDS, layBoard } from '../../support/board.js'
import { boardFacts } from '../../support/facts.js'

const { boards, speeds } = shippedProfiles()
const trees = mkdtempSync(join(tmpdir(), 'recognise-'))
t.teardown(() => rmSync(trees, { recursive: true, force: true, maxRetries: 10 }))

/** Fixtures that are not named after their profile. */
const OTHERS: Record<string, string> = {
  empty: 'generic-arm64',
  pc: 'generic-x86-64',
  'tiny-256mb': 'generic-arm64',
  'unknown-arm64': 'generic-arm64',
  'unknown-armv7': 'generic-armv7',
}
const surveys = new Map<string, Board>()
for (const name of BOARDS)
  surveys.set(
    name,
    await surveyBoard({ ...layBoard(name, join(trees, name)), dataDir: '/var/lib/fieldmouse' }),
  )

t.test('every recorded board is recognised, by its device tree where it has one', async t => {
  for (const [name, { match: m, facts }] of surveys) {
    t.equal(m.profile.name, OTHERS[name] ?? name)
    t.equal(m.by, name in OTHERS ? 'architecture' : 'compatible', name)
    if (m.profile.cores.length > 0)
      t.strictSame(
        facts.cpu.classes.map(c => c.name),
        m.profile.cores.map(c => c.class),
        `${name}: classes of cores`,
      )
  }
})

t.test('every profile has a recorded board', async t => {
  const seen = new Set([...surveys.values()].map(({ match: m }) => m.profile.name))
  t.strictSame(
    boards.map(b => b.name).filter(name => !seen.has(name)),
    [],
  )
  t.ok(boards.length >= 24)
})

t.test('spellings of kernels and vendors lead to the same profile', async t => {
  const by = (compatible: string[], model?: string) =>
    match(boardFacts({ compatible, ...(model ? { model } : {}) }), boards).profile.name
  const super_ = 'NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super'
  t.equal(by(['nvidia,p3768-0000+p3767-0005-super', 'nvidia,tegra234'], super_), 'jetson-orin-nano')
  t.equal(
    by(['some,carrier+p3767', 'nvidia,tegra234'], super_),
    'jetson-orin-nano',
    'a carrier board of others',
  )
  t.equal(by(['rockchip,rk3588s-orangepi-5', 'rockchip,rk3588'], 'Orange Pi 5'), 'orange-pi-5')
  t.equal(by([], 'Orange Pi 5 Plus'), 'orange-pi-5-plus', 'the longest beginning wins')
  t.equal(by([], 'Radxa Rock 5B Board'), 'rock-5b')
  t.equal(by([], 'Jetson AGX Orin'), 'jetson-agx-orin')
  t.equal(by([], 'Raspberry Pi 3 Model B Rev 1.2'), 'raspberry-pi-3b-plus')
  t.equal(
    by(['raspberrypi,6-model-b'], 'Raspberry Pi 6 Model B Rev 1.0'),
    'generic-arm64',
    'a board of tomorrow',
  )
})

t.test('speeds are known of every class of cores', async t => {
  const known = new Set(speeds.cores.map(c => c.class))
  for (const { name, cores } of boards) for (const c of cores) t.ok(known.has(c.class), `${name}: ${c.class}`)
  for (const [name, { facts }] of surveys)
    for (const c of facts.cpu.classes) t.ok(known.has(c.name), `${name}: ${c.name}`)
})

t.test('a Jetson says its release, its mode, and that its GPU answers', async t => {
  const of = (name: string) => surveys.get(name)!
  for (const [name, { match: m, facts }] of surveys) {
    if (!m.profile.soc?.startsWith('Tegra')) continue
    t.ok(facts.l4t, `${name}: release`)
    t.match(facts.accelerators, [{ kind: 'cuda', ready: true }], `${name}: GPU`)
    const known = m.profile.power.modes.map(mode => mode.name)
    for (const mode of facts.powerMode?.modes ?? []) t.ok(known.includes(mode), `${name}: ${mode}`)
    t.ok(facts.powerMode, `${name}: a mode is set`)
  }
  const orin = of('jetson-orin-nano')
  t.match(orin.facts, { l4t: { jetpack: '6.2' }, powerMode: { name: '15W' } })
  t.match(
    orin.plan.advice.join('\n'),
    /25 W mode gives about 40 % more tokens a second at better tokens per joule/,
  )
  t.match(orin.plan.larger, { offload: 'cuda' })
  t.equal(of('jetson-nano').plan.larger?.offload, 'cpu', 'no CUDA for JetPack 4')
})

t.test('more bandwidth, more tokens: a faster power mode is predicted to be faster', async t => {
  const { facts, match: m, profiles } = surveys.get('jetson-orin-nano')!
  const { plan } = await import('../../../daemon/board/plan.js')
  const at = (mode: string) => {
    const { considered } = plan({
      facts: { ...facts, powerMode: { name: mode, modes: [] } },
      profile: m.profile,
      catalog: profiles.models,
      speeds: profiles.speeds,
    })
    return considered.find(c => c.name === 'qwen3-1.7b' && c.quantization === 'q8_0')!.rates!.decodeTps
  }
  t.ok(at('25W') > at('15W'))
  t.equal(at('7W'), at('15W'), 'the same memory clock')
})

t.test('storage, NPUs and Vulkan are seen', async t => {
  const of = (name: string) => surveys.get(name)!.facts
  t.match(
    of('raspberry-pi-4b').storage,
    { kind: 'sd', device: '/dev/mmcblk0p3' },
    'the mount below an overlay',
  )
  t.match(of('raspberry-pi-5').storage, { kind: 'nvme' })
  t.match(of('raspberry-pi-cm4').storage, { kind: 'emmc' })
  t.match(of('pc').storage, { kind: 'ssd' })
  t.match(of('raspberry-pi-4b').accelerators, [{ kind: 'vulkan', name: 'v3d', ready: true }])
  t.match(of('orange-pi-5-plus').accelerators, [{ kind: 'npu', name: 'RKNPU' }])
  t.match(of('imx8m-plus').accelerators, [{ kind: 'npu' }])
  t.equal(of('raspberry-pi-5').cpu.lastCacheKib, 2048)
})

t.test('a board that is too small is told what would do', async t => {
  const tiny = surveys.get('tiny-256mb')!
  t.equal(tiny.plan.model, undefined)
  t.match(
    tiny.plan.because.join('\n'),
    /No model fits: the smallest, fieldmouse-command q8_0, needs \d+ MiB with the daemon, \d+ more than there are/,
  )
})
