/** A line comes in by each way there is, becomes one incident, somebody acknowledges it, and it ends when a line says so. */
import { createSocket } from 'node:dgram'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freePort, needsMosquitto } from '../support/broker.js'
import { needsSocat, openPtyPair } from '../support/serial.js'
import { type Site, startSite } from '../support/site.js'

const needs = { ...needsMosquitto, ...needsSocat }

t.test('lines become incidents', needs, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-lines-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  const log = join(folder, 'plc.log')
  writeFileSync(log, 'P-900 pump seal leak ALARM\n')
  const port = await freePort()
  const cable = await openPtyPair(t)
  const site = await startSite(t, {
    sources: {
      serial: [{ path: cable.port, name: 'pump-house' }],
      tail: [{ path: log, name: 'plc' }],
      syslog: { udp_port: port, tcp_port: port },
      mqtt: [
        { topic: 'plant/+/log', source: 'plant {2}' },
        { topic: 'bridge/logging', encoding: 'json', line: 'message.text', source: 'bridge' },
      ],
    },
    triage: { home_assistant: 'on' },
  })

  t.test('a serial line becomes one incident, is acknowledged, and ends when the line says so', async t => {
    await cable.write('P-101 running normally\r\nP-101 bearing temperature HIGH alarm 96 C\r\n')
    const { n } = await site.incidentOf('pump-house')
    await cable.write('P-101 bearing temperature HIGH alarm 97 C\r\n'.repeat(20))
    await acknowledged(t, site, n)
    const document = site.incidents.get(n)!
    t.match(document, {
      kind: 'incident',
      severity: /warning|critical/,
      category: 'temperature',
      asset: 'p-101',
      summary: /^P-101 bearing temperature HIGH alarm 96 C, since/,
      cause: /./,
      action: /./,
      acknowledged: { by: 'Ada' },
    })
    t.equal(document.alarms.length, 1, 'twenty lines are one alarm')
    t.equal(site.incidents.size, 1, 'and one incident')
    await cable.write('P-101 bearing temperature returned to normal 71 C\r\n')
    await site.over(n)
    t.strictSame(kinds(site, n), ['notify', 'clear'], 'told once, and that it is over')
  })

  t.test('a topic of text and one of JSON', async t => {
    await site.publish('plant/boiler/log', 'B-1 flame failure ALARM\nB-1 purge complete')
    await cycle(t, site, 'plant boiler', text => site.publish('plant/boiler/log', text), 'B-1 flame failure')
    const say = (text: string) =>
      site.publish('bridge/logging', JSON.stringify({ level: 'error', message: { text } }))
    await say('T-7 tank level HIGH HIGH alarm')
    const document = await cycle(t, site, 'bridge', say, 'T-7 tank level HIGH HIGH')
    t.equal(document.category, 'level_flow')
    t.match(document.lines[0]?.line, /^T-7/, 'the line inside the JSON is what is quoted')
  })

  t.test('a file, before and after it was rotated', async t => {
    t.notOk(
      [...site.incidents.values()].some(i => i.source === 'plc'),
      'what was there before the start is old',
    )
    await appendFile(log, 'C-3 compressor oil pressure LOW alarm\n')
    const { n } = await site.incidentOf('plc')
    await acknowledged(t, site, n)
    await appendFile(log, 'C-4 cooling water lost, trip\nC-3 compressor oil press')
    renameSync(log, `${log}.1`)
    await appendFile(`${log}.1`, 'ure returned to normal\n')
    writeFileSync(log, 'C-4 cooling water restored\n')
    const two = await site.until('both are there and the first is over', () => {
      const incident = [...site.incidents.values()].find(i => i.source === 'plc')
      return incident && !incident.alarms.some(a => /^C-3/i.test(a.label) && a.active) && incident
    })
    t.match(two.alarms.map(a => a.label).join(), /C-4/i, 'the line before the rotation was read')
    await acknowledged(t, site, two.n)
    await site.over(two.n)
  })

  t.test('syslog over UDP and over TCP', async t => {
    const udp = createSocket('udp4')
    t.teardown(() => udp.close())
    const byUdp = async (text: string) =>
      udp.send(`<11>Nov 21 10:00:00 press plc: ${text}`, port, '127.0.0.1')
    await byUdp('M-4 motor overtemperature ALARM')
    await cycle(t, site, 'syslog:press', byUdp, 'M-4 motor overtemperature')
    const tcp = connect(port, '127.0.0.1')
    t.teardown(() => tcp.destroy())
    const byTcp = async (text: string) => {
      const message = `<11>1 2026-11-21T10:00:00Z oven plc 1 - - ${text}`
      tcp.write(`${message.length} ${message}`)
    }
    await byTcp('F-2 fan vibration HIGH alarm 12 mm/s')
    await cycle(t, site, 'syslog:oven', byTcp, 'F-2 fan vibration HIGH')
  })

  t.test('Home Assistant sees them, and its button acknowledges', async t => {
    const topic = 'homeassistant/device/fieldmouse_demo_incidents/config'
    await cable.write('V-2 valve stuck alarm\r\n')
    const { n } = await site.incidentOf('pump-house')
    const shown = JSON.parse(await site.until('discovery', () => site.latest.get(topic)))
    const { open, acknowledge_all: button } = shown.components
    await site.until(
      'the overview counts it',
      () => JSON.parse(site.latest.get(open.state_topic) ?? '{}').open === 1,
    )
    await site.publish(button.command_topic, button.payload_press)
    const document = await site.until('it is acknowledged', () => {
      const incident = site.incidents.get(n)
      return incident?.acknowledged && incident
    })
    t.equal(document.acknowledged?.by, 'Home Assistant')
    await site.until('and the overview says so', () =>
      /"unacknowledged":0/.test(site.latest.get(open.state_topic) ?? ''),
    )
    await cable.write('V-2 valve stuck cleared\r\n')
    await site.over(n)
    await site.until('nothing is open', () => /"open":0/.test(site.latest.get(open.state_topic) ?? ''))
  })
})

async function acknowledged(t: Test, site: Site, n: number): Promise<void> {
  t.match(await site.ask('incident', { action: 'acknowledge', n, by: 'Ada' }), { ok: true })
  await site.until(
    `incident ${n} shows it`,
    () => site.incidents.get(n)?.acknowledged ?? !site.incidents.has(n),
  )
}

/** Acknowledges what is open of a source, lets it end, and sees that it was told once. */
async function cycle(
  t: Test,
  site: Site,
  source: string,
  say: (text: string) => Promise<unknown>,
  what: string,
) {
  const document = await site.incidentOf(source)
  await acknowledged(t, site, document.n)
  await say(`${what} cleared`)
  await site.over(document.n)
  t.strictSame(kinds(site, document.n), ['notify', 'clear'], source)
  return document
}

const kinds = (site: Site, n: number) => [...site.alerts.values()].filter(a => a.n === n).map(a => a.kind)
