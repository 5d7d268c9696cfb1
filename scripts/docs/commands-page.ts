import type { Command } from 'commander'
import { program } from '../../daemon/cli/program.js'
import { registerOta } from '../../ota/cli.js'
import { code, GENERATED, table } from './markdown.js'

/** docs/reference/commands.md, from the program itself. */
export function commandsPage(): string {
  const shell = { out: () => {}, err: () => {}, signal: new AbortController().signal }
  const root = program(shell, () => {})
  const nothing = () => Promise.reject(new Error('nothing is run here'))
  const ota = root.commands.find(command => command.name() === 'ota')!
  registerOta(ota, { ...shell, openChannel: nothing, judgeAdapter: nothing, shipped: nothing }, () => {})
  return `${GENERATED}# Commands on the shell

Exit status: 0 done, 1 failed, 2 misused. Data goes to standard output, everything for people to standard error.

${root.commands.flatMap(command => describe(command, 'fieldmouse')).join('\n')}`
}

function describe(command: Command, before: string): string[] {
  const name = `${before} ${command.name()}`
  if (command.commands.length > 0) return command.commands.flatMap(inner => describe(inner, name))
  const words = command.registeredArguments
    .map(a => (a.variadic ? `${a.name()}...` : a.name()))
    .map(a => ` <${a}>`)
    .join('')
  const options = command.options.map(o => [
    code(o.flags),
    `${o.description}${o.mandatory ? ' (needed)' : ''}`,
    o.defaultValue === undefined ? '' : code(String(o.defaultValue)),
  ])
  const rows = options.length > 0 ? `\n${table(['option', '', 'default'], options)}` : ''
  return [`## ${code(`${name}${words}`)}\n\n${sentence(command.description())}\n${rows}`]
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
