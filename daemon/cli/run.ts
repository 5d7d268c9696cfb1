/** `fieldmouse run`: the daemon, until it is told to stop. */

import { systemClock } from '../base/clock.js'
import { loadConfig } from '../config/load.js'
import type { SpareChild } from '../inference/fork.js'
import { Daemon } from '../main.js'
import { createLog } from '../observability/log.js'
import { surveyFor } from '../survey.js'

/**
 * Runs until SIGINT or SIGTERM (a second one ends at once).
 * @param flags of the command line, as loadConfig takes them
 * @param spare for the model; discarded by the caller
 */
export async function run(flags: Record<string, string | undefined>, spare: SpareChild): Promise<void> {
  const { config, file, warnings } = loadConfig({ flags })
  const log = createLog({ ...config.log, clock: systemClock })
  for (const warning of warnings) log.warn(warning)
  const stop = new AbortController()
  const stopped = new Promise<string>(resolve => {
    for (const name of ['SIGINT', 'SIGTERM'] as const)
      process.on(name, () => {
        if (stop.signal.aborted) process.exit(1)
        stop.abort(new Error(name))
        resolve(name)
      })
  })
  const daemon = new Daemon({ config, log, board: await surveyFor(config, { quick: true }), spare })
  try {
    await daemon.start(stop.signal)
  } catch (error) {
    if (!stop.signal.aborted) throw error
    // told to stop before it was ready: that is no failure
    await daemon.stop()
    return
  }
  if (file === undefined) {
    const { url, kind, protocol } = daemon.broker?.address ?? {
      url: daemon.brokerUrl,
      kind: 'external',
      protocol: 5,
    }
    process.stdout.write(
      `\nThe broker (${kind}, MQTT ${protocol === 5 ? '5' : '3.1.1'}) listens on ${url}. In another terminal try:\n\n    npx fieldmouse say "turn on the kitchen light"\n\n`,
    )
  }
  await stopped
  await daemon.stop()
}
