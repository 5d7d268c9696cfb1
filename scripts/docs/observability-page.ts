import { CONDITIONS, type ConditionEntry } from '../../daemon/observability/conditions.js'
import { EVENTS, type EventEntry } from '../../daemon/observability/events.js'
import { code, GENERATED, table } from './markdown.js'

/** docs/reference/observability.md: what may be wrong for a while, and what the log tells. */
export function observabilityPage(): string {
  const conditions = Object.entries<ConditionEntry>(CONDITIONS).map(([name, c]) => [
    code(name),
    c.severity,
    c.says,
    c.remedy,
    c.showsAfterMs ? `${c.showsAfterMs / 1000} s` : 'at once',
  ])
  const events = Object.entries(EVENTS).map(([name, entry]) => {
    const { level, meaning, counter } = entry as EventEntry<never>
    return [
      code(name),
      typeof level === 'string' ? level : 'info or warn',
      meaning,
      counter ? code(counter) : '',
    ]
  })
  return `${GENERATED}# Conditions and events

## Conditions

What may be wrong for a while. They are in the \`status\` topic; a warning or an error makes the device \`degraded\`.

${table(['code', 'severity', 'means', 'remedy', 'shows after'], conditions)}
## Events

\`event\` of a log line. The same sentence is printed once a minute; \`repeated\` counts what was held back. What people
said is printed at debug only. Counters are in the \`metrics\` topic.

${table(['event', 'level', 'means', 'counter'], events)}`
}
