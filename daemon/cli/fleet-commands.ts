/** `fieldmouse fleet ...`: words, options and help of what an operator of many devices asks. */
import { type Command, Option } from 'commander'
import type { OrderWord } from '../../ota/format/rollout.js'
import type { FleetFlags } from './fleet-link.js'
import type { Finish, Shell } from './program.js'

interface FleetOptions extends FleetFlags {
  json?: boolean
  devices?: boolean
  dryRun?: boolean
  takeOver?: boolean
  repository?: string
}

const ORDERS: readonly (readonly [command: string, word: OrderWord, description: string])[] = [
  ['pause', 'pause', 'nobody new is told; devices under way go on'],
  ['resume', 'resume', 'go on with what was paused or stopped; what went wrong before counts no more'],
  ['approve', 'approve', 'open the next wave, where the file says `approval: by_hand`'],
  ['stop', 'stop', 'stop it; devices under way are told to keep what runs (see `in_progress_on_stop`)'],
  ['go-back', 'go_back', 'send every device back that was told to take the model'],
]

/** @param fleet the command that they belong to */
export function fleetCommands(fleet: Command, shell: Shell, finish: Finish): void {
  const add = (usage: string, description: string, options: Option[] = []) => {
    const added = fleet.command(usage).description(description)
    for (const option of [...WHICH, ...options, JSON_LINES]) added.addOption(option)
    return added
  }
  const askOf = ({
    json: _j,
    devices: _d,
    dryRun: _r,
    takeOver: _t,
    repository: _p,
    ...flags
  }: FleetOptions) => {
    const odd = new Set<string>()
    return {
      flags,
      signal: shell.signal,
      // each once: a device that says it wrong says it again and again
      onOdd: (what: string, problem: string) => {
        const line = JSON.stringify(`${what}: ${problem}`).slice(1, -1)
        if (odd.size < 100 && !odd.has(line)) shell.err(line)
        odd.add(line)
      },
    }
  }
  const load = async () => {
    const [plans, rollouts, say] = await Promise.all([
      import('./fleet-plan.js'),
      import('./fleet.js'),
      import('./say-fleet.js'),
    ])
    return { ...plans, ...rollouts, ...say }
  }
  const line = (value: unknown) => shell.out(JSON.stringify(value))

  add('ls', 'all rollouts, and where each stands').action(async (o: FleetOptions) => {
    const { listRollouts, sayRollouts } = await load()
    const rows = await listRollouts(askOf(o))
    if (o.json) for (const row of rows) line(row)
    else shell.out(sayRollouts(rows))
    finish(0)
  })

  add(
    'devices',
    'all devices that were heard of: board, models by version, update, when they were heard last',
  ).action(async (o: FleetOptions) => {
    const { listDevices, sayDevices } = await load()
    const devices = await listDevices(askOf(o))
    if (o.json) for (const device of devices) line(device)
    else shell.out(sayDevices(devices))
    finish(0)
  })

  add(
    'hold [devices...]',
    'devices for which nothing is desired are told to keep what they run; ids or patterns, else all',
    [new Option('--family <name...>', 'only these models; default: all')],
  ).action(async (who: string[], { family, ...o }: FleetOptions & { family?: string[] }) => {
    const { holdDevices } = await load()
    const told = await holdDevices(who, family, askOf(o))
    if (o.json) for (const device of told) line({ device })
    else shell.out(`${told.length} devices were told to keep what they run`)
    finish(0)
  })

  add('status <name>', 'one rollout: waves, counts, why it stands where it stands, devices in trouble', [
    new Option('--devices', 'every device'),
  ]).action(async (name: string, o: FleetOptions) => {
    const { statusOf, sayRollout } = await load()
    const { row, turn } = await statusOf(name, askOf(o))
    if (o.json) {
      line(row)
      if (o.devices) for (const [device, standing] of turn.standings) line({ device, ...standing })
    } else shell.out(sayRollout(row, turn, o.devices ?? false))
    finish(0)
  })

  add('start <file>', 'begin the rollout of a file (YAML) or go on with it, until it is done or stopped', [
    new Option('--repository <folder>', 'the published repository, to look up version, release or path'),
    new Option('--dry-run', 'say who would be told what; publish nothing'),
    new Option('--take-over', 'though another program carries it out: that one ends'),
  ]).action(async (file: string, o: FleetOptions) => {
    const { readPlan, dryRun, startRollout, sayDryRun, sayEvent } = await load()
    const plan = await readPlan(file, o.repository)
    if (o.dryRun) {
      const found = await dryRun(plan, askOf(o))
      if (o.json) line(found)
      else shell.out(sayDryRun(found))
      return finish(0)
    }
    let told = ''
    const { record } = await startRollout(plan, {
      ...askOf(o),
      takeOver: o.takeOver ?? false,
      onEvent: event => {
        if (o.json) return line(event)
        const text = sayEvent(event)
        if (text !== undefined && text !== told) shell.err(text)
        told = text ?? told
      },
    })
    const { phase, reason } = record
    if (shell.signal.aborted) shell.err(`${plan.name} goes on with \`fieldmouse fleet start ${file}\``)
    else if (!o.json) shell.out(`${phase.replace('_', ' ')}${reason ? `: ${reason.message}` : ''}`)
    finish(phase === 'done' ? 0 : 1)
  })

  for (const [command, word, description] of ORDERS)
    add(`${command} <name>`, description).action(async (name: string, o: FleetOptions) => {
      const { orderRollout, sayEvent } = await load()
      const { record, isCarriedOut } = await orderRollout(name, word, {
        ...askOf(o),
        onEvent: event => {
          const text = sayEvent(event)
          if (text !== undefined) shell.err(text)
        },
      })
      const { phase, reason } = record
      if (o.json) line({ name, phase, ...(reason ? { reason } : {}), carried_out: isCarriedOut })
      else {
        shell.out(`${name} is ${phase.replace('_', ' ')}${reason ? `: ${reason.message}` : ''}`)
        if (phase === 'running' && !isCarriedOut)
          shell.err('nobody carries it out now: `fieldmouse fleet start FILE` goes on with it')
      }
      // interrupted before every device had gone back, or some did not
      const isShort = (phase === 'going_back' && !isCarriedOut) || reason?.code === 'not_all_gone_back'
      finish(isShort ? 1 : 0)
    })

  add(
    'watch <name>',
    'follow a rollout that another program carries out, until it is done or stopped',
  ).action(async (name: string, o: FleetOptions) => {
    const { watchRollout, sayCounts } = await load()
    const record = await watchRollout(name, {
      ...askOf(o),
      onNews: row => {
        if (o.json) return line(row)
        const { phase, waves, plan } = row.record
        shell.out(
          `${phase.replace('_', ' ')}, wave ${waves.length} of ${plan.waves.length}: ${sayCounts(row.counts)}`,
        )
      },
    })
    finish(record.phase === 'done' ? 0 : 1)
  })

  add('forget <name>', 'take back what is kept of a rollout; devices keep what they were told').action(
    async (name: string, o: FleetOptions) => {
      const { forgetRollout } = await load()
      await forgetRollout(name, askOf(o))
      finish(0)
    },
  )
}

const JSON_LINES = new Option('--json', 'print JSON Lines')
const WHICH = [
  new Option('--config <file>', 'configuration file (YAML)'),
  new Option('--broker <address>', 'a URL, or embedded:PORT'),
  new Option('--data <folder>', 'folder for state: rollouts and keys of devices are kept in fleet/'),
  new Option('--keys <file>', 'public keys of devices; default: fleet/keys.json of that folder'),
]
