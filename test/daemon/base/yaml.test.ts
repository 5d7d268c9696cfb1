import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { packageFile } from '../../../daemon/base/package-root.js'
import { hashOf, parsedPath, parseYaml, readYaml } from '../../../daemon/base/yaml.js'

/** A file of the package as tests may have it: below dist/, which the build makes anew. */
const FILE = packageFile('dist', `yaml-test-${process.pid}.yaml`)
const PARSED = parsedPath(FILE)!
t.teardown(() => {
  rmSync(FILE, { force: true })
  rmSync(dirname(PARSED), { recursive: true, force: true })
})

function keep(parsed: string): void {
  mkdirSync(dirname(PARSED), { recursive: true })
  writeFileSync(PARSED, parsed)
}

t.test('what the build has read is used for as long as the file says the same', async t => {
  const text = 'a: [1, two]\n'
  writeFileSync(FILE, text)
  rmSync(PARSED, { force: true })
  t.same(readYaml(FILE), { a: [1, 'two'] }, 'without a build')
  keep(JSON.stringify({ of: hashOf(text), value: { a: 'by the build' } }))
  t.same(readYaml(FILE), { a: 'by the build' })
  writeFileSync(FILE, 'a: 3\n')
  t.same(readYaml(FILE), { a: 3 }, 'edited since')
  keep('{')
  t.same(readYaml(FILE), { a: 3 }, 'a file of the build that is damaged')
})

t.test('files that are not of the package are parsed; what is wrong is said', async t => {
  const folder = t.testdir({ 'good.yaml': 'x: 1', 'bad.yaml': 'x: [1' })
  t.equal(parsedPath('/etc/fieldmouse/home.yaml'), undefined)
  t.same(readYaml(join(folder, 'good.yaml')), { x: 1 })
  t.throws(() => readYaml(join(folder, 'bad.yaml')), /line 1/)
  t.throws(() => readYaml(join(folder, 'none.yaml')), { code: 'ENOENT' })
})

const CORES = packageFile('device-profiles', 'cores.yaml')
const built = existsSync(parsedPath(CORES)!) ? {} : { skip: 'npm run build' }

t.test('the build has read the files as they are', built, async t => {
  const text = readFileSync(CORES, 'utf8')
  t.same(JSON.parse(readFileSync(parsedPath(CORES)!, 'utf8')), { of: hashOf(text), value: parseYaml(text) })
})
