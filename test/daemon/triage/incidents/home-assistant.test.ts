import t from 'tap'
import { OperatorAction } from '../../../../daemon/triage/incidents/action.js'
import { IncidentDesk } from '../../../../daemon/triage/incidents/desk.js'
import { discoveryOf, overviewOf, removalOf } from '../../../../daemon/triage/incidents/home-assistant.js'
import type { Verdict } from '../../../../daemon/triage/verdict.js'

const NOON = Date.parse('2026-11-21T12:00:00Z')
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
const topics = {
  discoveryPrefix: 'homeassistant',
  overview: 'fieldmouse/barn/incidents',
  events: 'fieldmouse/barn/event/alert',
  action: 'fieldmouse/barn/request/incident',
  status: 'fieldmouse/barn/status',
}
const device = { id: 'barn', version: '0.1.0' }
type Components = Record<string, Record<string, string>>

t.test('one device, a bounded number of entities, and buttons that are operator actions', async t => {
  const desk = new IncidentDesk()
  for (let i = 1; i <= 8; i++)
    desk.occurrence({
      at: NOON + i * 1_000,
      source: `plc/${i}`,
      line: `T-${i} leak high`,
      verdict: emergency,
    })
  const { topic, payload } = discoveryOf(device, topics, desk.open())
  t.equal(topic, 'homeassistant/device/fieldmouse_barn_incidents/config')
  const components = payload.components as Components
  t.equal(Object.keys(components).length, 9)
  t.match(components.acknowledge_1, { name: 'Acknowledge 8: T-8 leak high', command_topic: topics.action })
  const pressed = OperatorAction.parse(JSON.parse(components.acknowledge_1!.payload_press!))
  t.match(desk.operate(pressed, NOON + 20_000), [
    { incident: { n: 8, state: 'ACKED', acknowledged: { by: 'Home Assistant' } } },
  ])
  const all = OperatorAction.parse(JSON.parse(components.acknowledge_all!.payload_press!))
  t.equal(desk.operate(all, NOON + 21_000).length, 8)
  t.match(overviewOf(desk.open()), { open: 8, unacknowledged: 0, worst: 'emergency', newest: [{ n: 8 }] })
  t.ok(new Set(Object.values(components).map(c => c.unique_id)).size === 9)
})

t.test('what is over has no button, and nothing open is normal', async t => {
  const { payload } = discoveryOf(device, topics, [])
  t.strictSame((payload.components as Components).acknowledge_1, { platform: 'button' })
  t.strictSame(overviewOf([]), { open: 0, unacknowledged: 0, worst: 'normal', newest: [] })
  t.match(removalOf(device, topics), { topic: /fieldmouse_barn_incidents\/config$/, payload: '' })
})
