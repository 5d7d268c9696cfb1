import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { FieldmouseError } from '../../../daemon/base/errors.js'
import { packageFile, packageRoot, packageVersion } from '../../../daemon/base/package-root.js'
import { readConfigText } from '../../../daemon/config/file.js'
import { type Environment, loadConfig } from '../../../daemon/config/load.js'
import { editDistance, nearest } from '../../../daemon/config/nearest.js'
import { sections } from '../../../daemon/config/options.js'

function loaderFor(test: Test) {
  const load = (yaml: string, env: Environment = {}) => {
    const folder = test.testdir({ 'mouse.yaml': yaml })
    return loadConfig({ env: { FIELDMOUSE_CONFIG: join(folder, 'mouse.yaml'), ...env }, cwd: folder })
  }
  const refused = (yaml: string, env: Environment = {}): FieldmouseError => {
    try {
      load(yaml, env)
    } catch (error) {
      if (error instanceof FieldmouseError) return error
      throw error
    }
    throw new Error(`was taken: ${yaml}`)
  }
  return { load, refused }
}

t.test('without a file every option has its default and the demo home is used', async t => {
  const { config, file, overrides, warnings } = loadConfig({ env: {}, cwd: '/somewhere' })
  t.equal(file, undefined)
  t.equal(overrides.size, 0)
  t.strictSame(warnings, [])
  t.match(config, {
    id: 'demo',
    rootTopic: 'fieldmouse',
    dataDir: '/somewhere/.fieldmouse',
    broker: { kind: 'embedded', port: 1883, program: 'auto', clientId: 'fieldmouse-demo', groups: [] },
    home: { discovery: 'on', discoveryPrefix: 'homeassistant' },
    demo: { virtualDevices: true },
    log: { level: 'info', format: 'auto' },
  })
  t.equal(config.home.file, packageFile('daemon', 'config', 'demo', 'home.yaml'))
  t.throws(() => Object.assign(config.broker, { port: 1 }), 'the configuration is frozen')
})

t.test('a file sets options; its paths start at its folder; empty options count as not written', async t => {
  const { load } = loaderFor(t)
  const { config, file } = load(
    'id: barn\nhome: {file: homes/barn.yaml}\nbroker:\nmodel:\n  file:\nrequests: {queue_length: 5}\ndata_dir: state\n',
  )
  const folder = join(file!, '..')
  t.equal(config.home.file, join(folder, 'homes/barn.yaml'))
  t.equal(config.dataDir, join(folder, 'state'))
  t.equal(config.requests.queueLength, 5)
  t.equal(config.model.file, undefined)
  t.equal(config.demo.virtualDevices, false, 'only the demo home is pretended')
})

t.test('the environment goes before the file, flags before the environment', async t => {
  const folder = t.testdir({ 'mouse.yaml': 'id: from-file\nlog: {level: warn}\nbroker: {port: 2000}' })
  const env = {
    FIELDMOUSE_CONFIG: join(folder, 'mouse.yaml'),
    FIELDMOUSE_ID: 'from-env',
    FIELDMOUSE_BROKER: 'mqtts://broker.example:8883',
    FIELDMOUSE_DATA: 'state',
  }
  const { config, overrides } = loadConfig({ env, flags: { id: 'from-flag' }, cwd: '/run' })
  t.equal(config.id, 'from-flag')
  t.equal(config.log.level, 'warn')
  t.match(config.broker, { kind: 'external', url: 'mqtts://broker.example:8883' })
  t.equal(config.dataDir, '/run/state', 'paths of the environment start at the current folder')
  t.equal(overrides.get('id'), '--id')
  t.equal(overrides.get('broker.url'), 'FIELDMOUSE_BROKER')
  const embedded = loadConfig({ env: { ...env, FIELDMOUSE_BROKER: 'embedded:1999' } }).config
  t.match(embedded.broker, { kind: 'embedded', port: 1999, url: undefined })
  t.equal(loadConfig({ env: { ...env, FIELDMOUSE_BROKER: 'embedded' } }).config.broker.port, 2000)
  t.equal(loadConfig({ env: { FIELDMOUSE_ID: '' } }).config.id, 'demo', 'an empty variable is none')
})

t.test('an unknown key is refused with the nearest known one and its line', async t => {
  const { refused } = loaderFor(t)
  const typo = refused('id: barn\nrequests:\n  queue_lenght: 5\n')
  t.equal(typo.code, 'config_unknown_key')
  t.match(typo.message, /mouse\.yaml, line 3: .*"requests\.queue_lenght"; did you mean "queue_length"\?/)
  t.match(refused('brokr: {}').message, /line 1: .*did you mean "broker"\?/)
  t.match(refused('broker: {clientId: a}').message, /did you mean "client_id"\?/)
  t.match(refused('log: {colour_of_the_sky: blue}').message, /known here: level, format/)
  t.match(refused('__proto__: {id: x}').code, /config_unknown_key/)
})

t.test('a wrong value is refused with its path, what was expected, what came, and where', async t => {
  const { refused } = loaderFor(t)
  const cases: [string, RegExp][] = [
    [
      'requests: {queue_length: many}',
      /line 1: requests\.queue_length: expected a whole number from 1 to 10000, got "many"/,
    ],
    ['\nbroker:\n  port: 70000', /line 3: broker\.port: expected a whole number from 0 to 65535, got 70000/],
    ['broker: mosquitto', /broker: expected a section of options, got "mosquitto"/],
    ['log: {level: loud}', /expected one of trace, debug, info, warn, error, silent, got "loud"/],
    ['model: {threads: none}', /expected auto or a whole number from 1 to 256, got "none"/],
    ['broker: {groups: barn}', /broker\.groups: expected a list of names, got "barn"/],
    ['broker: {groups: [a, 3]}', /broker\.groups\.1: expected text, got 3/],
    ['id: a/b', /id: expected 1 to 64 letters/],
    ['id: group', /taken by the topic tree/],
    ['root_topic: a/#', /without wildcards/],
    ['demo: {virtual_devices: "yes"}', /expected true or false, got "yes"/],
    ['broker: {kind: external}', /broker\.url must say where/],
    ['broker: {url: "mqtt://h"}', /broker\.kind is embedded/],
    ['broker: {cert_file: a.pem}', /go together/],
    [`model: {sha256: ${'a'.repeat(64)}}`, /needs model\.file/],
    ['id: barn\n  bad: indent', /line [12]:/],
    ['- a list', /expected sections/],
    ['just words', /expected sections/],
  ]
  for (const [yaml, message] of cases) {
    const error = refused(yaml)
    t.match(error.message, message, yaml)
    t.ok(error.remedy)
  }
  t.match(
    refused('', { FIELDMOUSE_BROKER: 'localhost' }).message,
    /^FIELDMOUSE_BROKER: broker\.url: expected mqtt/,
  )
  t.match(refused('', { FIELDMOUSE_BROKER: 'embedded:x' }).message, /FIELDMOUSE_BROKER: broker\.port/)
  t.notMatch(refused('', { FIELDMOUSE_BROKER: 'mqt://joe:secret@host' }).message, /secret/)
  t.throws(() => loadConfig({ env: { FIELDMOUSE_CONFIG: '/nowhere/a.yaml' } }), { code: 'config_unreadable' })
})

t.test('variables nobody reads are told of', async t => {
  const { warnings } = loadConfig({ env: { FIELDMOUSE_BROKR: 'x', FIELDMOUSE_WEATHER: 'y', HOME: '/' } })
  t.match(warnings, [
    /FIELDMOUSE_BROKR .*did you mean FIELDMOUSE_BROKER\?/,
    /FIELDMOUSE_WEATHER is not read$/,
  ])
})

t.test('arbitrary YAML, text and environment never throw anything but an error with a remedy', async t => {
  const folder = t.testdir({})
  const key = fc.oneof(
    fc.constantFrom(
      'id',
      'broker',
      'port',
      'groups',
      'home',
      'file',
      'model',
      'threads',
      'log',
      '__proto__',
      'data_dir',
    ),
    fc.string({ maxLength: 8 }),
  )
  const value = fc.letrec(tie => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.dictionary(key, tie('any'), { maxKeys: 4 }),
      fc.constantFrom('embedded', 'external', 'mqtt://h:1', 'auto', 1883),
    ),
  })).any
  const attempt = (text: string, env: Environment) => {
    try {
      readConfigText(text, 'f.yaml')
    } catch (error) {
      if (!(error instanceof FieldmouseError)) throw error
    }
    writeFileSync(join(folder, 'f.yaml'), text)
    try {
      loadConfig({ env: { ...env, FIELDMOUSE_CONFIG: join(folder, 'f.yaml') }, cwd: folder })
    } catch (error) {
      if (!(error instanceof FieldmouseError) || !error.remedy) throw error
    }
  }
  fc.assert(
    fc.property(value, fc.string(), (v, broker) => attempt(JSON.stringify(v), { FIELDMOUSE_BROKER: broker })),
    { numRuns: 300 },
  )
  const fragment = fc.constantFrom(
    ...[
      'broker',
      ':',
      ' ',
      '\n',
      '  ',
      '- ',
      '&a',
      '*a',
      '<<',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '|',
      '!!set',
      '? ',
      '#',
      '%',
      '---',
      'port',
      '1e9',
      '\t',
      '\u0000',
    ],
  )
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 30 }), parts => attempt(parts.join(''), {})),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => attempt(text, {})),
    { numRuns: 300 },
  )
  const bomb = `a: &a [x,x,x,x,x,x,x,x]\n${'bcdefgh'
    .split('')
    .map((c, i) => `${c}: &${c} [${Array(8).fill(`*${'abcdefg'[i]}`).join(',')}]`)
    .join('\n')}`
  attempt(bomb, {})
})

t.test('every option has a sentence', async t => {
  for (const section of sections())
    for (const option of section.options) {
      t.ok(option.sentence.endsWith('.'), option.path)
      t.ok(option.type, option.path)
    }
})

t.test('the nearest word is the one with the fewest slips', async t => {
  t.equal(editDistance('kitten', 'sitting'), 3)
  t.equal(editDistance('prot', 'port'), 1, 'neighbours swapped are one slip')
  t.equal(nearest('prot', ['port', 'program']), 'port')
  t.equal(nearest('weather', ['port', 'program']), undefined)
})

t.test('the package finds itself', async t => {
  t.match(packageVersion(), /^\d+\.\d+\.\d+/)
  t.throws(() => packageRoot('file:///nowhere/at/all.js'), { code: 'package_root_missing' })
})
