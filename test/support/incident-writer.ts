/**
 * A process that raises one alarm after another and keeps them; it is shot while it does. Prints `kept <i>` when alarm i is
 * on disk, `sent <event id> <first out>` and `topic <n> <set|empty>` when the broker (which is often away) took something.
 *
 *   node incident-writer.js <state file> <first> <last>
 */

import { systemClock } from '../../daemon/base/clock.js'
import { uniqueId } from '../../daemon/base/random.js'
import { IncidentDesk } from '../../daemon/triage/incidents/desk.js'
import { FLOOD_DEFAULTS } from '../../daemon/triage/incidents/flood.js'
import { IncidentStore } from '../../daemon/triage/incidents/store.js'
import type { Verdict } from '../../daemon/triage/verdict.js'

const [path, first, last] = process.argv.slice(2)
const say = (text: string) => process.stdout.write(`${text}\n`)
const settings = { flood: { ...FLOOD_DEFAULTS, beginsAbove: 1e6 }, mostOpen: 1e6 }
const emergency: Verdict = {
  severity: 'emergency',
  category: 'leak',
  component: 'tank',
  needsHuman: true,
  reason: 'It leaks.',
  evidence: '',
  confidence: 1,
  stage: 'rule',
}

const store = new IncidentStore({ path: path!, instance: uniqueId(), clock: systemClock })
const kept = await store.load()
const desk = kept ? IncidentDesk.restore(kept, settings) : new IncidentDesk(settings)
store.attach(desk)
let calls = 0
const isDraining = first === last
const deliver = () =>
  store.deliver(async item => {
    if (!isDraining && ++calls % 3 === 0) throw new Error('the broker is away')
    if (item.kind === 'event')
      say(`sent ${item.event.id} ${item.event.kind} ${item.event.n} ${item.event.summary}`)
    else say(`topic ${item.n} ${item.document ? 'set' : 'empty'}`)
  })
for (let i = Number(first); i < Number(last); i++) {
  const at = Date.parse('2026-11-21T12:00:00Z') + i * 1_000
  store.record(desk.occurrence({ at, source: `plc/${i}`, line: `T-${i} leak high`, verdict: emergency }))
  await store.flush()
  say(`kept ${i}`)
  await deliver()
}
await store.flush()
await deliver()
await store.stop()
say(
  `open ${desk
    .open()
    .map(d => d.n)
    .join(',')}`,
)
