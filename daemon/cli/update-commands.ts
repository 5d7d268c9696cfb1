/** `fieldmouse ota status|check|apply|rollback|pin|...`: what an owner asks of one device. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Flags } from '../config/environment.js'
import type { Finish, Shell } from './program.js'
import type { Until } from './updates.js'

interface UpdateFlags extends Flags {
  family?: string
  wait?: boolean
  until?: Until
  timeout: number
  json?: boolean
}

const WORDS = [
  ['check', 'look into the repository now'],
  ['apply', 'look now, and let what is found take over without waiting for hours or approval'],
  ['rollback', 'back to the model before, which is remembered as bad'],
  ['pin', 'keep what runs, whatever the repository offers'],
  ['unpin', 'take new models again'],
] as const

/** @param ota the command that they belong to */
export function updateCommands(ota: Command, shell: Shell, finish: Finish): void {
  ota.commandsGroup('This device:')
  const add = (usage: string, description: string, options: Option[] = []) => {
    const added = ota.command(usage).description(description)
    for (const option of [...WHICH, ...options]) added.addOption(option)
    return added
  }
  const ask = async (command: { do: string; sha256?: string }, o: UpdateFlags) => {
    const { family, wait, until, timeout, json, ...flags } = o
    const { askUpdates, sayUpdates } = await import('./updates.js')
    const answer = await askUpdates({
      command: { ...command, ...(family === undefined ? {} : { family }) },
      follow: wait || until ? (until ?? 'confirmed') : undefined,
      timeoutMs: timeout,
      flags,
      signal: shell.signal,
      onProgress: line => shell.err(line),
    })
    if ('refused' in answer) {
      shell.out(json ? JSON.stringify(answer.refused) : answer.refused.message)
      if (!json) shell.err(`  -> ${answer.refused.remedy}`)
      return finish(1)
    }
    const { updates, isLive } = answer
    if (!isLive) shell.err('no daemon answers; this is what it left on the disk')
    shell.out(json ? JSON.stringify(updates, null, 2) : sayUpdates(updates))
    // who asked for the way back got what was asked for
    const wentWrong = answer.wentBack && command.do !== 'rollback'
    finish((wait || until) && (wentWrong || updates.models.some(m => m.state === 'failed')) ? 1 : 0)
  }
  add('status', 'where the updates of this device stand').action((o: UpdateFlags) => ask({ do: 'status' }, o))
  for (const [word, description] of WORDS)
    add(word, description, [WAIT, UNTIL]).action((o: UpdateFlags) => ask({ do: word }, o))
  add('forgive <sha256>', 'let a model that did badly here be tried again; the first digits will do', [
    WAIT,
    UNTIL,
  ]).action((sha256: string, o: UpdateFlags) => ask({ do: 'forgive', sha256 }, o))
}

const WAIT = new Option('--wait', 'follow it until it rests; exit 1 when it failed or went back')
const UNTIL = new Option(
  '--until <state>',
  'follow it until a new model answers (active), or is good as well (confirmed: what --wait does)',
).choices(['active', 'confirmed'])
const WHICH = [
  new Option('--config <file>', 'configuration file (YAML)'),
  new Option('--id <name>', 'name of the device'),
  new Option('--broker <address>', 'a URL, or embedded:PORT'),
  new Option('--data <folder>', 'folder for state, read where no daemon answers'),
  new Option('--family <name>', 'only this model: command, line, classifier'),
  new Option(
    '--timeout <ms>',
    'how long to wait for an answer, and with --wait without any progress; the time for which a model is watched does not count',
  )
    .argParser(text => {
      const ms = Number(text)
      if (!Number.isInteger(ms) || ms < 1 || ms > 3_600_000)
        throw new InvalidArgumentError('Expected a whole number of milliseconds, 1 to 3600000.')
      return ms
    })
    .default(60_000),
  new Option('--json', 'print JSON'),
]
