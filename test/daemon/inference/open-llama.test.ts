import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import t from 'tap'
import { engineVersion } from '../../../daemon/inference/engine-version.js'
import { KNOWN_ENGINE, openLlama, prebuilt } from '../../../daemon/inference/open-llama.js'

const here = `${process.platform}-${process.arch}`
const needed = /^linux-(x64|arm64)$/.test(here) ? {} : { skip: `no shortcut on ${here}` }

t.test('the engine that is installed is the one whose inside is known', needed, async t => {
  t.equal(engineVersion(), KNOWN_ENGINE, 'look open-llama.ts up in the new version')
  t.equal(prebuilt('node-llama-cpp 3.22.0'), undefined, 'another one goes through its own door')
})

t.test('the binary of the package is opened without a process that tries it first', needed, async t => {
  const started: unknown[] = []
  const listen = (message: unknown) => started.push(message)
  subscribe('child_process', listen)
  t.teardown(() => unsubscribe('child_process', listen))
  const llama = await openLlama('off', () => {})
  t.teardown(() => llama.dispose())
  t.match(llama, { buildType: 'prebuilt', gpu: false, disposed: false })
  t.equal(started.length, 0)
})
