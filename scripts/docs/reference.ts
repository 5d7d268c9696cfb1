/**
 * Prints docs/reference/, docs/attacks.md and device-profiles/schema/ from the code that they describe.
 *
 *   node dist/scripts/docs/reference.js           writes what differs
 *   node dist/scripts/docs/reference.js --check   writes nothing, fails when something differs
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../../daemon/base/package-root.js'
import { z } from '../../daemon/base/schema.js'
import { BoardSchema, CoresSchema, ModelSchema } from '../../device-profiles/schema.js'
import { attacksPage } from './attacks-page.js'
import { commandsPage } from './commands-page.js'
import { configPage, sampleFile } from './config-page.js'
import { errorsPage } from './errors-page.js'
import { observabilityPage } from './observability-page.js'
import { plansPage } from './plans-page.js'
import { rolloutPage } from './rollout-page.js'
import { topicsPage } from './topics-page.js'

/** Every generated file: path in the repository -> content. */
export async function pages(): Promise<Map<string, string>> {
  const json = (schema: z.ZodType) => `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`
  return new Map([
    ['docs/reference/config.md', configPage()],
    ['docs/reference/config.sample.yaml', sampleFile()],
    ['docs/reference/errors.md', await errorsPage()],
    ['docs/reference/topics.md', topicsPage()],
    ['docs/reference/commands.md', commandsPage()],
    ['docs/reference/rollout.md', rolloutPage()],
    ['docs/reference/observability.md', observabilityPage()],
    ['docs/reference/plans.md', await plansPage()],
    ['docs/attacks.md', attacksPage()],
    ['device-profiles/schema/board.json', json(BoardSchema)],
    ['device-profiles/schema/model.json', json(ModelSchema)],
    ['device-profiles/schema/cores.json', json(CoresSchema)],
  ])
}

/** The generated files that are not what the code says now. */
export async function outdated(root: string = packageRoot()): Promise<{ path: string; content: string }[]> {
  return [...(await pages())]
    .map(([path, content]) => ({ path, content }))
    .filter(({ path, content }) => {
      const file = join(root, path)
      return !existsSync(file) || readFileSync(file, 'utf8') !== content
    })
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const differing = await outdated()
  const check = process.argv.includes('--check')
  for (const { path, content } of differing) {
    console.log(`${check ? 'differs' : 'written'}: ${path}`)
    if (check) continue
    const file = join(packageRoot(), path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  if (differing.length === 0) console.log('The generated pages are what the code says.')
  else if (check) {
    console.log('Run `npm run docs` and commit what it writes.')
    process.exitCode = 1
  }
}
