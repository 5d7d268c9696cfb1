import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { codeOf } from '../../daemon/base/errors.js'
import { packageFile } from '../../daemon/base/package-root.js'
import { explainModel } from '../../daemon/cli/models.js'
import { loadConfig } from '../../daemon/config/load.js'
import { FACTORY_FAMILIES, factoryModelOf } from '../../daemon/factory.js'
import { checkGguf } from '../../daemon/inference/gguf.js'
import { factoryLineModel, lineModelFile } from '../../daemon/line-model.js'
import { factoryModel } from '../../daemon/main.js'
import { mainFile } from '../../ota/format/target.js'

/** A copy of what ships, without the models: the lookup reads metadata only. */
function copyOf(t: Test): { folder: string; targets: string } {
  const folder = t.testdir()
  cpSync(packageFile('ota', 'factory', 'metadata'), join(folder, 'metadata'), { recursive: true })
  const name = readdirSync(join(folder, 'metadata')).find(n => n.endsWith('.targets.json'))!
  return { folder, targets: join(folder, 'metadata', name) }
}

t.test('each model that ships is whole, is what was signed, and says the same of itself', async t => {
  for (const family of FACTORY_FAMILIES) {
    const model = factoryModelOf(family)
    const header = await checkGguf(model.files.model, { sha256: model.sha256 })
    t.equal(statSync(model.files.model).size, model.length)
    t.equal(header.metadata.get('general.version'), model.version)
    t.equal(header.metadata.get('general.name'), `fieldmouse-${family}`)
    for (const path of Object.values(model.files)) t.ok(existsSync(path), path)
    t.match(readFileSync(model.files.card!, 'utf8'), `# fieldmouse-${family} ${model.version}\n`)
  }
})

t.test('the daemon finds its models by it', async t => {
  t.equal(factoryModel(), factoryModelOf('command').files.model)
  t.equal(factoryLineModel(), factoryModelOf('line').files.model)
  const { config } = loadConfig({ env: {}, cwd: t.testdir() })
  const { files, sha256 } = factoryModelOf('line')
  t.strictSame(lineModelFile(config), { path: files.model, sha256 })
})

t.test('`models explain` shows what was signed', async t => {
  const said = await explainModel({ data: t.testdir() }, 'fieldmouse-command')
  const { version, release, sha256, promise } = factoryModelOf('command')
  t.match(said, `ships: command ${version}, release ${release}, SHA-256 ${sha256.slice(0, 16)}…`)
  for (const [name, says] of Object.entries(promise.evaluation)) t.match(said, `${name} ${says}`)
})

t.test('the newest metadata counts', async t => {
  const { folder, targets } = copyOf(t)
  const { version } = factoryModelOf('command')
  const text = readFileSync(targets, 'utf8').replaceAll(`"version": "${version}"`, '"version": "99.0.0"')
  writeFileSync(join(folder, 'metadata', '1000.targets.json'), text)
  t.equal(factoryModelOf('command', folder).version, '99.0.0')
})

t.test('a damaged package is said to be one', async t => {
  const damages: [string, RegExp, (place: { folder: string; targets: string }) => void][] = [
    ['no repository', /ENOENT/, ({ folder }) => rmSync(join(folder, 'metadata'), { recursive: true })],
    ['an empty one', /no metadata of targets/, ({ targets }) => rmSync(targets)],
    ['a torn file', /JSON/, ({ targets }) => writeFileSync(targets, readFileSync(targets).subarray(0, 999))],
    [
      'no target of the family',
      /no target/,
      ({ targets }) => writeFileSync(targets, '{"signed":{"targets":{}}}'),
    ],
    ['other JSON', /expected object, received array/, ({ targets }) => writeFileSync(targets, '[]')],
    [
      'a folder in the place of the file',
      /EISDIR/,
      ({ targets }) => {
        rmSync(targets)
        mkdirSync(targets)
      },
    ],
    [
      'a promise without a model',
      /exactly one file/,
      ({ targets }) =>
        writeFileSync(
          targets,
          readFileSync(targets, 'utf8').replaceAll('"role": "model"', '"role": "prompt"'),
        ),
    ],
    [
      'a path that leads out',
      /leads out/,
      ({ targets }) =>
        writeFileSync(
          targets,
          readFileSync(targets, 'utf8').replaceAll(
            mainFile(factoryModelOf('command').promise).path,
            '../../../x.gguf',
          ),
        ),
    ],
  ]
  for (const [what, problem, damage] of damages)
    await t.test(what, async t => {
      const place = copyOf(t)
      damage(place)
      const { code, message, remedy } = await refused(() => factoryModelOf('command', place.folder))
      t.equal(code, 'factory_damaged')
      t.match(message, problem)
      t.match(remedy, /Install the package again/)
    })
})

t.test('whatever bytes are damaged: a model with files inside of the folder, or a refusal', async t => {
  const { folder, targets } = copyOf(t)
  const whole = readFileSync(targets)
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), fc.nat(64), (at, byte, cut) => {
      const bytes = Buffer.from(whole)
      bytes[at] = byte
      writeFileSync(
        targets,
        Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at + 1 + (cut > 60 ? cut : 0))]),
      )
      try {
        const { files } = factoryModelOf('line', folder)
        for (const path of Object.values(files))
          if (!path.startsWith(join(folder, 'targets', '/'))) return false
        return true
      } catch (error) {
        return codeOf(error) === 'factory_damaged'
      }
    }),
    { numRuns: 500 },
  )
})

async function refused(work: () => unknown): Promise<{ code?: string; message: string; remedy: string }> {
  try {
    work()
  } catch (error) {
    return error as never
  }
  throw new Error('it was taken')
}
