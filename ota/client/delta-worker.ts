/** The thread in which a model is made from another: it looks at files, and asks its owner for everything else. */
import { open } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { describe } from '../../daemon/base/errors.js'
import { applyDelta } from '../format/apply-delta.js'
import type { ByteSource } from '../format/byte-source.js'
import { type DeltaIndex, readDeltaIndex } from '../format/delta-index.js'
import { type Growing, readable } from '../format/growing.js'
import { makeManifest } from '../format/make-manifest.js'
import { formatManifest, type Manifest, MOST_PADDING_BYTES, parseManifest } from '../format/manifest.js'
import { planDelta } from '../format/plan-delta.js'
import type { FromThread, ThreadAnswer, ToThread, Wanted } from './delta-thread.js'

const job = workerData as ToThread
const port = parentPort!
const say = (message: FromThread) => port.postMessage(message)
const waiting = new Map<number, (answer: ThreadAnswer) => void>()
let asked = 0

/** One message there, one back. */
function ask(make: (id: number) => FromThread): Promise<ThreadAnswer> {
  const id = ++asked
  return new Promise(resolve => {
    waiting.set(id, resolve)
    say(make(id))
  })
}
port.on('message', (answer: ThreadAnswer) => {
  waiting.get(answer.id)?.(answer)
  waiting.delete(answer.id)
})

/** A sign of life for each few megabytes of work that asks for nothing. */
const CHUNKS_A_SIGN = 64
let worked = 0
function alive(): void {
  if (++worked % CHUNKS_A_SIGN === 0) say({ say: 'alive' })
}

const from = (of: Wanted['of']): ByteSource => ({
  isStream: true,
  async read(offset, length, _signal, through) {
    const read = { of, offset, length, ...(through === undefined ? {} : { through }) }
    return (await ask(id => ({ say: 'read', id, read }))).bytes!
  },
})

async function oldManifest(): Promise<Manifest> {
  if (job.old.manifest !== undefined) return parseManifest(JSON.parse(job.old.manifest))
  const manifest = await makeManifest(job.old.path, { onProgress: alive })
  // of a file that is not what it was, what is left may still be of use now
  if (manifest.sha256 === job.old.sha256) say({ say: 'old manifest', text: formatManifest(manifest) })
  return manifest
}

async function build(): Promise<void> {
  const target = parseManifest(JSON.parse(job.target))
  const old = await oldManifest()
  const index = await indexOf()
  const { deltaBytes, fullBytes } = planDelta(old, target, index)
  const share = (deltaBytes + fullBytes) / target.length
  if (share >= job.mostShare)
    return say({ say: 'failed', problem: `${Math.round(share * 100)} % of the file would have to come` })
  const part = await open(job.partPath, 'r')
  // the same memory for every chunk, seen from both sides: one is written before the next is made
  const shared = new Uint8Array(new SharedArrayBuffer(Math.max(target.chunk_bytes, MOST_PADDING_BYTES)))
  const there = readable(part)
  const out: Growing = {
    size: there.size,
    read: (offset, length, into) => {
      alive()
      return there.read(offset, length, into)
    },
    truncate: async length => void (await ask(id => ({ say: 'truncate', id, length }))),
    append: async (bytes, _offset, fetchedBytes) => {
      shared.set(bytes)
      await ask(id => ({ say: 'append', id, bytes: shared.subarray(0, bytes.length), fetchedBytes }))
    },
    // its owner's, when all is done
    sync: async () => {},
  }
  const applied = await applyDelta({
    old: { path: job.old.path, manifest: old },
    target,
    expected: job.expected,
    ...(index ? { delta: { index, source: from('delta') } } : {}),
    full: from('full'),
    out,
    onPlan: plan => say({ say: 'plan', ...plan }),
  })
  await part.close()
  say({ say: 'done', applied })
}

async function indexOf(): Promise<DeltaIndex | undefined> {
  if (!job.index) return undefined
  const { bytes, sha256 } = job.index
  return readDeltaIndex(
    { read: async (offset, length) => bytes.subarray(offset, offset + length) },
    { sha256 },
  )
}

// on Linux a priority is a thread's own, elsewhere the whole daemon's. @source setpriority(2), "C library/kernel differences"
if (process.platform === 'linux')
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch {
    // it is made all the same
  }
build().then(
  () => port.close(),
  error => say({ say: 'failed', problem: describe(error) }),
)
