import t, { type Test } from 'tap'
import type { Outcome } from '../../../daemon/requests/reply.js'
import type { Request, RequestBody } from '../../../daemon/requests/request.js'
import { TriageRequests } from '../../../daemon/triage/handle.js'
import { IncidentDesk } from '../../../daemon/triage/incidents/desk.js'
import { LiveTriage } from '../../../daemon/triage/live.js'
import { Triage } from '../../../daemon/triage/triage.js'
import { FakeClock } from '../../support/clock.js'

const LEAK = 'P-301 seal leak'

function room(t: Test) {
  const clock = new FakeClock()
  const triage = new Triage()
  const desk = new IncidentDesk()
  const live = new LiveTriage({ triage, desk, clock, tell: () => {} })
  t.teardown(() => live.stop())
  let kept = 0
  const requests = new TriageRequests({ live, triage, desk, clock, keep: async () => void kept++ })
  const request = (body: RequestBody): Request => ({
    id: '1',
    kind: 'incident',
    body,
    origin: 'plc',
    receivedAt: clock.now(),
    priority: 0,
  })
  return {
    triage,
    live,
    kept: () => kept,
    /** What waits for a delay of the desk has happened. */
    later: () => desk.tick(clock.now() + 900_000),
    line: (line: string) => live.line({ source: 'plc', line, at: clock.now() }),
    act: (action: unknown) =>
      requests.incident(request({ text: typeof action === 'string' ? action : JSON.stringify(action) })),
    read: (body: RequestBody) => requests.triage(request(body), AbortSignal.timeout(5_000)),
  }
}
const open = (outcome: Outcome) => (outcome.result as { incidents: { n: number; state: string }[] }).incidents

t.test('lines are judged in their order, and the worst of them is named', async t => {
  const { read } = room(t)
  const answer = await read({ lines: ['hall 7', LEAK, 'tank 4 temp 95 C trip 80 C'] })
  t.match(answer, {
    ok: true,
    stage: 'rule',
    result: {
      worst: 'critical',
      lines: [
        { severity: 'normal' },
        { severity: 'warning', category: 'leak', template_id: String },
        { severity: 'critical' },
      ],
    },
  })
  t.match(await read({ text: 'hall 7' }), { ok: true, result: { worst: 'normal' } })
  t.match(await read({ lines: [] }), { ok: true, result: { worst: 'normal', lines: [] } })
})

t.test(
  'what is open is listed, and ends when a person calls it normal; undone, it is an alarm again',
  async t => {
    const { act, line, kept, later, triage } = room(t)
    line(LEAK)
    const [incident] = open(await act({ action: 'list' }))
    t.ok(incident)
    const answer = await act({ action: 'normal_here', n: incident!.n, by: 'ada' })
    t.match(answer, { ok: true, result: { word: 'normal', template_ids: [String] } })
    t.equal(kept(), 1)
    later()
    t.notMatch(open(await act({ action: 'list' })), [{ state: 'UNACK' }])
    t.equal(triage.judge('plc', LEAK).verdict.severity, 'normal')
    t.match(await act({ action: 'list_feedback' }), {
      ok: true,
      result: { said: [{ who: 'ada', line: LEAK }], rows: [{}] },
    })
    const [id] = (answer.result as { template_ids: string[] }).template_ids
    t.match(await act({ action: 'forget', template_id: id, by: 'ada' }), {
      ok: true,
      result: { undone: [{ word: 'normal' }] },
    })
    t.equal(triage.judge('plc', LEAK).verdict.severity, 'warning')
    t.equal(kept(), 2)
  },
)

t.test('what a person calls serious is raised, by its line too', async t => {
  const { act, later, triage } = room(t)
  const line = 'door of hall 7 open by hand'
  t.match(await act({ action: 'serious_here', line, source: 'plc', by: 'ada' }), {
    ok: true,
    result: { word: 'serious' },
  })
  later()
  t.equal(open(await act({ action: 'list' })).length, 1)
  t.match(triage.judge('plc', line).verdict, { severity: 'critical', stage: 'operator' })
})

t.test('what cannot be done is refused with a remedy, and changes nothing', async t => {
  const { act, triage } = room(t)
  for (const action of [
    'no json',
    '',
    'null',
    '[]',
    '7',
    {},
    { action: 'explode' },
    { action: 'normal_here' },
    { action: 'normal_here', by: 'ada' },
    { action: 'normal_here', n: 7, by: 'ada' },
    { action: 'normal_here', line: '', by: 'ada' },
    { action: 'normal_here', line: LEAK, by: 'ada', colour: 'red' },
    { action: 'forget', template_id: 'nobody', by: 'ada' },
    { action: 'acknowledge', n: 7, by: 'ada' },
    { action: 'acknowledge', n: 'x', by: 'ada' },
  ])
    t.match(
      await act(action),
      { ok: false, error: { code: 'bad_request', message: /./, remedy: /./ } },
      JSON.stringify(action),
    )
  t.strictSame(triage.feedback.list(), [])
})
