/** What the trade knows of a line beside its words: units, marks of tags, set pressures, bits. Both sides of each. */
import t from 'tap'
import { Triage } from '../../../../daemon/triage/triage.js'
import type { Severity } from '../../../../daemon/triage/verdict.js'

type Case = [line: string, severity: Severity, source?: string]

function hold(t: Pick<typeof import('tap').default, 'equal'>, cases: readonly Case[]): void {
  // from memory too
  for (const [line, severity, source = 'plc:hall'] of cases)
    for (let i = 0, triage = new Triage(); i < 3; i++)
      t.equal(triage.judge(source, line).verdict.severity, severity, `${line} (${i})`)
}

t.test('a battery with decimals up to 5 has volts, per cent are whole or have their sign', async t => {
  hold(t, [
    ['dev 7 batt=3.41 rssi=-58', 'normal'],
    ['node=3 battery=2.97 lqi=201', 'normal'],
    ['node=3 battery=4 lqi=201', 'critical'],
    ['node=3 battery=12 lqi=201', 'warning'],
    ['node=3 battery=71 lqi=201', 'normal'],
    ['tag 9 battery 4.5 % rssi -70', 'critical'],
    ['tag 9 battery 64.5 % rssi -70', 'normal'],
    ['{"battery":5.5,"linkquality":40}', 'critical'],
  ])
})

t.test('a safety valve opens at its set pressure', async t => {
  hold(t, [
    ['steam drum 12.4 bar, relief valve set 13.0 bar', 'normal'],
    ['steam drum 13.2 bar, relief valve set 13.0 bar', 'critical'],
    ['receiver PSV set 11 bar, pressure 8.7 bar', 'normal'],
    ['receiver PSV set 11 bar, pressure 11.6 bar', 'critical'],
    ['mixing valve set 40 C, water 44 C', 'normal'],
  ])
})

t.test('a life in per cent is used up near a hundred', async t => {
  hold(t, [
    ['spindle belt life 52 % used', 'normal'],
    ['spindle belt life 97 % used', 'advisory'],
    ['Werkzeug 3 Standzeit 61 % verbraucht', 'normal'],
    ['Werkzeug 3 Standzeit 99 % verbraucht', 'advisory'],
  ])
  const both = new Triage().judge('cnc', 'tool life 38 % used, spindle bearing temp 128 C').verdict
  t.not(both.severity, 'normal', 'a share of a life says nothing of a temperature')
})

t.test('of three sensors of one place the one that differs is wrong', async t => {
  hold(t, [
    ['PT-204A 6.11 PT-204B 6.13 PT-204C 6.09 bar', 'normal'],
    ['PT-204A 6.11 PT-204B 6.13 PT-204C 0.02 bar', 'warning'],
    ['lt31a=55.2 lt31b=91.0 lt31c=55.6', 'warning'],
    ['lt31a=55.2 lt31b=55.0 lt31c=55.6', 'normal'],
    ['TT-15A 81.2 TT-16B 12.4 TT-17C 81.3', 'normal'],
    ['TT-15A 20.2 TT-15B 51.9 TT-15C 81.3', 'normal'],
  ])
})

t.test('the device status of HART is read by its bits', async t => {
  hold(t, [
    ['FT-11 HART device status 0x00', 'normal'],
    ['FT-11 HART device status 0x80', 'warning'],
    ['FT-11 HART device status 0xA0', 'warning'],
    ['FT-11 HART device status 0x02', 'warning'],
    ['FT-11 HART device status 0x40', 'advisory'],
  ])
})

t.test('name and unit stand beside the value in SenML', async t => {
  hold(t, [
    ['{"n":"temp3","u":"Cel","v":18.2}', 'normal', 'mqtt:s'],
    ['{"n":"temp3","u":"Cel","v":-300.5}', 'warning', 'mqtt:s'],
    ['{"n":"cellar humidity","u":"%RH","v":61.0}', 'normal', 'mqtt:s'],
    ['{"n":"cellar humidity","u":"%RH","v":161.0}', 'warning', 'mqtt:s'],
    ['{"n":"count","u":"1","v":-300.5}', 'normal', 'mqtt:s'],
  ])
})

t.test('what will come at another limit is not there yet', async t => {
  hold(t, [
    ['Tank 4 level HIGH, pump stop at HIHI', 'warning'],
    ['Tank 4 level HIHI, pump stop at HIHI', 'critical'],
    ['Header pressure LOW, trip at LOLO', 'warning'],
    ['Header pressure LOLO, pump tripped', 'critical'],
  ])
})

t.test('minutes that are left decide how bad it is to be on battery', async t => {
  hold(t, [
    ['UPS 3 on battery runtime 52 min', 'warning'],
    ['UPS 3 on battery runtime 2 min', 'critical'],
  ])
})

t.test('what must start by itself and is not in automatic is told; other machines may be', async t => {
  hold(t, [
    ['Emergency generator 1 mode switch OFF', 'warning'],
    ['Emergency generator 1 mode switch AUTO', 'normal'],
    ['Fire pump selector MANUAL', 'warning'],
    ['Conveyor 4 selector OFF', 'normal'],
  ])
})

t.test('the first limit of gas calls people at once, the second empties the place', async t => {
  hold(t, [
    ['Gas detection stage 1 pump room', 'critical'],
    ['Gas detection stage 2 pump room', 'emergency'],
    ['Gas detection stage 0 pump room', 'normal'],
    ['Gaswarnanlage Stufe 1 Halle 4', 'critical'],
  ])
})
