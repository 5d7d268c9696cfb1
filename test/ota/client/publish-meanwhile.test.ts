import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { codeOf } from '../../../daemon/base/errors.js'
import { publish } from '../../../ota/publisher/publish.js'
import { rotate } from '../../../ota/publisher/rotate.js'
import { serve } from '../../../ota/publisher/serve.js'
import { folderTransport } from '../../../ota/transport/folder.js'
import { httpTransport } from '../../../ota/transport/http-range.js'
import { makeDevice, makeSite, type Site } from '../../support/repository.js'
import { sweep } from '../../support/sweep.js'

t.setTimeout(150_000)
/** With renewals, releases and new keys of both roles among them. */
const PUBLISHES = { folder: sweep(60, 200), 'web server': 60 }

/** Another key for a role, and the one before counts no more. */
async function exchange(site: Site, role: 'timestamp' | 'snapshot'): Promise<void> {
  const { repository, keys } = site
  const { keyIDs } = (await repository.published('root')).signed.roles[role]!
  await rotate({ repository, role, add: 1, remove: keyIDs, keys })
  await site.signAndPublish()
}

/** Publishes as often as it can: renewals, releases, new keys. */
async function publishAll(site: Site, count: number): Promise<number> {
  let release = 1
  for (let i = 1; i <= count; i++) {
    if (i % 25 === 0) await exchange(site, i % 50 === 0 ? 'snapshot' : 'timestamp')
    else if (i % 10 === 0) await site.release(++release, { deltas: false })
    else await publish({ repository: site.repository, keys: [site.keys] })
  }
  return release
}

for (const way of ['folder', 'web server'] as const)
  t.test(`who looks into a ${way} while it is published comes back soon, and ends well`, async t => {
    const site = await makeSite(t)
    await mkdir(join(site.folder, 'made'), { recursive: true })
    await site.release(1, { deltas: false })
    const server = way === 'folder' ? undefined : await serve({ folder: site.repository.folder })
    t.teardown(() => server?.close())
    const transport = server ? httpTransport({ url: server.url }) : folderTransport(site.repository.folder)
    const device = makeDevice(site, { transport, watchMs: 1 })
    t.teardown(() => device.client.stop())
    await device.client.start(new AbortController().signal)
    let isOver = false
    let looks = 0
    const looking = (async () => {
      while (!isOver) {
        // one that failed must come back by itself
        if (device.client.status().state === 'idle') {
          looks++
          device.client.check()
        }
        await new Promise(resolve => setTimeout(resolve, 3))
      }
    })()
    try {
      const newest = await publishAll(site, PUBLISHES[way])
      // a look that began before the last release does not see it: the looking goes on
      await device.until(s => s.state === 'idle' && s.running.release === newest, 60_000)
    } finally {
      isOver = true
      await looking
    }
    t.ok(looks > 20, `${looks} looks`)
    const codes = [...new Set(device.troubles.map(codeOf))]
    t.comment(`${looks} looks, ${device.troubles.length} troubles: ${codes}`)
    // a root that is newer than the timestamp beside it, or the other way round, and what came between two reads
    const known = ['signatures_not_enough', 'metadata_mismatch', 'metadata_malformed', 'source_not_found']
    t.strictSame(
      codes.filter(code => !known.includes(String(code))),
      [],
    )
  })
