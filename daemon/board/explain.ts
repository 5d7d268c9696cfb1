import type { BoardFacts } from './facts.js'
import type { Match } from './match.js'
import type { Plan } from './plan.js'

/** Facts, profile and plan as sentences, for `doctor` and the log. */
export function explain(facts: BoardFacts, match: Match, plan: Plan): string[] {
  return [explainBoard(facts), explainMatch(match), ...plan.because]
}

/** `Raspberry Pi 5 Model B Rev 1.0: 4 x Cortex-A76 at 2400 MHz, 8052 MiB, 48 C, Debian ...` */
export function explainBoard(facts: BoardFacts): string {
  const { cpu, memory, l4t } = facts
  const classes = cpu.classes
    .map(c => `${c.count} x ${c.name}${c.maxMhz ? ` at ${c.maxMhz} MHz` : ''}`)
    .join(' + ')
  const about = [
    classes || `${cpu.cores} x ${cpu.name ?? 'an unnamed processor'}`,
    `${memory.totalMib} MiB`,
    memory.limitMib === undefined ? '' : `limited to ${memory.limitMib} MiB`,
    facts.readings.hottestC === undefined ? '' : `${Math.round(facts.readings.hottestC)} °C`,
    l4t ? `Jetson Linux ${l4t.release}.${l4t.revision}` : '',
    facts.system ?? '',
  ]
  return `${facts.model ?? `a machine of ${facts.architecture}`}: ${about.filter(Boolean).join(', ')}.`
}

export function explainMatch({ profile, because }: Match): string {
  return `Profile ${profile.name}: ${because}.`
}
