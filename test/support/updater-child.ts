/** One life of an updater, started by `power-cut.ts`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deltaStrategy } from '../../ota/client/delta.js'
import { Trust } from '../../ota/client/trust.js'
import { httpTransport } from '../../ota/transport/http-range.js'
import { actOut, dyingDisk, type Life, storyOptions } from './power-cut.js'
import { isSettled, makeDevice, type Site, sha256 } from './repository.js'

const life = JSON.parse(process.argv[2]!) as Life
const site = {
  folder: life.siteFolder,
  repository: { folder: join(life.siteFolder, 'repository') },
  root: join(life.siteFolder, 'root.json'),
  factory: life.factory,
} as Site
const disk = dyingDisk(life.dieAt ?? 0, life.how ?? 'before')
const folder = join(site.folder, life.device)
const refused: string[] = []
const device = makeDevice(site, {
  name: life.device,
  disk,
  trust: new Trust({ folder: join(folder, 'trust'), factoryRoot: site.root, disk }),
  ...(life.url ? { transport: httpTransport({ url: life.url }) } : {}),
  ...storyOptions(life.story),
  strategies: life.isDelta ? [deltaStrategy({ onTrouble: error => refused.push(String(error)) })] : [],
  // what the engine would load is what was signed, or this life ends as a failure
  swap: async to => {
    if (sha256(readFileSync(to.files.model!)) !== to.sha256) process.exit(3)
  },
})
device.watchers.push(({ state }) => {
  if (state === life.dieIn) process.kill(process.pid, 'SIGKILL')
})
actOut(device, life.story)
await device.client.start(new AbortController().signal)
if (sha256(readFileSync(device.client.running.files.model!)) !== device.client.running.sha256) process.exit(3)
process.stdout.write('started\n')
const wanted = life.story === 'update' ? 2 : 1
await device.until(s => isSettled(s) && s.running.release === wanted && (wanted === 2 || s.bad.length > 0))
await device.client.stop()
process.stdout.write(`${JSON.stringify({ calls: disk.calls, states: device.states, refused })}\n`)
