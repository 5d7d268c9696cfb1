/** What this device runs, signed by itself and retained for the fleet: at every start, and whenever it changes. */

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { attackOf, Reporter } from '../ota/client/report.js'
import { TimeFloor } from '../ota/client/time-floor.js'
import type { Attack } from '../ota/format/report.js'
import type { UpdateState } from '../ota/format/state.js'
import type { Clock } from './base/clock.js'
import { systemDisk } from './base/disk.js'
import { describe } from './base/errors.js'
import type { Connection } from './bus/mqtt/connect.js'
import type { Topics } from './bus/mqtt/topics.js'
import type { Config } from './config/schema.js'
import type { Events } from './observability/events.js'

export interface UpdateReportsOptions {
  config: Config
  connection: Connection
  topics: Topics
  clock: Clock
  events: Events
}

export class UpdateReports {
  readonly #o: UpdateReportsOptions
  readonly #reporter: Reporter
  readonly #said = new Map<string, string>()

  constructor(options: UpdateReportsOptions) {
    this.#o = options
    const { config, clock } = options
    const folder = join(config.dataDir, 'updates')
    const path = join(folder, 'trust', 'clock')
    const time = new TimeFloor({ path, clock, builtMs: 0, disk: systemDisk })
    this.#reporter = new Reporter({
      folder: join(folder, 'device'),
      device: config.id,
      knownMs: async () => (await time.now()).ms,
    })
  }

  /**
   * A model's state was told. Says so where something else runs, or something was tried.
   * @param path of the model file that runs
   */
  heard({ family, running, reason }: UpdateState, path: string): void {
    const attack = attackOf(reason?.code ?? '')
    const key = `${running.sha256} ${attack ?? ''}`
    if (this.#said.get(family) === key) return
    this.#said.set(family, key)
    this.#say(family, running, path, attack).catch(error => {
      this.#said.delete(family)
      this.#o.events.tell('UpdateTrouble', { family, problem: `no report: ${describe(error)}` })
    })
  }

  /** What was published may be gone. */
  forget(): void {
    this.#said.clear()
  }

  async #say(
    family: string,
    { version, release, sha256 }: UpdateState['running'],
    path: string,
    attackDetected: Attack | undefined,
  ): Promise<void> {
    const { topics } = this.#o
    const { size: length } = await stat(path)
    const report = await this.#reporter.report({
      family,
      running: { version, release, sha256, length },
      ...(attackDetected ? { attackDetected } : {}),
    })
    // the key first: a fleet that sees this device for the first time believes it from then on
    await this.#retain(topics.updateKey, await this.#reporter.publicKey())
    await this.#retain(topics.updateReport(family), report)
  }

  async #retain(topic: string, document: object): Promise<void> {
    await this.#o.connection.publish({
      topic,
      payload: JSON.stringify(document),
      qos: 1,
      retain: true,
      properties: { contentType: 'application/json', isText: true },
    })
  }
}
