import { readFile } from 'node:fs/promises'
import t from 'tap'
import { type FloodLine, playFlood } from '../../../../scripts/bench/flood.js'

// the last half hour of upset 61: alarm lines of the Tennessee Eastman process (CC0), 33 lines, 20 alarms
const text = await readFile('test/fixtures/lines/tep-61-end.jsonl', 'utf8')
const lines = text
  .trim()
  .split('\n')
  .map(l => JSON.parse(l) as FloodLine)

t.test(
  'every alarm of an upset is told, each once, and never more than ten times in ten minutes',
  async t => {
    const { told, mostInTenMinutes, notifications } = playFlood(lines)
    const alarm = (line: string) => line.split(' ').slice(2, 4).join(' ')
    const raised = new Set(lines.filter(l => !/ NR /.test(l.line)).map(l => alarm(l.line)))
    const heard = told.map(id => alarm(lines.find(l => l.id === id)!.line))
    t.strictSame([...new Set(heard)].sort(), [...raised].sort(), 'all')
    t.equal(heard.length, new Set(heard).size, 'each once')
    t.ok(mostInTenMinutes <= 10, `${mostInTenMinutes}`)
    t.ok(notifications < heard.length, 'what belongs together is told together')
  },
)
