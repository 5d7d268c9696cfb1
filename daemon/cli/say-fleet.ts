/** Rollouts and devices as tables for people. */
import { COUNTS, type RolloutPlan, type RolloutRecord, type Verdict } from '../../ota/format/rollout.js'
import type { RolloutEvent } from '../../ota/rollout/carry-out.js'
import type { DeviceFacts } from '../../ota/rollout/facts.js'
import type { Turn } from '../../ota/rollout/wave.js'
import type { RolloutRow } from './fleet.js'
import type { DryRun } from './fleet-plan.js'

/** Columns as wide as what stands in them. */
export function table(given: readonly (readonly string[])[]): string {
  const widths: number[] = []
  const rows = given.map(row => row.map(cell => plain(cell).replaceAll('\n', ' ')))
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows
    .map(row =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]! + 2)))
        .join('')
        .trimEnd(),
    )
    .join('\n')
}

/** What devices say of themselves moves no cursor and colours nothing. */
const plain = (text: string) => text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?')
const words = (text: string) => text.replaceAll('_', ' ')
const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`
const modelOf = ({ model }: RolloutPlan) => `${model.family} ${model.version ?? model.sha256.slice(0, 12)}`

/** `12 done, 3 busy`. */
export function sayCounts(counts: Record<Verdict, number>): string {
  const parts = COUNTS.filter(c => counts[c] > 0).map(c => `${counts[c]} ${words(c)}`)
  return parts.join(', ') || 'no devices'
}

export function sayRollouts(rows: readonly RolloutRow[]): string {
  if (rows.length === 0) return 'no rollouts'
  return table([
    ['rollout', 'model', 'phase', 'wave', 'devices'],
    ...rows.map(({ record, counts, carried_out }) => [
      record.name,
      modelOf(record.plan),
      sayPhase(record, carried_out),
      `${record.waves.length}/${record.plan.waves.length}`,
      sayCounts(counts),
    ]),
  ])
}

const sayPhase = ({ phase }: RolloutRecord, isCarriedOut: boolean) => {
  const needsProgram = ['running', 'paused', 'going_back'].includes(phase)
  return `${words(phase)}${needsProgram && !isCarriedOut ? ' (nobody carries it out)' : ''}`
}

/** One rollout in full. @param withDevices one line for each device, the troubled ones first */
export function sayRollout(
  { record, counts, carried_out }: RolloutRow,
  { standings }: Pick<Turn, 'standings'>,
  withDevices: boolean,
): string {
  const { plan, waves, reason } = record
  const lines = [
    table([
      ['rollout', record.name],
      ['model', `${modelOf(plan)} (${plan.model.sha256.slice(0, 12)})`],
      ['begun', time(record.begun_at_ms)],
      ['phase', sayPhase(record, carried_out)],
      ...(reason ? [['because', `${reason.message} (${reason.code}, ${time(reason.at_ms)})`]] : []),
      ['devices', sayCounts(counts)],
      ['to do', whatToDo(record, carried_out)],
    ]),
    '',
    table([
      ['wave', 'size', 'opened', 'confirmed', 'to go on'],
      ...plan.waves.map((wave, i) => {
        const open = waves[i]
        return [
          String(i + 1),
          String(wave.size),
          open ? time(open.opened_at_ms) : '',
          open?.reached_at_ms ? time(open.reached_at_ms) : '',
          i === plan.waves.length - 1
            ? ''
            : [
                `${wave.confirmed_percent} % confirmed`,
                ...(wave.soak_minutes > 0 ? [`${wave.soak_minutes} min soak`] : []),
                ...(wave.approval === 'by_hand' ? [open?.approved_at_ms ? 'approved' : 'approval'] : []),
              ].join(', '),
        ]
      }),
    ]),
  ]
  const rank = (is: Verdict) => -COUNTS.indexOf(is)
  const troubled: readonly Verdict[] = ['failed', 'rolled_back', 'timed_out', 'rejected']
  const shown = [...standings]
    .filter(([, s]) => withDevices || troubled.includes(s.is))
    .sort(([a, x], [b, y]) => rank(x.is) - rank(y.is) || (a < b ? -1 : 1))
  const most = withDevices ? shown.length : 20
  if (shown.length > 0)
    lines.push(
      '',
      table([
        ['device', 'stands', 'wave', 'because'],
        ...shown
          .slice(0, most)
          .map(([id, s]) => [
            id,
            words(s.is),
            s.told ? String(s.told.wave + 1) : '',
            `${s.says ?? ''}${s.code ? ` (${s.code})` : ''}`.trim(),
          ]),
      ]),
    )
  if (shown.length > most) lines.push(`and ${shown.length - most} more (--devices)`)
  return lines.join('\n')
}

/** What its operator can do now. */
function whatToDo({ name, phase, plan, waves }: RolloutRecord, isCarriedOut: boolean): string {
  const at = waves.length - 1
  const open = waves[at]
  const waitsForHand =
    plan.waves[at]?.approval === 'by_hand' && open?.reached_at_ms !== undefined && !open.approved_at_ms
  switch (phase) {
    case 'running':
      if (waitsForHand && at < plan.waves.length - 1)
        return `\`fieldmouse fleet approve ${name}\` opens the next wave`
      return isCarriedOut ? 'nothing' : '`fieldmouse fleet start FILE` goes on with it'
    case 'paused':
      return `\`fieldmouse fleet resume ${name}\``
    case 'stopped':
      return `see why; then \`fieldmouse fleet go-back ${name}\`, or \`resume\` and \`start\` to go on all the same`
    case 'going_back':
      return isCarriedOut ? 'nothing' : '`fieldmouse fleet start FILE` goes on with it'
    case 'gone_back':
    case 'done':
      return 'nothing'
  }
}

export function sayDevices(devices: readonly DeviceFacts[]): string {
  if (devices.length === 0) return 'no devices were heard of'
  const rows = devices.map(({ id, presence, board = '', models, since = '', reports, desired }) => [
    id,
    presence,
    board,
    Object.entries(models)
      .map(([family, m]) => `${family} ${m.running.version}${m.running.probation ? ' (watched)' : ''}`)
      .join(', '),
    Object.entries(models)
      .filter(([, m]) => m.state !== 'idle')
      .map(([family, m]) => `${family} ${m.state}`)
      .join(', ') || 'idle',
    desired?.id ?? '',
    sayReports(Object.values(reports).map(r => r.belief)),
    since === '' ? '' : `${since.slice(0, 16)}Z`,
  ])
  const versions = new Map<string, number>()
  for (const { models } of devices)
    for (const [family, m] of Object.entries(models)) {
      const key = `${family} ${m.running.version}`
      versions.set(key, (versions.get(key) ?? 0) + 1)
    }
  const sums = [...versions].sort((a, b) => b[1] - a[1]).map(([what, n]) => `${what}: ${n}`)
  return `${table([['device', 'is', 'board', 'runs', 'update', 'desired', 'reports', 'since'], ...rows])}\n\n${devices.length} devices; ${sums.join(', ')}`
}

const sayReports = (beliefs: readonly string[]) =>
  beliefs.length === 0
    ? 'none'
    : beliefs.includes('bad')
      ? 'not believed'
      : beliefs.includes('no_key')
        ? 'key unknown'
        : 'good'

export function sayDryRun(d: DryRun): string {
  const { plan } = d
  const by = (sums: Record<string, number>) =>
    Object.entries(sums)
      .sort((a, b) => b[1] - a[1])
      .map(([what, n]) => `${what}: ${n}`)
      .join(', ')
  return [
    table([
      ['rollout', `${plan.name} (nothing was published)`],
      ['model', `${modelOf(plan)} (${plan.model.sha256.slice(0, 12)})`],
      ['devices', `${d.meant} of ${d.heard} are meant; ${d.done} run it already, ${d.offline} are away`],
      ['boards', by(d.boards)],
      ['versions', by(d.versions)],
      [
        'first',
        `${d.first.slice(0, 20).join(', ')}${d.first.length > 20 ? ` and ${d.first.length - 20} more` : ''}`,
      ],
      ['held', `${d.held} devices are told to keep what runs until it is their turn`],
    ]),
    '',
    table([
      ['wave', 'devices', 'to go on'],
      ...plan.waves.map((w, i) => [
        String(i + 1),
        String(d.waves[i]?.size ?? 'all that are left'),
        i === plan.waves.length - 1
          ? ''
          : `${w.confirmed_percent} % confirmed${w.soak_minutes > 0 ? `, ${w.soak_minutes} min soak` : ''}${w.approval === 'by_hand' ? ', approval' : ''}`,
      ]),
    ]),
  ].join('\n')
}

/** A line of progress; undefined for what would be too much on a screen. */
export function sayEvent(event: RolloutEvent): string | undefined {
  const text = saysOf(event)
  return text === undefined ? undefined : plain(text)
}

function saysOf(event: RolloutEvent): string | undefined {
  switch (event.event) {
    case 'moved':
      return `${words(event.phase)}, wave ${event.wave}${event.reason ? `: ${event.reason.message}` : ''}`
    case 'counts':
      return sayCounts(event.counts)
    case 'device':
      return ['failed', 'rolled_back', 'timed_out', 'rejected'].includes(event.is)
        ? `${event.device}: ${words(event.is)}${event.says ? ` (${event.says})` : ''}`
        : undefined
    case 'trouble':
      return `${event.problem}${event.remedy ? `\n  -> ${event.remedy}` : ''}`
    case 'told':
      return undefined
  }
}
