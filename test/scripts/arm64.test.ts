import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import t from 'tap'

/** Two minutes of emulation; `.ci/run` calls the script by itself, so that it runs once and not for every Node. */
const asked = process.env.FIELDMOUSE_TEST_ARM64 === '1'
const emulated = existsSync('/proc/sys/fs/binfmt_misc/qemu-aarch64')
const skip = asked
  ? false
  : `not run here: \`scripts/arm64-test\`, or FIELDMOUSE_TEST_ARM64=1 (emulation of arm64 is ${emulated ? 'there' : 'not set up'})`

t.test('the arm64 build answers on three Arm cores as it does here', { skip, timeout: 900_000 }, async t => {
  const { status, stdout } = spawnSync('scripts/arm64-test', { encoding: 'utf8' })
  t.equal(status, 0, stdout)
})
