#!/usr/bin/env -S node --max-semi-space-size=2
/** The bin: exit 0 done, 1 failed, 2 misused. */
import { CommanderError } from 'commander'
import { describe, FieldmouseError } from '../base/errors.js'
import { showSourceLines } from '../base/source-lines.js'
import { program } from './program.js'

showSourceLines()

/**
 * Runs one command line.
 * @param words what stands behind `fieldmouse`
 * @returns the exit status
 */
async function main(words: readonly string[]): Promise<number> {
  const interrupt = new AbortController()
  // `run` has its own way to stop; for all others the first Ctrl-C cancels and the second ends
  if (words[0] !== 'run')
    for (const name of ['SIGINT', 'SIGTERM'] as const)
      process.on(name, () => {
        if (interrupt.signal.aborted) process.exit(1)
        interrupt.abort(new Error(`interrupted by ${name}`))
      })
  const out = (line: string) => void process.stdout.write(`${line}\n`)
  const err = (line: string) => void process.stderr.write(`${line}\n`)
  let code = 0
  try {
    const shell = { out, err, signal: interrupt.signal }
    const finish = (result: 0 | 1) => {
      code = result
    }
    const root = program(shell, finish)
    const ota = root.commands.find(command => command.name() === 'ota')
    if (ota && (words[0] === 'ota' || words[0] === 'help')) {
      const { registerOta } = await import('../../ota/cli.js')
      const openChannel = async (url: string) =>
        (await import('./blob-channel.js')).openChannel(url, interrupt.signal)
      const judgeAdapter = async (adapter: string, base: string) => {
        const { checkModel } = await import('../inference/model-files.js')
        await checkModel({ path: base, adapter: { path: adapter } }, { withHashes: true })
      }
      const judgeModel = async (family: string, model: string) => {
        const { CLASSIFIER } = await import('../line-classifier.js')
        if (family !== CLASSIFIER) return
        const { Classifier } = await import('../triage/classifier/classifier.js')
        Classifier.read(model)
      }
      const shipped = async () => {
        const { FACTORY_FAMILIES, factoryModelOf } = await import('../factory.js')
        return FACTORY_FAMILIES.map(family => factoryModelOf(family))
      }
      // carriage return, the line, the rest of what stood there taken away (ECMA-48: EL)
      const rewrite = (line: string) => void process.stderr.write(`\r${line}\u001b[K`)
      const onTerminal = process.stderr.isTTY ? { rewrite } : {}
      const judges = { judgeAdapter, judgeModel }
      registerOta(ota, { ...shell, ...onTerminal, openChannel, ...judges, shipped }, finish)
    }
    if (words.length === 0) {
      err(root.helpInformation())
      return 2
    }
    await root.parseAsync(words, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    // a catalogue's sentence says it all; its cause is for debuggers
    err(`fieldmouse: ${error instanceof FieldmouseError ? error.message : describe(error)}`)
    if (error instanceof FieldmouseError) err(`  -> ${error.remedy}`)
    return 1
  }
}

// a reader that closes early (`| head`) is no failure of ours
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
})
process.exitCode = await main(process.argv.slice(2))
