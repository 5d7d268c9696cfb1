import { CONFIG_VARIABLE, flagName, OVERRIDES } from '../../daemon/config/environment.js'
import { type Option, sections } from '../../daemon/config/options.js'
import { code, GENERATED, table } from './markdown.js'

/** docs/reference/config.md */
export function configPage(): string {
  const parts = sections().map(({ name, sentence, options }) => {
    const title = name ? `## ${code(name)}\n\n${sentence}` : '## Top level'
    const rows = options.map(o => [
      code(o.path),
      o.type,
      o.default === undefined ? '' : code(o.default),
      o.sentence,
    ])
    return `${title}\n\n${table(['option', 'takes', 'default', ''], rows)}`
  })
  const variables = [
    [code(CONFIG_VARIABLE.variable), code('--config'), CONFIG_VARIABLE.sentence],
    ...OVERRIDES.map(o => [code(o.variable), code(flagName(o.flag)), o.sentence]),
  ]
  return `${GENERATED}# Configuration

A YAML file, named by \`--config\` or \`FIELDMOUSE_CONFIG\`. Variables go before the file, flags before variables.
[config.sample.yaml](config.sample.yaml) holds every option with its default. Names end in their unit. An unknown option
is refused, and the nearest known one is named.

## Variables and flags

${table(['variable', 'flag', ''], variables)}
${parts.join('\n')}`
}

/** docs/reference/config.sample.yaml: every option, commented out, with its default. */
export function sampleFile(): string {
  const lines = [
    '# Every option of Fieldmouse. Remove the # before what you want to change; what is commented out has its default.',
    '# Printed by `npm run docs` from daemon/config/schema.ts.',
  ]
  for (const { name, sentence, options } of sections()) {
    lines.push('')
    if (name) lines.push(`# ${sentence}`, `${name}:`)
    const indent = name ? '  ' : ''
    for (const option of options) lines.push(...sampleOption(option, indent))
  }
  return `${lines.join('\n')}\n`
}

function sampleOption(option: Option, indent: string): string[] {
  const steps = option.path.split('.')
  const key = steps.at(-1)
  const value = option.default === undefined ? '' : ` ${option.default.replace(/^"([\w./-]+)"$/, '$1')}`
  const says = `# ${option.sentence} (${option.type})`
  const inner = indent === '' ? '' : indent.repeat(steps.length - 1)
  // below a list: what an entry may hold, to be read, since an entry begins with a dash
  if (option.path.includes('[]')) return [`${inner}# ${says.slice(2)}`, `${inner}#   ${key}:${value}`]
  if (option.type === 'a section of options') return [`${inner}# ${option.sentence}`, `${inner}${key}:`]
  return [`${inner}${says}`, `${inner}# ${key}:${value}`]
}
