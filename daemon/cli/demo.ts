/** `fieldmouse demo`: the whole story of the demo home, in well under a minute. A real daemon, broker, model and devices' topics. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../base/clock.js'
import { call } from '../bus/mqtt/call.js'
import { Connection } from '../bus/mqtt/connect.js'
import type { CommandResult } from '../commands/handle.js'
import { loadConfig } from '../config/load.js'
import { Daemon } from '../main.js'
import { createLog } from '../observability/log.js'

/** What is said, and from where. */
const STORY: readonly { title: string; said: readonly { text: string; area?: string }[] }[] = [
  {
    title: 'Commands move devices, and the devices confirm',
    said: [
      { text: 'turn on the kitchen light' },
      { text: 'dim the living room lamp to thirty percent' },
      { text: "it's too dark in here", area: 'living_room' },
      { text: 'close the blind and start the vacuum' },
      { text: 'make me a coffee please' },
    ],
  },
  {
    title: 'Questions are answered from what devices say',
    said: [
      { text: 'is the kitchen light on' },
      { text: 'which lights are on' },
      { text: 'what is the temperature in the living room' },
    ],
  },
  {
    title: 'What cannot be done is refused, with the reason',
    said: [
      { text: 'turn on the garage light' },
      { text: 'set the kitchen light to purple' },
      { text: 'turn off the jacuzzi' },
      { text: 'what will the weather be tomorrow' },
    ],
  },
  {
    title: 'Timers and delays',
    said: [
      { text: 'set a timer for eight minutes for the pasta' },
      { text: 'how long is left on the pasta timer' },
      { text: 'turn off all the lights in one second' },
    ],
  },
]

/** Tells the story on `print`. @returns whether every sentence was answered */
export async function demo(print: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fieldmouse-demo-'))
  const { config } = loadConfig({ env: { FIELDMOUSE_DATA: dataDir, FIELDMOUSE_BROKER: 'embedded:0' } })
  const log = createLog({ level: 'warn', format: 'text', clock: systemClock })
  const daemon = new Daemon({ config, log })
  try {
    await daemon.start(signal)
    const client = new Connection({ access: { url: daemon.brokerUrl }, clientId: 'fieldmouse-demo-listener' })
    await client.start(signal)
    try {
      const home = daemon.registry!.home()
      print(
        `${home.name}: ${home.devices.length} devices in ${home.areas.length} rooms; model ${daemon.engine?.info?.name} (${Math.round((daemon.engine?.info?.sizeBytes ?? 0) / 1e5) / 10} MB), broker ${daemon.brokerUrl}`,
      )
      let answered = true
      for (const { title, said } of STORY) {
        print(`\n${title}`)
        for (const { text, area } of said) {
          const reply = await call(
            client,
            daemon.topics,
            { kind: 'command', json: { text, ...(area ? { area } : {}) }, timeoutMs: 10_000 },
            signal,
          )
          const answer = reply.ok ? (reply.result as CommandResult).text : reply.error?.message
          answered &&= answer !== undefined
          print(`  you:        ${text}${area ? `   (in the ${area.replace('_', ' ')})` : ''}`)
          print(
            `  fieldmouse: ${answer}   [${reply.ok ? reply.stage : reply.error?.code}, ${Math.round(reply.timing.total_ms)} ms, sure ${reply.confidence.toFixed(2)}]`,
          )
        }
      }
      await new Promise(resolve => setTimeout(resolve, 1_600))
      const on = home.devices.filter(
        d => d.kind === 'light' && daemon.registry!.readState(d.id)?.state === 'on',
      )
      print(
        `\nOne second later ${on.length === 0 ? 'all lights are off' : `${on.length} lights are on`}: what was put off was done.`,
      )
      return answered
    } finally {
      await client.stop()
    }
  } finally {
    await daemon.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
