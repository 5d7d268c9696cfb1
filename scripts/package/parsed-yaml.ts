/** The last step of the build: what the YAML files of the package say, as JSON beside the compiled code (daemon/base/yaml.ts). */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { packageFile } from '../../daemon/base/package-root.js'
import { hashOf, type ParsedYaml, parsedPath, parseYaml } from '../../daemon/base/yaml.js'

for (const room of ['daemon', 'device-profiles'])
  for (const name of readdirSync(packageFile(room), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.yaml')) continue
    const path = join(packageFile(room), name)
    const text = readFileSync(path, 'utf8')
    const parsed: ParsedYaml = { of: hashOf(text), value: parseYaml(text) }
    const json = JSON.stringify(parsed)
    // infinity and the like: such a file is parsed at each start
    if (!isDeepStrictEqual(JSON.parse(json), parsed)) continue
    const to = parsedPath(path)!
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, json)
  }
