/**
 * Loaded into every test by tap (`node-arg` in package.json). Tap has each process of Node that a test starts load a hook
 * that notes what it imports, for figures of coverage which nobody asks for here. To start an inference process took 0.98 s
 * of processor time with it, 0.40 s without: daemons, models and updaters under test now run as they ship.
 */
import { createRequire } from 'node:module'

const tap = createRequire(createRequire(import.meta.url).resolve('@tapjs/processinfo'))
const { removeAllListeners } = tap('process-on-spawn') as { removeAllListeners(): void }
removeAllListeners()

const HOOK = /"?--import=[^" ]*@tapjs\/processinfo[^" ]*"?/
const options = process.env.NODE_OPTIONS?.replace(HOOK, '').trim()
if (options) process.env.NODE_OPTIONS = options
else delete process.env.NODE_OPTIONS
