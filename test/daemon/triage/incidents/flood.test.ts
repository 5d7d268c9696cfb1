import fc from 'fast-check'
import t from 'tap'
import {
  admit,
  type FloodState,
  floodWakeAt,
  NO_FLOOD,
  FLOOD_DEFAULTS as O,
  pass,
} from '../../../../daemon/triage/incidents/flood.js'
import { GROUP_DEFAULTS as G, incidentFor } from '../../../../daemon/triage/incidents/group.js'
import type { Severity } from '../../../../daemon/triage/verdict.js'

function play(alarms: readonly (readonly [number, string, Severity?])[], untilS: number) {
  let state: FloodState = NO_FLOOD
  const alone: number[] = []
  const summaries: string[] = []
  const until = (at: number) => {
    for (let due = floodWakeAt(state, O); due !== undefined && due <= at; due = floodWakeAt(state, O)) {
      const passed = pass(state, due, O)
      if (passed.summary) summaries.push(`${due / 1_000} ${passed.summary}`)
      if (passed.ended) summaries.push(`${due / 1_000} ended`)
      state = passed.state
    }
  }
  for (const [s, machine, severity = 'warning'] of alarms) {
    until(s * 1_000)
    const admitted = admit(state, { at: s * 1_000, machine, severity }, O)
    state = admitted.state
    if (admitted.alone) alone.push(s)
  }
  until(untilS * 1_000)
  return { state, alone, summaries }
}

t.test('ten in ten minutes pass; what comes beyond is gathered until fewer than five do', async t => {
  const ten = Array.from({ length: 10 }, (_, i) => [i * 20, `m${i}`] as const)
  t.equal(play(ten, 1_000).alone.length, 10)
  const { alone, summaries } = play(
    [...ten, [300, 'm1'], [301, 'm2'], [302, 'm3', 'critical'], [303, 'm3', 'emergency']],
    2_000,
  )
  t.strictSame(alone.slice(10), [302, 303], 'worse ones and danger pass')
  t.strictSame(summaries, ['360 2 more alarms on 3 machines, worst emergency', '780 ended'])
})

t.test(
  'whatever comes, a person hears of no more than ten warnings in ten minutes, and all are told or counted',
  async () => {
    const alarm = fc.tuple(fc.nat(200), fc.nat(30))
    fc.assert(
      fc.property(fc.array(alarm, { maxLength: 200, size: 'max' }), gaps => {
        let s = 0
        const alarms = gaps.map(([gap, machine]) => {
          s += gap
          return [s, `m${machine}`] as const
        })
        const { alone, summaries, state } = play(alarms, s + 3_600)
        const told = [...alone, ...summaries.filter(x => !/ended/.test(x)).map(x => Number.parseInt(x, 10))]
        for (const at of told)
          if (told.filter(x => x > at - 600 && x <= at).length > 11)
            throw new Error(`a flood came through: ${told}`)
        if (state.flood) throw new Error('for ever')
        const counts = summaries.map(x => (/ended/.test(x) ? 0 : Number.parseInt(x.split(' ')[1]!, 10)))
        // counts grow within a flood; the last one of each is what was gathered in it
        const gathered = counts.filter((c, i) => c > 0 && !(counts[i + 1]! > c)).reduce((a, b) => a + b, 0)
        if (gathered + alone.length < alarms.length) throw new Error('lost')
      }),
      { numRuns: 1_000 },
    )
  },
)

t.test('an alarm joins its machine first, then a cascade that is young', async t => {
  const incident = (area: string, asset: string, firstAt: number, lastAt = firstAt, alarms = ['a']) => ({
    area,
    sources: [area],
    assets: [asset],
    alarms,
    firstAt,
    lastAt,
  })
  const old = incident('plc', 'p-1', 0)
  const young = incident('plc', 'p-2', 900_000)
  const find = (asset: string, at: number, open = [old, young]) =>
    incidentFor({ source: 'plc', assets: [asset], at }, open, G)
  t.match(find('p-1', 900_000), { incident: old, because: 'same machine' })
  t.match(find('p-3', 930_000), { incident: young, because: 'cascade' })
  t.equal(find('p-3', 1_000_000), undefined)
  t.equal(find('p-3', 1_000_000, [incident('plc', 'p-2', 0, 990_000)]), undefined, 'not for ever')
  t.equal(
    find('p-1', 0, [incident('plc', 'p-1', 0, 0, Array.from({ length: 50 }, String))]),
    undefined,
    'not without end',
  )
})
