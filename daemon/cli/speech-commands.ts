/** The commands of the shell about speech. */
import { type Command, Option } from 'commander'
import type { Flags } from '../config/environment.js'
import type { Finish, Shell } from './program.js'

const CONFIG = new Option('--config <file>', 'configuration file (YAML)')
const SOUND = new Option('--in <files...>', 'WAV or FLAC, 8 to 96 kHz').makeOptionMandatory()

/** @param command adds a command to the program */
export function speechCommands(
  command: (usage: string, description: string, options: Option[]) => Command,
  shell: Shell,
  finish: Finish,
): void {
  command(
    'transcribe',
    'what is said in files of sound, as far as this home can be spoken to (JSON Lines out)',
    [
      CONFIG,
      new Option('--home <file>', 'home file'),
      SOUND,
      new Option('--out <file>', 'rows: {id, text, confidence, ms}; - is standard output').default('-'),
    ],
  ).action(async ({ in: files, out, ...flags }: Flags & { in: string[]; out: string }) => {
    const { transcribeFiles } = await import('./transcribe.js')
    const { rows, failed } = await transcribeFiles({ files, out, flags }, shell.signal)
    shell.err(`${counted(rows)}${failed ? `, ${failed} could not be read` : ''}`)
    finish(failed ? 1 : 0)
  })

  command('listen', 'orders to one appliance in files of sound: speech to intent (JSON Lines out)', [
    CONFIG,
    new Option('--vocabulary <file>', 'what can be said to the appliance (JSON)').makeOptionMandatory(),
    SOUND,
    new Option(
      '--out <file>',
      'rows: {id, text, intent, slots, confidence, ms}; - is standard output',
    ).default('-'),
  ]).action(async ({ in: files, out, vocabulary, ...flags }: Flags & ListenFlags) => {
    const [{ listenFiles }, { loadConfig }, { speechEngineFor }, { systemClock }, { errors }] =
      await Promise.all([
        import('./listen.js'),
        import('../config/load.js'),
        import('../speech-engine.js'),
        import('../base/clock.js'),
        import('../voice/errors.js'),
      ])
    const { voice } = loadConfig({ flags }).config
    const engine = await speechEngineFor(voice, systemClock, () => {})
    if ('none' in engine) throw errors.speech_engine_missing({ engine: voice.engine, missing: engine.none })
    const told = await listenFiles({ in: files, out, vocabulary, engine }, shell.signal)
    shell.err(
      `${counted(told.files)}, ${told.orders} of them orders${told.failed ? `, ${told.failed} could not be read` : ''}`,
    )
    finish(told.failed ? 1 : 0)
  })
}

interface ListenFlags {
  in: string[]
  out: string
  vocabulary: string
}

const counted = (files: number) => `${files} file${files === 1 ? '' : 's'}`
