import t from 'tap'
import { sleep } from '../../../daemon/base/clock.js'
import { MemoStage } from '../../../daemon/commands/stages/memo.js'
import type { CommandStage } from '../../../daemon/commands/stages/stage.js'
import { understand } from '../../../daemon/commands/understand.js'
import { Triage } from '../../../daemon/triage/triage.js'
import type { Verdict } from '../../../daemon/triage/verdict.js'

t.test('what a model read that answers no more is not remembered', async t => {
  const memo = new MemoStage(10)
  let model = 'old'
  let onAsked: () => void = () => {}
  const asked = new Promise<void>(resolve => {
    onAsked = resolve
  })
  const stage: CommandStage = {
    name: 'factory',
    run: async () => {
      const by = model
      onAsked()
      await sleep(5)
      return {
        value: { command: [], model: by, promptTokens: 1, outputTokens: 1, inferMs: 1 },
        confidence: 0.9,
        reason: '',
      }
    },
  }
  const home = { id: 'home', name: 'Home', floors: [], areas: [], devices: [], routines: [] }
  const ask = () =>
    understand('sing me to sleep', { home: home as never }, { stages: [stage], memo, minConfidence: 0.3 })
  const late = ask()
  await asked
  model = 'new'
  memo.clear()
  t.equal((await late).model, 'old')
  t.match(await ask(), { model: 'new', stage: 'factory' })
  t.match(await ask(), { model: 'new', stage: 'memo' })
})

t.test('verdicts of another model are found out anew, what people said stays', async t => {
  let severity: 'advisory' | 'critical' = 'advisory'
  let asked = 0
  const model = {
    run: async (): Promise<Verdict> => {
      asked++
      const said = severity
      await sleep(5)
      return {
        severity: said,
        category: 'process_deviation',
        component: 'machine',
        needsHuman: true,
        reason: 'said so',
        evidence: 'blorps',
        confidence: 0.99,
        stage: 'slm',
      }
    },
  }
  const triage = new Triage({ model, askBelow: 1.1 })
  const line = 'unit blorps the frabjous widget'
  const read = async () => (await triage.read('plant', line)).verdict
  await read()
  await read()
  const before = asked
  t.match(await read(), { severity: 'advisory', stage: 'memo' })
  t.equal(asked, before)
  severity = 'critical'
  triage.forgetVerdicts()
  t.match(await read(), { severity: 'critical', stage: 'slm' })
  t.match(await read(), { severity: 'critical', stage: 'memo' })
  // one that was under way
  triage.forgetVerdicts()
  const late = read()
  severity = 'advisory'
  triage.forgetVerdicts()
  t.match(await late, { severity: 'critical' })
  t.match(await read(), { severity: 'advisory', stage: 'slm' })
})
