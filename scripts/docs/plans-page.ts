import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Board, shippedProfiles, surveyBoard } from '../../daemon/board/board.js'
import { type PlannedModel, tps } from '../../daemon/board/plan.js'
import { BOARDS, layBoard } from '../../test/support/board.js'
import { GENERATED, table } from './markdown.js'

/** What every board of test/fixtures/boards/ would run, by facts and profiles alone: nothing is measured here. */
export async function plansPage(): Promise<string> {
  const surveys = await Promise.all(BOARDS.map(survey))
  const rows = surveys.map(({ name, board }) => {
    const { facts, match, plan } = board
    return [
      name,
      match.profile.name,
      `${facts.memory.limitMib ?? facts.memory.totalMib}`,
      plan.model ? `${plan.model.name} ${plan.model.quantization}` : 'none',
      `${plan.mostThreads}`,
      `${plan.sequences} x ${plan.contextTokens}`,
      `${plan.memory.neededMib} of ${plan.memory.freeForUsMib}`,
      rates(plan.model),
      plan.larger ? `${plan.larger.name} ${plan.larger.quantization}` : 'none',
      plan.larger ? `${plan.larger.memoryMib}` : '',
      plan.larger ? `${plan.larger.contextTokens}` : '',
      `${rates(plan.larger)}${plan.larger?.offload === 'cuda' ? ' on the GPU' : ''}`,
    ]
  })
  return `${GENERATED}# What each board would run

One row a board of \`test/fixtures/boards/\`: files composed from published facts, not recorded on hardware. The model for
commands ships with Fieldmouse; the larger one for free answers would have to be installed, and nothing answers free
questions yet. Rates are tokens a second, read and written, computed from the profile's figures; on the board itself a
measurement takes their place (\`fieldmouse doctor --measure\`). Memory is in MiB.

${table(HEAD, rows)}`
}

const HEAD = [
  'board',
  'profile',
  'memory',
  'commands',
  'most threads',
  'sequences x context',
  'needed',
  'reads / writes',
  'free answers',
  'memory',
  'context',
  'reads / writes',
]

const rates = (model: PlannedModel | undefined): string =>
  model?.rates ? `${tps(model.rates.prefillTps)} / ${tps(model.rates.decodeTps)}` : ''

async function survey(name: string): Promise<{ name: string; board: Board }> {
  const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-board-'))
  try {
    const where = layBoard(name, join(folder, 'root'))
    return {
      name,
      board: await surveyBoard({ ...where, dataDir: '/var/lib/fieldmouse', profiles: shippedProfiles() }),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
