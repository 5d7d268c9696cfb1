import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { SerialSource } from '../../../daemon/bus/serial/serial-source.js'
import { SyslogListener } from '../../../daemon/bus/syslog/listener.js'
import { Tail } from '../../../daemon/bus/tail/tail.js'
import { HeardLines } from '../../support/lines.js'
import { sourcesFrom } from '../../support/sources.js'

t.test('without the section nothing is listened to', async t => {
  const sources = sourcesFrom(undefined)
  t.match(sources, { serial: [], tail: [], mqtt: [], syslog: { udpPort: undefined, tcpPort: undefined } })
})

t.test('what a file says is what the sources take', async t => {
  const sources = sourcesFrom({
    serial: [
      {
        path: '/dev/ttyUSB0',
        baud: 9600,
        data_bits: 7,
        parity: 'even',
        stop_bits: 2,
        flow_control: 'rts_cts',
      },
      { path: '/dev/ttyUSB1', framing: 'regex', regex: '[;\\n]', name: 'pump' },
    ],
    tail: [{ path: '/var/log/app.log', from: 'start', silent_after_s: 600 }],
    syslog: { udp_port: 5514, address: '0.0.0.0' },
    mqtt: [{ topic: 'zigbee2mqtt/+/log', encoding: 'json', line: 'message.text' }],
  })
  const heard = new HeardLines()
  const named = [
    ...sources.serial.map(entry => new SerialSource(entry, heard).source),
    ...sources.tail.map(entry => new Tail(entry, heard).source),
    new SyslogListener(sources.syslog, heard).name,
  ]
  t.same(named, ['serial:ttyUSB0', 'pump', 'tail:app.log', 'syslog'])
  t.match(sources.serial[0], { dataBits: 7, flowControl: 'rts_cts', delimiter: '\n', silentAfterS: 0 })
  t.equal(sources.mqtt[0]!.source, 'mqtt:{topic}')
})

t.test('what cannot work is refused with the place and what was expected', async t => {
  const cases: [Parameters<typeof sourcesFrom>[0], RegExp][] = [
    [{ serial: [{ path: 'ttyUSB0' }] }, /line 1: sources\.serial\.0\.path: expected an absolute path/],
    [
      { serial: [{ path: '/dev/a', baud: 1 }] },
      /sources\.serial\.0\.baud: expected a whole number from 50 to/,
    ],
    [{ serial: [{ path: '/dev/a', data_bits: 9 as 8 }] }, /expected 8 or 7 or 6 or 5, got 9/],
    [{ serial: [{ path: '/dev/a', framing: 'length' }] }, /`framing: length` needs length_bytes/],
    [{ tail: [{ path: '/a', framing: 'regex' }] }, /sources\.tail\.0\.regex: `framing: regex` needs regex/],
    [{ tail: [{ path: '/a', framing: 'regex', regex: '(' }] }, /expected a JavaScript regular expression/],
    [{ tail: [{ path: '/a', framing: 'regex', regex: ',', encoding: 'utf16le' }] }, /not with utf16le/],
    [{ tail: [{ path: '/a/x.log' }, { path: '/b/x.log' }] }, /two sources have one name/],
    [{ serial: [{ path: '/dev/a', bauds: 9600 } as never] }, /did you mean "baud"/],
    [{ serial: '/dev/a' as never }, /sources\.serial: expected a list of sections, got "\/dev\/a"/],
    [{ mqtt: [{ topic: 'a/#/b' }] }, /expected an MQTT topic filter/],
    [{ mqtt: [{ topic: 'a+' }] }, /expected an MQTT topic filter/],
    [{ mqtt: [{ topic: 'a', line: 'x..y' }] }, /expected names divided by dots/],
    [{ syslog: { udp_port: 70_000 } }, /sources\.syslog\.udp_port: expected a whole number from 0 to 65535/],
  ]
  for (const [sources, message] of cases)
    t.throws(() => sourcesFrom(sources), { message }, JSON.stringify(sources))
})

t.test('the example of docs/sources.md is taken', async t => {
  const page = readFileSync('docs/sources.md', 'utf8')
  const yaml = /```yaml\n(.*?)```/s.exec(page)![1]!
  const sources = sourcesFrom((parse(yaml) as { sources: Parameters<typeof sourcesFrom>[0] }).sources)
  t.equal(sources.serial.length, 3)
  t.equal(sources.serial[1]!.regex, '[\\r\\n;]+')
  t.match(sources.mqtt, [{ line: 'message' }, { source: 'plant {2}', encoding: 'text' }])
})
