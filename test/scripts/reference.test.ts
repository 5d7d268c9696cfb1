import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../daemon/config/load.js'
import { sections } from '../../daemon/config/options.js'
import { sampleFile } from '../../scripts/docs/config-page.js'
import { outdated } from '../../scripts/docs/reference.js'

t.test('the committed reference pages are what the code says', async t => {
  t.strictSame(
    (await outdated()).map(({ path }) => path),
    [],
    'npm run docs writes them',
  )
})

t.test('the sample file is taken as it is, and with every default uncommented', async t => {
  const folder = t.testdir({
    'sample.yaml': sampleFile(),
    'all.yaml': sampleFile().replace(/^( *)# ([a-z_0-9]+: ?[^ \n]+)$/gm, '$1$2'),
  })
  const defaults = loadConfig({ env: {}, cwd: folder }).config
  for (const file of ['sample.yaml', 'all.yaml']) {
    const { config } = loadConfig({ env: { FIELDMOUSE_CONFIG: join(folder, file) }, cwd: folder })
    t.strictSame(config, defaults, file)
  }
  for (const { name, options } of sections()) {
    if (name) t.match(sampleFile(), new RegExp(`^${name}:$`, 'm'))
    for (const { path } of options)
      t.match(sampleFile(), new RegExp(`^ *(# +)?${path.split('.').at(-1)}:`, 'm'), path)
  }
})
