import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const SCRIPT = fileURLToPath(new URL('../../../daemon/base/source-lines.js', import.meta.url))
const ERRORS = fileURLToPath(new URL('../../../daemon/base/errors.js', import.meta.url))

/** What a process says that ends by an error. */
function lastWords(t: Test, failure: string): string {
  const code = `
    const { showSourceLines } = await import(${JSON.stringify(SCRIPT)})
    const { defineErrors } = await import(${JSON.stringify(ERRORS)})
    showSourceLines()
    ${failure}`
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
  })
  t.not(status, 0)
  return stderr
}

t.test('an error that ends a process shows where it was made, in TypeScript', async t => {
  const said = lastWords(
    t,
    `throw defineErrors({
    gone: { says: () => 'it is gone', remedy: 'Find it.' } }).gone({ what: 'x' })`,
  )
  t.match(said, /FieldmouseError: it is gone/)
  t.match(said, /at .*daemon\/base\/errors\.ts:\d+:\d+/)
  t.notMatch(said, /at .*dist\/daemon\/base\/errors\.js/)
})

t.test('what cannot be printed is printed all the same', async t => {
  const said = lastWords(t, `throw Object.assign(new Error('x'), { toString() { throw new Error('no') } })`)
  t.match(said, /cannot be printed/)
})
