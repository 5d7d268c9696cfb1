/** Whether lines can come in, and what reads them. */
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { activeWeights } from '../../active-files.js'
import { describe } from '../../base/errors.js'
import { packageVersion } from '../../base/package-root.js'
import type { Config } from '../../config/schema.js'
import { checkGguf } from '../../inference/gguf.js'
import { lineModelFile } from '../../line-model.js'
import { Classifier, shippedWeights } from '../../triage/classifier/classifier.js'
import { type Check, failed, ok, warn } from './check.js'

/** Ports below this belong to root, unless the service was given the right. */
const FIRST_FREE_PORT = 1024

export async function checkSources(config: Config): Promise<Check[]> {
  const { serial, tail, syslog, mqtt } = config.sources
  const checks = [
    ...(await Promise.all(serial.map(({ path }) => checkPort(path)))),
    ...(await Promise.all(tail.map(({ path }) => checkFile(path)))),
  ]
  const low = [syslog.udpPort, syslog.tcpPort].filter(
    port => port !== undefined && port > 0 && port < FIRST_FREE_PORT,
  )
  if (low.length > 0 && process.getuid?.() !== 0)
    checks.push(
      warn(
        'syslog',
        `port ${low.join(' and ')} may belong to root only`,
        'Take a port from 1024 on, or give the service CAP_NET_BIND_SERVICE.',
      ),
    )
  if (mqtt.length > 0) checks.push(ok('topics', `lines from ${mqtt.map(m => m.topic).join(', ')}`))
  checks.push(await checkClassifier(config), await checkLineModel(config))
  return checks
}

async function checkPort(path: string): Promise<Check> {
  const name = `serial ${path}`
  try {
    await access(path, constants.R_OK | constants.W_OK)
    return ok(name, 'there, and may be opened')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
      ? warn(
          name,
          'may not be opened by this user',
          'Add the user to the group of the port, mostly `dialout`: `usermod -aG dialout USER`.',
        )
      : warn(
          name,
          `not there now: ${describe(error)}`,
          'Plug it in, or correct the path; the daemon opens it as soon as it is there. Paths below /dev/serial/by-id stay the same.',
        )
  }
}

async function checkFile(path: string): Promise<Check> {
  const name = `tail ${path}`
  try {
    await access(path, constants.R_OK)
    return ok(name, 'there, and may be read')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
      ? warn(
          name,
          'may not be read by this user',
          'Give the user the right to read it, mostly by the group `adm`.',
        )
      : warn(name, 'not there now', 'It is waited for; correct the path if it is another.')
  }
}

async function checkClassifier(config: Config): Promise<Check> {
  const name = 'classifier'
  try {
    const path = await activeWeights(config, new AbortController().signal)
    if (path === undefined) return ok(name, 'off: plain code alone says what a line means')
    const { madeFor } = Classifier.read(path)
    const here = packageVersion()
    return path === shippedWeights() || madeFor === undefined || madeFor === here
      ? ok(name, path)
      : warn(
          name,
          `${path} was trained for version ${madeFor}, this is ${here}: what it sees of a line may be something else now`,
          'Train it again with the code of this version (scripts/train/README.md).',
        )
  } catch (error) {
    return failed(name, error)
  }
}

async function checkLineModel(config: Config): Promise<Check> {
  try {
    const file = lineModelFile(config)
    if (!file)
      return config.triage.model === 'off'
        ? ok('line model', 'off: plain code and code books judge lines')
        : warn(
            'line model',
            'the package has none: plain code and code books judge lines',
            'Give one with `triage.model_file`, or install the package again.',
          )
    await checkGguf(file.path, file.sha256 ? { sha256: file.sha256 } : {})
    return ok('line model', `${file.path}, loaded by the first line that needs it`)
  } catch (error) {
    return failed('line model', error)
  }
}
