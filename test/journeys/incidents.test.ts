/** Incidents through power cuts, a broker that is away, and a flood. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { needsMosquitto } from '../support/broker.js'
import { needsSocat, openPtyPair } from '../support/serial.js'
import { type Site, startSite } from '../support/site.js'

const needs = { ...needsMosquitto, ...needsSocat }

t.test(
  'a broker that is away and a daemon that is shot: every event once, every topic right',
  needs,
  async t => {
    const cable = await openPtyPair(t)
    const config = { sources: { serial: [{ path: cable.port, name: 'plc' }] } }
    const site = await startSite(t, config, { process: true })
    await cable.write('P-1 pump seal leak ALARM\nbooting\n')
    const first = await site.incidentOf('plc')

    await site.broker.kill()
    await cable.write('P-1 pump seal leak cleared\n')
    for (let i = 2; i <= 6; i++) await cable.write(`P-${i} motor overtemperature trip ALARM\n`)
    await kept(site, text => text.includes('P-6'))
    await site.process.kill()
    await site.broker.restart()
    site.incidents.clear() // the broker has forgotten them all, and so do we
    await site.process.start()

    const open = await site.until('what came meanwhile is open', () => {
      const assets = [...site.incidents.values()].flatMap(i => i.alarms.map(a => a.label.slice(0, 3)))
      return ['P-2', 'P-3', 'P-4', 'P-5', 'P-6'].every(a => assets.includes(a)) && assets
    })
    t.equal(new Set(open).size, open.length, 'each alarm in one incident')
    await site.until('and told', () => named(site, /P-6/).length > 0)

    await site.process.kill()
    await site.broker.kill()
    await site.broker.restart()
    site.incidents.clear()
    await site.process.start()
    await site.until('a broker that forgot is told again', () => site.incidents.size > 0)
    for (let i = 2; i <= 6; i++)
      t.equal(named(site, new RegExp(`P-${i} [^:;]*: raised`)).length, 1, `P-${i} was told once`)
    t.equal(named(site, /P-1 [^:;]*: raised/).length, 1)

    t.match(await site.ask('incident', { action: 'acknowledge', n: 'all', by: 'Ada' }), { ok: true })
    for (let i = 2; i <= 6; i++) await cable.write(`P-${i} motor overtemperature trip cleared\n`)
    await site.until('nothing is retained any more', () => site.incidents.size === 0)
    t.notOk(site.incidents.has(first.n))
    const listed = await site.ask('incident', { action: 'list' })
    t.strictSame(listed.result, { incidents: [] })
  },
)

t.test('a broker that restarts beneath a running daemon is told of what is open', needs, async t => {
  const site = await startSite(t, { triage: { home_assistant: 'on' } })
  const config = 'homeassistant/device/fieldmouse_demo_incidents/config'
  await site.until('Home Assistant knows the device before anything happened', () => site.latest.has(config))
  await site.ask('triage', { lines: ['B-1 burner flame failure lockout'], source: 'boiler' })
  const { n } = await site.incidentOf('boiler')
  await site.broker.kill()
  site.incidents.clear()
  site.latest.clear()
  await site.broker.restart()
  await site.until('the incident is there again', () => site.incidents.has(n))
  await site.until('and the device', () => site.latest.has(config))
  t.equal([...site.alerts.values()].filter(a => a.n === n).length, 1, 'nobody was told twice')
})

t.test(
  '300 alarms of 60 machines in a minute: few notifications, and all of them listed',
  needsMosquitto,
  async t => {
    const site = await startSite(t, { sources: { mqtt: [{ topic: 'tep/#', source: 'tep' }] } })
    const said: { tag: string; text: string }[] = []
    for (let machine = 1; machine <= 60; machine++)
      for (const [kind, words] of LIMITS)
        said.push({
          tag: `${kind}${machine + 100}`,
          text: `2026-11-21 10:00:${String(machine % 60).padStart(2, '0')} ${kind}${machine + 100} ${words} ALM`,
        })
    t.equal(said.length, 300)
    for (const { text } of said) await site.publish('tep/alarms', text)
    const listed = () => {
      const all = [...site.incidents.values()]
      return said.filter(s => all.some(i => i.alarms.some(a => a.key.includes(s.tag.toLowerCase()))))
    }
    await site.until('every alarm is listed in some open incident', () => listed().length === 300, 25_000)
    const told = [...site.alerts.values()].filter(a => a.kind === 'notify')
    t.ok(told.length >= 5 && told.length <= 12, `${told.length} notifications`)
    t.ok(site.incidents.size <= 20, `${site.incidents.size} incidents`)
    const lines = [...site.incidents.values()]
      .filter(i => i.kind === 'incident')
      .reduce((sum, i) => sum + i.count, 0)
    t.equal(lines, 300, 'every line is counted')
  },
)

const LIMITS = [
  ['FIR', 'L FLW COOLING WATER LOW'],
  ['PIR', 'H PRES REACTOR HIGH'],
  ['TIR', 'HH TEMP REACTOR HIGH HIGH'],
  ['LIR', 'L LEVEL SEPARATOR LOW'],
  ['AIR', 'H PURGE CONC HIGH'],
] as const

const named = (site: Site, what: RegExp) => [...site.alerts.values()].filter(a => what.test(`${a.because} `))

/** Resolves when the state on disk passes: what a power cut leaves. */
async function kept(site: Site, passes: (text: string) => boolean): Promise<void> {
  await site.until('it is on disk', () =>
    passes(readFileSync(`${site.folder}/data/triage/incidents.json`, 'utf8')),
  )
}
