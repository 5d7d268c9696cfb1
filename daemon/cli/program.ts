/**
 * Every command of the shell: its words, options and help. A command's code is imported when it runs, so that `--help`
 * and `say` start quickly. To add one: a file beside this one, and an entry here.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { packageVersion } from '../base/package-root.js'
import type { Flags } from '../config/environment.js'
import { fleetCommands } from './fleet-commands.js'
import { speechCommands } from './speech-commands.js'
import { updateCommands } from './update-commands.js'

/** What a command needs from the outside. */
export interface Shell {
  out(line: string): void
  /** For people: progress, reasons. Never data. */
  err(line: string): void
  /** Aborts when the user interrupts. */
  signal: AbortSignal
}

/** Says how it went: the exit status. */
export type Finish = (code: 0 | 1) => void

/** The whole program. `finish` is called once by the command that ran. */
export function program(shell: Shell, finish: Finish): Command {
  const root = new Command('fieldmouse')
    .description('A small-language-model daemon for devices in the field.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: text => shell.out(text.trimEnd()),
      writeErr: text => shell.err(text.trimEnd()),
    })
    .exitOverride()
  const command = (usage: string, description: string, options: Option[]) => {
    const added = root.command(usage).description(description)
    for (const option of options) added.addOption(option)
    return added
  }

  command('run', 'the daemon, until it is told to stop', [...CONFIG, ...DAEMON]).action(
    async (flags: Flags) => {
      // before the daemon is imported: both take as long
      const { SpareChild } = await import('../inference/fork.js')
      const spare = new SpareChild()
      try {
        const { run } = await import('./run.js')
        await run({ ...flags }, spare)
      } finally {
        spare.discard()
      }
      finish(0)
    },
  )

  command('doctor', 'board, profile, plan and why; every check with its remedy', [
    ...CONFIG,
    ...DAEMON,
    new Option(
      '--measure',
      'first measure how fast this board is (a minute; stop the daemon for true figures)',
    ),
    JSON_FLAG,
  ]).action(async ({ json, measure, ...flags }: Flags & { json?: boolean; measure?: boolean }) => {
    if (measure) {
      const { measureBoard } = await import('./measure-board.js')
      await measureBoard(flags, line => shell.err(`${line} ...`), shell.signal)
    }
    const { doctor, sayDoctor } = await import('./doctor.js')
    const report = await doctor({ flags, signal: shell.signal })
    shell.out(json ? JSON.stringify(report, null, 2) : sayDoctor(report))
    finish(report.ok ? 0 : 1)
  })

  command('say [words...]', 'one command to a running daemon over MQTT; prints its answer', [
    ...CONFIG,
    new Option('--file <file>', 'a spoken command instead of words: WAV or FLAC'),
    new Option('--area <name>', 'where it is said, for "here" and "the light"'),
    new Option('--dry-run', 'understand and check, but move nothing'),
    new Option('--yes', 'a risky command is meant: do not ask'),
    new Option('--session <name>', 'conversation that it belongs to; without it, that of the area'),
    new Option('--timeout <ms>', 'how long to wait for the answer').argParser(milliseconds).default(10_000),
    JSON_FLAG,
  ]).action(async (words: string[], o: Flags & SayFlags, self: Command) => {
    const { area, dryRun, yes, session, timeout, json, file, ...flags } = o
    if ((words.length === 0) === (file === undefined))
      self.error('error: give words, or a file of sound with --file')
    const { say } = await import('./say.js')
    const reply = await say({
      what: file === undefined ? { text: words.join(' ') } : { file },
      flags,
      timeoutMs: timeout,
      ...(area === undefined ? {} : { area }),
      ...(dryRun ? { dryRun } : {}),
      ...(yes ? { confirmed: true } : {}),
      ...(session === undefined ? {} : { session }),
      signal: shell.signal,
    })
    if (json) shell.out(JSON.stringify(reply))
    else if (reply.ok) shell.out(answerOf(reply.result))
    else {
      shell.out(reply.error?.message ?? 'It did not work.')
      if (reply.error?.remedy) shell.err(`  -> ${reply.error.remedy}`)
    }
    finish(reply.ok ? 0 : 1)
  })

  command(
    'parse',
    'rows of utterances to commands, nothing is moved (JSON Lines in and out, - for standard streams)',
    [
      ...CONFIG,
      MODEL_FLAG,
      new Option('--homes <file>', 'the homes that rows name').makeOptionMandatory(),
      new Option('--in <file>', 'rows: {id, home, utterance, context?}').default('-'),
      new Option('--out <file>', 'rows: {id, result, ms, confidence, stage, reason?}').default('-'),
    ],
  ).action(async (o: Flags & { homes: string; in: string; out: string }) => {
    const { homes, in: from, out: to, ...flags } = o
    const [{ parseFile }, { loadConfig }, { commandFiles }] = await Promise.all([
      import('./parse.js'),
      import('../config/load.js'),
      import('../active-files.js'),
    ])
    const { config } = loadConfig({ flags })
    const { model, commands } = config
    const rows = await parseFile(
      {
        homes,
        in: from,
        out: to,
        model: await commandFiles(config, shell.signal),
        minConfidence: commands.minConfidence,
        threads: model.threads === 'auto' ? 0 : model.threads,
      },
      shell.signal,
    )
    shell.err(`${rows} rows`)
    finish(0)
  })

  speechCommands(command, shell, finish)

  command(
    'triage',
    'what lines of logs and sensors mean: how bad, of what thing, why, what to do (JSON Lines in and out, - for standard streams)',
    [
      ...CONFIG,
      new Option('--in <file>', 'rows: {id, source?, line}, or a log as it is').default('-'),
      new Option(
        '--out <file>',
        'rows: {id, severity, category, component, needs_human, template_id, reason, ...}',
      ).default('-'),
      new Option(
        '--incidents <file>',
        'rows: {id, at, n, severity, summary, because}: the lines at which a person would be notified, by the time `t` of the rows',
      ),
      new Option('--no-model', 'plain code and code books only'),
    ],
  ).action(async (o: Flags & { in: string; out: string; incidents?: string; model?: boolean }) => {
    const { in: from, out: to, incidents, model: withModel, ...flags } = o
    const [{ triageFile }, { loadConfig }, { activeClassifier, lineFiles }] = await Promise.all([
      import('./triage.js'),
      import('../config/load.js'),
      import('../active-files.js'),
    ])
    const { config } = loadConfig({ flags })
    const model = withModel === false ? undefined : await lineFiles(config, shell.signal)
    const classifier = withModel === false ? undefined : await activeClassifier(config, shell.signal)
    const { rows, alarms, stages } = await triageFile(
      {
        ...(classifier ? { classifier } : {}),
        in: from,
        out: to,
        onPlain: () => shell.err(PLAIN_LOG),
        ...(incidents === undefined ? {} : { incidents }),
        ...(model ? { model } : {}),
        threads: config.model.threads === 'auto' ? 1 : config.model.threads,
      },
      shell.signal,
    )
    const by = Object.entries(stages).flatMap(([stage, n]) => (n > 0 ? [`${stage} ${n}`] : []))
    shell.err(`${rows} rows, ${alarms} alarms (${by.join(', ')})`)
    finish(0)
  })

  command(
    'templates',
    'which lines of logs and sensors say the same (JSON Lines in and out, - for standard streams)',
    [
      new Option('--in <file>', 'rows: {id, source?, line}, or a log as it is').default('-'),
      new Option('--out <file>', 'rows: {id, template_id, template}').default('-'),
    ],
  ).action(async (o: { in: string; out: string }) => {
    const { templatesFile } = await import('./templates.js')
    const rows = await templatesFile({ ...o, onPlain: () => shell.err(PLAIN_LOG) }, shell.signal)
    shell.err(`${rows} rows`)
    finish(0)
  })

  command(
    'detect',
    'alarms of a series of numbers, one an event (CSV in, JSON Lines out, - for standard streams)',
    [
      new Option('--in <file>', 'CSV: timestamp,value or timestamp and several named columns').default('-'),
      new Option('--out <file>', 'rows: {series, timestamp, score, reason}').default('-'),
      new Option('--series <name>', 'name in the output; without it that of the file'),
    ],
  ).action(async (o: { in: string; out: string; series?: string }) => {
    const { detectFile } = await import('./detect.js')
    const { rows, alarms, skipped } = await detectFile(o, shell.signal)
    shell.err(
      `${rows} rows, ${alarms} alarms${skipped ? `, ${skipped} rows with other columns left out` : ''}`,
    )
    finish(0)
  })

  command('demo', 'the story of the demo home, in well under a minute', []).action(async () => {
    const { demo } = await import('./demo.js')
    finish((await demo(shell.out, shell.signal)) ? 0 : 1)
  })

  updateCommands(root.command('ota').description('models over the air'), shell, finish)

  fleetCommands(
    root.command('fleet').description('one model to many devices: a canary first, then waves'),
    shell,
    finish,
  )

  const models = root.command('models').description('the catalog of models against this board')
  const aboutModels = (usage: string, description: string) => {
    const added = models.command(usage).description(description)
    for (const option of [...CONFIG, ...DAEMON]) added.addOption(option)
    return added
  }
  aboutModels('ls', 'every model file: what it needs, how fast it would be, the verdict')
    .addOption(JSON_FLAG)
    .action(async ({ json, ...flags }: Flags & { json?: boolean }) => {
      const { listModels, sayModels } = await import('./models.js')
      const rows = await listModels(flags)
      shell.out(json ? JSON.stringify(rows, null, 2) : sayModels(rows))
      finish(0)
    })
  aboutModels('explain [name]', 'one model in full; without a name the one for commands').action(
    async (name: string | undefined, flags: Flags) => {
      const { explainModel } = await import('./models.js')
      shell.out(await explainModel(flags, name))
      finish(0)
    },
  )

  const bench = root.command('bench').description('figures with their baselines in the same run')
  bench
    .command('command')
    .description('what a client sees over MQTT, beside bare inference')
    .addOption(JSON_FLAG)
    .action(async ({ json }: { json?: boolean }) => {
      const { benchCommand, sayBench } = await import('./bench/command.js')
      const figures = await benchCommand(line => shell.err(`${line} ...`), shell.signal)
      shell.out(json ? JSON.stringify(figures, null, 2) : sayBench(figures))
      finish(0)
    })
  bench
    .command('board')
    .description(
      'what the plan predicts, beside what is measured, for models of real shapes (0.8 GB of disk)',
    )
    .addOption(JSON_FLAG)
    .action(async ({ json }: { json?: boolean }) => {
      const { benchBoard, sayBoardFigures } = await import('./bench/board.js')
      const figures = await benchBoard(line => shell.err(`${line} ...`), shell.signal)
      shell.out(json ? JSON.stringify(figures, null, 2) : sayBoardFigures(figures))
      finish(0)
    })
  bench
    .command('triage')
    .description('how fast lines and numbers are judged, beside a plain Drain on the same lines')
    .addOption(
      new Option('--lines <n>', 'lines of known templates, 1000 to 10000000')
        .argParser(benchLines)
        .default(1_000_000),
    )
    .addOption(JSON_FLAG)
    .action(async ({ lines, json }: { lines: number; json?: boolean }) => {
      const [{ benchTriage }, { sayTriageFigures }] = await Promise.all([
        import('./bench/triage.js'),
        import('./bench/say-triage.js'),
      ])
      const figures = await benchTriage({ lines }, line => shell.err(`${line} ...`), shell.signal)
      shell.out(json ? JSON.stringify(figures, null, 2) : sayTriageFigures(figures))
      finish(0)
    })
  bench
    .command('ota')
    .description('what updates cost the device that takes them, with commands going on meanwhile')
    .addOption(
      new Option('--updates <n>', 'how many, 1 to 50')
        .argParser(text => {
          const n = Number(text)
          if (!Number.isInteger(n) || n < 1 || n > 50) throw new InvalidArgumentError('Expected 1 to 50.')
          return n
        })
        .default(5),
    )
    .addOption(JSON_FLAG)
    .action(async ({ updates, json }: { updates: number; json?: boolean }) => {
      const { benchOta, sayOtaFigures } = await import('./bench/ota.js')
      const figures = await benchOta({ updates }, line => shell.err(`${line} ...`), shell.signal)
      shell.out(json ? JSON.stringify(figures, null, 2) : sayOtaFigures(figures))
      finish(0)
    })
  bench
    .command('fleet')
    .description('what a rollout costs its operator, beside telling every device at once (simulated devices)')
    .addOption(
      new Option('--devices <n>', 'how many, 50 to 100000')
        .argParser(text => {
          const n = Number(text)
          if (!Number.isInteger(n) || n < 50 || n > 100_000)
            throw new InvalidArgumentError('Expected 50 to 100000.')
          return n
        })
        .default(2_000),
    )
    .addOption(new Option('--broker <url>', 'a broker for it; default: one of its own'))
    .addOption(JSON_FLAG)
    .action(async ({ devices, broker, json }: { devices: number; broker?: string; json?: boolean }) => {
      const { benchFleet, sayFleetFigures } = await import('./bench/fleet.js')
      const what = { devices, ...(broker === undefined ? {} : { broker }) }
      const figures = await benchFleet(what, line => shell.err(`${line} ...`), shell.signal)
      shell.out(json ? JSON.stringify(figures, null, 2) : sayFleetFigures(figures))
      finish(0)
    })
  return root
}

interface SayFlags {
  file?: string
  area?: string
  dryRun?: boolean
  yes?: boolean
  session?: string
  timeout: number
  json?: boolean
}

const PLAIN_LOG = 'a log as it is, not rows of JSON: lines are numbered, the source is the name of the file'
const JSON_FLAG = new Option('--json', 'print JSON')
const MODEL_FLAG = new Option('--model <file>', 'model file (GGUF)')
/** Which daemon is meant. */
const CONFIG = [
  new Option('--config <file>', 'configuration file (YAML)'),
  new Option('--id <name>', 'name of the device'),
  new Option('--broker <address>', 'a URL, or embedded:PORT'),
]
const DAEMON = [
  new Option('--data <folder>', 'folder for state'),
  new Option('--home <file>', 'home file'),
  MODEL_FLAG,
  new Option('--board-root <folder>', 'where /proc, /sys and /etc of a recorded board are'),
  new Option('--log-level <level>', 'trace, debug, info, warn, error or silent'),
  new Option('--log-format <format>', 'auto, text or json'),
]

function milliseconds(text: string): number {
  const ms = Number(text)
  if (!Number.isInteger(ms) || ms < 1 || ms > 3_600_000)
    throw new InvalidArgumentError('Expected a whole number of milliseconds, 1 to 3600000.')
  return ms
}

function benchLines(text: string): number {
  const lines = Number(text)
  if (!Number.isInteger(lines) || lines < 1_000 || lines > 10_000_000)
    throw new InvalidArgumentError('Expected a whole number of lines, 1000 to 10000000.')
  return lines
}

function answerOf(result: unknown): string {
  const text = (result as { text?: unknown } | undefined)?.text
  return typeof text === 'string' && text !== '' ? text : 'Done.'
}
