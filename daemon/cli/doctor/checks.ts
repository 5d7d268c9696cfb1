import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { describe } from '../../base/errors.js'
import { type Board, modelPath, unknownModels } from '../../board/board.js'
import { DAEMON_MIB } from '../../board/budget.js'
import { compare } from '../../board/catalog.js'
import { findMosquitto } from '../../bus/broker/mosquitto.js'
import { topicsOf } from '../../bus/mqtt/topics.js'
import { chooseModel } from '../../choose-model.js'
import { loadHomeFile } from '../../commands/home.js'
import type { Config } from '../../config/schema.js'
import { checkGguf } from '../../inference/gguf.js'
import { presenceOf, withConnection } from '../presence.js'
import { accessOf, shownUrl } from '../reach.js'
import { type Check, fail, failed, ok, warn } from './check.js'

const LEAST_NODE = [20, 17] as const
const LEAST_DISK_MIB = 64

/** @param version `20.20.2` */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const enough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])
  return enough
    ? ok('node', `Node ${version}`)
    : fail('node', `Node ${version} is too old`, `Install Node ${LEAST_NODE.join('.')} or newer.`)
}

/** Recognised, cool enough, memory enough at this moment. */
export function checkBoard({ facts, match, plan }: Board): Check[] {
  const { profile } = match
  const name = facts.model ?? facts.architecture
  const hot = profile.heat.hot_c.value
  const { availableMib } = facts.memory
  const { hottestC } = facts.readings
  const needed = plan.memory.neededMib
  return [
    match.by !== 'architecture' || facts.architecture === 'x64'
      ? ok('board', `${name}: profile ${profile.name}`)
      : warn(
          'board',
          `${name} is not among the known boards; the profile ${profile.name} is used`,
          'Add a profile for it: device-profiles/README.md says how, it is one file.',
        ),
    ...(hottestC === undefined
      ? []
      : hottestC < hot
        ? [ok('heat', `${Math.round(hottestC)} °C, the board slows down at ${hot}`)]
        : [
            warn(
              'heat',
              `${Math.round(hottestC)} °C, the board slows down at ${hot}`,
              'Give it air, a heat sink or a fan.',
            ),
          ]),
    availableMib >= needed
      ? ok('memory', `${availableMib} MiB are free, ${needed} needed`)
      : warn(
          'memory',
          `${availableMib} MiB are free now, ${needed} needed (${DAEMON_MIB} of them by a daemon that may run already)`,
          'Stop other programs; without room the system may kill the inference process.',
        ),
  ]
}

/** Whether llama.cpp came ready-made for this machine. */
export async function checkEngine(architecture: string): Promise<Check> {
  const names: Record<string, string> = { arm64: 'linux-arm64', x64: 'linux-x64' }
  // what node-llama-cpp 3.22.1 ships as linux-armv7l is code for aarch64
  if (architecture === 'arm')
    return fail(
      'engine',
      'there is no llama.cpp ready-made for a system of 32 bits',
      'Install a system of 64 bits: a Raspberry Pi 3, Zero 2 or newer runs one (docs/boards.md).',
    )
  const wanted =
    process.platform === 'linux' && architecture === process.arch ? names[architecture] : undefined
  if (!wanted) return ok('engine', `llama.cpp by node-llama-cpp (${architecture})`)
  try {
    createRequire(import.meta.url).resolve(`@node-llama-cpp/${wanted}/package.json`)
    return ok('engine', `llama.cpp ready-made for ${wanted}`)
  } catch (error) {
    // the folder may be there although its package.json is not exported
    if ((error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED')
      return ok('engine', `llama.cpp ready-made for ${wanted}`)
    return fail(
      'engine',
      `llama.cpp for ${wanted} is not installed`,
      'Run `npm ci` without --omit=optional on this machine.',
    )
  }
}

/** Installed files of the catalog that are not what it says, and files that it does not know. */
export async function checkInstalled({ profiles, problems }: Board, dataDir: string): Promise<Check[]> {
  const checks = problems.map(problem =>
    warn(
      'profile',
      problem,
      'Correct the file; device-profiles/schema/ has its schema. It is left out until then.',
    ),
  )
  for (const model of profiles.models)
    for (const file of model.files) {
      const path = modelPath(file.file, dataDir)
      if (path === undefined) continue
      const name = `${model.name} ${file.quantization}`
      try {
        const found = compare(model, file, await checkGguf(path))
        if (found.length > 0)
          checks.push(
            warn(
              'catalog',
              `${name} is not what ${path} holds: ${found.join('; ')}`,
              'Get the file again, or correct the profile of the model.',
            ),
          )
      } catch (error) {
        checks.push(failed('catalog', error))
      }
    }
  for (const name of unknownModels(dataDir, profiles))
    checks.push(
      warn(
        'catalog',
        `the catalog does not know ${name} among the models`,
        'Write a profile for it (board.profiles_dir), or name it in model.file.',
      ),
    )
  return checks
}

/** The file that would be loaded, by header, sizes, hash and memory. */
export async function checkModel(config: Config, board: Board): Promise<Check> {
  try {
    const choice = await chooseModel(config, board)
    if ('none' in choice)
      return fail(
        'model',
        `no model fits this board: ${choice.none}`,
        'Free memory or lift the memory limit of the service; until then the daemon runs without a model.',
      )
    const header = await checkGguf(choice.path)
    const name = header.metadata.get('general.name') ?? 'a model'
    const millions = Math.round(header.parameters / 1e5) / 10
    const mb = Math.round(header.fileBytes / 1e5) / 10
    const says = `${name}: ${millions} million parameters, ${mb} MB${choice.sha256 ? ', SHA-256 as configured' : ''}`
    return choice.instead
      ? warn(
          'model',
          `${says}, because ${choice.instead}`,
          'Correct `model.file`, or give the daemon the memory that it needs.',
        )
      : ok('model', says)
  } catch (error) {
    return failed('model', error)
  }
}

export async function checkHome(config: Config): Promise<Check> {
  try {
    const homes = await loadHomeFile(config.home.file)
    const home = homes[0]
    if (!home)
      return fail(
        'home',
        `${config.home.file} holds no home`,
        'Write one as daemon/config/demo/home.yaml shows.',
      )
    const says = `${home.name}: ${home.devices.length} devices in ${home.areas.length} areas${config.demo.virtualDevices ? ', pretended' : ''}`
    return ok('home', says)
  } catch (error) {
    return failed('home', error)
  }
}

/** @source linux/magic.h */
const TMPFS = 0x01021994
const OVERLAYFS = 0x794c7630

/** Whether state can be written and lasts. Makes nothing: the nearest folder that exists is looked at. */
export async function checkData(folder: string): Promise<Check> {
  let here = folder
  for (;;) {
    try {
      const found = await stat(here)
      if (!found.isDirectory())
        return fail('data', `${here} is not a folder`, 'Point data_dir or FIELDMOUSE_DATA to a folder.')
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        return fail('data', describe(error), 'Choose another data_dir.')
      here = dirname(here)
    }
  }
  try {
    await access(here, constants.W_OK | constants.X_OK)
  } catch {
    return fail(
      'data',
      `${here} cannot be written to`,
      `Give this user the right to write there, or choose another data_dir.`,
    )
  }
  const { type, bavail, bsize } = await statfs(here)
  const freeMib = Math.floor((bavail * bsize) / 1024 / 1024)
  if (freeMib < LEAST_DISK_MIB)
    return fail('data', `${folder}: ${freeMib} MiB are left`, 'Make room on the disk.')
  if (type === TMPFS || type === OVERLAYFS)
    return warn(
      'data',
      `${folder} lies on ${type === TMPFS ? 'a RAM disk' : 'an overlay'}: it may be gone after a restart`,
      'Point data_dir to a folder on a disk that stays (a volume, for a container).',
    )
  return ok('data', `${folder}: ${freeMib} MiB free`)
}

/** Which broker it would be, whether it is there, and whether a daemon answers. */
export async function checkBroker(
  config: Config,
  signal: AbortSignal,
): Promise<{ choice: { kind: string; address: string; program: string | null }; checks: Check[] }> {
  const { kind, port, program } = config.broker
  if (kind === 'external') {
    const address = shownUrl(config.broker.url ?? '')
    return { choice: { kind, address, program: null }, checks: await checkReach(config, signal, true) }
  }
  const found = program === 'aedes' ? undefined : await findMosquitto()
  const chosen =
    found && 'path' in found ? `${found.path} ${found.version}` : program === 'mosquitto' ? null : 'aedes'
  const address = port === 0 ? 'mqtt://127.0.0.1, any free port' : `mqtt://127.0.0.1:${port}`
  const checks: Check[] = []
  if (chosen === null)
    checks.push(
      fail(
        'broker',
        'broker.program is mosquitto, and there is none',
        'Install it (`apt-get install mosquitto`), or choose `auto`.',
      ),
    )
  else if (chosen === 'aedes')
    checks.push(
      program === 'aedes'
        ? ok('broker', 'embedded, aedes: MQTT 3.1.1')
        : warn(
            'broker',
            'embedded, aedes: MQTT 3.1.1, so no Response Topic, no expiry',
            'Install Mosquitto for MQTT 5 (`apt-get install mosquitto`).',
          ),
    )
  else checks.push(ok('broker', `embedded, ${chosen}: MQTT 5`))
  if (port !== 0 && (await answers(port))) checks.push(...(await checkReach(config, signal, false)))
  else checks.push(ok('daemon', `not running as ${config.id} now; ${address} is free for it`))
  return { choice: { kind, address, program: chosen }, checks }
}

async function checkReach(config: Config, signal: AbortSignal, external: boolean): Promise<Check[]> {
  try {
    return await withConnection(accessOf(config), signal, async (connection, refused) => {
      const { protocol, url = '' } = connection.state
      const topics = topicsOf(config.rootTopic, config.id)
      const presence = await presenceOf(connection, topics, refused, signal)
      const running = presence === 'online' || presence === 'degraded'
      const broker = external
        ? [
            protocol === 5
              ? ok('broker', `${url} speaks MQTT 5`)
              : warn(
                  'broker',
                  `${url} speaks MQTT 3.1.1 only`,
                  'Use a broker with MQTT 5: Mosquitto 1.6 or newer, EMQX, HiveMQ.',
                ),
          ]
        : []
      const port = config.broker.port
      const daemon = running
        ? ok('daemon', `running as ${config.id}: ${presence}`)
        : external
          ? ok('daemon', `not running as ${config.id} now (${presence})`)
          : warn(
              'daemon',
              `a broker listens on port ${port}, and no ${config.id} is online there (${presence}): it is starting, or the broker is another's`,
              `If it is another's, use it with FIELDMOUSE_BROKER=mqtt://127.0.0.1:${port}, or take another port with FIELDMOUSE_BROKER=embedded:PORT.`,
            )
      return [...broker, daemon]
    })
  } catch (error) {
    if (external) return [failed('broker', error)]
    return [
      fail(
        'daemon',
        `something that is no MQTT broker listens on port ${config.broker.port}`,
        'Take another port: FIELDMOUSE_BROKER=embedded:PORT.',
      ),
    ]
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const done = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.setTimeout(500, () => done(false))
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}
