/** Options that the environment or a flag can set, and how. */
export interface Override {
  /** Environment variable. */
  variable: string
  /** Flag of `fieldmouse run` and of every command that reads the configuration. */
  flag: keyof Flags
  sentence: string
  /** What it sets; undefined removes what the file says. Values are checked by the schema like any other. */
  sets(value: string): [path: string, value: unknown][]
}

/** What the shell gave. Commander's names of the flags. */
export interface Flags {
  config?: string
  id?: string
  broker?: string
  data?: string
  home?: string
  model?: string
  boardRoot?: string
  logLevel?: string
  logFormat?: string
}

/** The file to read; handled apart, since it comes before everything else. */
export const CONFIG_VARIABLE = {
  variable: 'FIELDMOUSE_CONFIG',
  sentence: 'Configuration file (YAML). Without it every option has its default.',
}

export const OVERRIDES: readonly Override[] = [
  {
    variable: 'FIELDMOUSE_ID',
    flag: 'id',
    sentence: 'Name of this device: `id`.',
    sets: value => [['id', value]],
  },
  {
    variable: 'FIELDMOUSE_BROKER',
    flag: 'broker',
    sentence:
      'A URL (`mqtt://host:1883`, `mqtts://host:8883`), or `embedded:PORT`: `broker.kind` and `broker.url` or `broker.port`.',
    sets: brokerFrom,
  },
  {
    variable: 'FIELDMOUSE_DATA',
    flag: 'data',
    sentence: 'Folder for state: `data_dir`.',
    sets: value => [['data_dir', value]],
  },
  {
    variable: 'FIELDMOUSE_HOME',
    flag: 'home',
    sentence: 'Home file: `home.file`.',
    sets: value => [['home.file', value]],
  },
  {
    variable: 'FIELDMOUSE_MODEL',
    flag: 'model',
    sentence: 'Model file (GGUF): `model.file`. A `model.sha256` of the file is not applied to it.',
    sets: value => [
      ['model.file', value],
      ['model.sha256', undefined],
    ],
  },
  {
    variable: 'FIELDMOUSE_BOARD_ROOT',
    flag: 'boardRoot',
    sentence: 'Where /proc, /sys and /etc of the board are, for recorded boards: `board.root`.',
    sets: value => [['board.root', value]],
  },
  {
    variable: 'FIELDMOUSE_LOG_LEVEL',
    flag: 'logLevel',
    sentence: 'Least serious level that is printed: `log.level`.',
    sets: value => [['log.level', value]],
  },
  {
    variable: 'FIELDMOUSE_LOG_FORMAT',
    flag: 'logFormat',
    sentence: 'auto, text or json: `log.format`.',
    sets: value => [['log.format', value]],
  },
]

/** `logLevel` as it is written on the shell: `--log-level`. */
export function flagName(flag: keyof Flags): string {
  return `--${flag.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`)}`
}

/** `embedded`, `embedded:PORT`, or a URL. What is neither goes to the schema as a URL, which refuses it. */
function brokerFrom(value: string): [string, unknown][] {
  const embedded = /^embedded(?::(.*))?$/.exec(value)
  if (!embedded)
    return [
      ['broker.kind', 'external'],
      ['broker.url', value],
    ]
  const port = embedded[1]
  return [
    ['broker.kind', 'embedded'],
    ['broker.url', undefined],
    ...(port === undefined
      ? []
      : [['broker.port', /^\d+$/.test(port) ? Number(port) : port] as [string, unknown]]),
  ]
}
