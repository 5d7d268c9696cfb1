import { z } from '../base/schema.js'
import { Board, Governor, Model } from './board.js'
import { Broker, name } from './broker.js'
import { Ota } from './ota.js'
import { Sources } from './sources.js'
import { Voice } from './voice.js'

/**
 * Every option once: its type, range, default and a sentence. The sample file and the reference page are printed from
 * here. Names are snake_case and end in their unit; the loaded `Config` has the same names in camelCase.
 */

const path = z.string().min(1)
const whole = (least: number, most: number) => z.int().min(least).max(most)

const Home = z
  .strictObject({
    file: path.optional().describe('Home file (YAML): areas, devices, names. Without it: the demo home.'),
    discovery: z
      .enum(['on', 'off'])
      .default('on')
      .describe('Whether devices that announce themselves by Home Assistant MQTT discovery join the home.'),
    discovery_prefix: z
      .string()
      .regex(/^[^+#\s]+$/, 'expected a topic without wildcards')
      .default('homeassistant')
      .describe('First level of the discovery topics.'),
  })
  .describe('The devices that commands can move.')

const Requests = z
  .strictObject({
    queue_length: whole(1, 10_000)
      .default(64)
      .describe('Requests that may wait; one more is answered `busy`.'),
    concurrency: whole(1, 64)
      .default(4)
      .describe('Requests handled side by side; those that wait for a device do not hold the model.'),
    default_timeout_ms: whole(100, 3_600_000)
      .default(60_000)
      .describe('Longest time for a request from arrival to answer, when its sender gives no shorter one.'),
    max_text_bytes: whole(16, 1_048_576)
      .default(4096)
      .describe('Largest text of a command or question, in bytes of UTF-8.'),
    dedupe_minutes: whole(0, 1440)
      .default(10)
      .describe(
        'How long a request is remembered, so that the same one delivered again is not done again; 0 is off.',
      ),
  })
  .describe('How many requests are taken, and for how long.')

const riskWord = z.enum(['confirm', 'allow', 'forbid']).default('confirm')

const Commands = z
  .strictObject({
    min_confidence: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe(
        'Below this confidence (0 to 1) a command is not acted on but refused as `not_sure`. The confidence of the factory model is the probability that exactly the right thing happens: 0.8 where a wrong move is four times as bad as asking again.',
      ),
    confirm_timeout_ms: whole(50, 600_000)
      .default(3000)
      .describe('How long a device may take to say that it did what it was told.'),
    session_seconds: whole(0, 86_400)
      .default(120)
      .describe(
        'How long the last command and an open question are remembered ("and the bedroom too", "undo that"); 0 is off.',
      ),
    ask_below: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe(
        'Below this confidence (0 to 1) a command is asked about before it is done ("Do you mean ..."); 0 never asks.',
      ),
    risk: z
      .strictObject({
        unlock: riskWord.describe('Locks: unlocking.'),
        open_garage: riskWord.describe('Garage doors, gates and doors that a motor moves: opening.'),
        open_valve: riskWord.describe('Water and gas valves: opening.'),
        heat: riskWord.describe(
          'Ovens, stoves, heaters and the like, also on an outlet: on, or hotter. Room thermostats are not meant.',
        ),
      })
      .prefault({})
      .describe('Risky commands: `confirm` asks first, `allow` does them, `forbid` never does them.'),
    memo_entries: whole(0, 100_000)
      .default(500)
      .describe(
        'Readings of sentences kept in memory, so that a sentence said before needs no model; 0 is off.',
      ),
  })
  .describe('How commands are carried out.')

const share = z.number().min(0).max(1)
const Triage = z
  .strictObject({
    model: z
      .enum(['factory', 'off'])
      .default('factory')
      .describe(
        'What reads lines that plain code and code books are unsure of; off leaves them to plain code.',
      ),
    model_file: path.optional().describe('A GGUF file for lines. Without it: the one that ships.'),
    model_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits in lower case')
      .optional()
      .describe('SHA-256 that `model_file` must have.'),
    classifier: z
      .enum(['on', 'off'])
      .default('on')
      .describe('Whether a classifier weighs what plain code says of a line.'),
    classifier_file: path
      .optional()
      .describe(
        'Weights of your own for the classifier (scripts/train/README.md). Without it: those that ship, or came over the air.',
      ),
    ask_below: share
      .default(0.55)
      .describe('Plain code that is less sure of a line than this asks the model.'),
    believe_from: share
      .default(0.7)
      .describe('A model that is less sure of a line than this is not believed.'),
    numbers: z
      .enum(['on', 'off'])
      .default('on')
      .describe(
        'Whether numbers in JSON, key=value, CSV and SenML lines are followed and unusual ones told.',
      ),
    limits: z
      .array(
        z.strictObject({
          source: z.string().min(1).max(128).optional().describe('Source that it is for. Without it: all.'),
          name: z.string().min(1).max(128).describe('Name of the number, as the lines have it.'),
          low_low: z.number().optional().describe('Below this it is critical.'),
          low: z.number().optional().describe('Below this it is a warning.'),
          high: z.number().optional().describe('Above this it is a warning.'),
          high_high: z.number().optional().describe('Above this it is critical.'),
          per_minute: z.number().positive().optional().describe('Most change in one minute.'),
          deadband: z
            .number()
            .min(0)
            .default(0)
            .describe('So far back inside it must be before the alarm is over.'),
        }),
      )
      .max(1_000)
      .default([])
      .describe('Limits for numbers in lines.'),
    templates_per_source: whole(100, 100_000)
      .default(5_000)
      .describe('Kinds of lines remembered for one source; the one not seen for longest goes.'),
    on_delay_s: whole(0, 3_600)
      .default(60)
      .describe('An alarm of severity warning must last so long before anybody hears of it (ISA-18.2).'),
    critical_on_delay_s: whole(0, 3_600)
      .default(5)
      .describe('The same for severity critical; an emergency is told at once.'),
    off_delay_s: whole(0, 86_400)
      .default(600)
      .describe('An alarm must be gone so long before it counts as returned.'),
    flood_alarms: whole(2, 1_000)
      .default(10)
      .describe(
        'More notifications than this in ten minutes are a flood: the rest is told in summaries (EEMUA 191).',
      ),
    time_zone: z.string().min(1).default('UTC').describe('IANA name, for times in summaries of incidents.'),
    home_assistant: z
      .enum(['on', 'off'])
      .default('off')
      .describe('Whether incidents are announced to Home Assistant by MQTT discovery.'),
  })
  .describe('What lines of logs and sensors mean, and what becomes of alarms.')

const Log = z
  .strictObject({
    level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('Least serious level that is printed. What people say is printed at debug and below only.'),
    format: z
      .enum(['auto', 'text', 'json'])
      .default('auto')
      .describe('json lines for collectors, text for people; auto is text on a terminal.'),
  })
  .describe('What is printed on standard output.')

const Demo = z
  .strictObject({
    virtual_devices: z
      .boolean()
      .optional()
      .describe(
        'Whether pretended devices answer for the home. Without it: yes for the demo home, no for any other.',
      ),
  })
  .describe('For trying out.')

export const ConfigSchema = z.strictObject({
  id: name
    .refine(id => id !== 'group' && id !== 'fleet', '`group` and `fleet` are taken by the topic tree')
    .default('demo')
    .describe('Name of this device in topics. Unique among the devices of a broker.'),
  root_topic: z
    .string()
    .regex(/^[^+#$/\s][^+#/\s]*(\/[^+#/\s]+)*$/, 'expected topic levels divided by `/`, without wildcards')
    .max(128)
    .default('fieldmouse')
    .describe('First level or levels of every topic.'),
  data_dir: path
    .default('.fieldmouse')
    .describe(
      'Folder for state; nothing is written outside it. Relative paths in a file start at the folder of that file, the default at the current folder.',
    ),
  broker: Broker.prefault({}),
  home: Home.prefault({}),
  model: Model.prefault({}),
  board: Board.prefault({}),
  governor: Governor.prefault({}),
  requests: Requests.prefault({}),
  commands: Commands.prefault({}),
  sources: Sources.prefault({}),
  triage: Triage.prefault({}),
  voice: Voice.prefault({}),
  ota: Ota.prefault({}),
  log: Log.prefault({}),
  demo: Demo.prefault({}),
})

/** The shape of a file. */
export type ConfigFile = z.input<typeof ConfigSchema>

/** Options that are paths: made absolute while loading. */
export const PATH_OPTIONS: readonly string[] = [
  'data_dir',
  'home.file',
  'model.file',
  'triage.model_file',
  'triage.classifier_file',
  'voice.engines.pocketsphinx.model_dir',
  'voice.engines.sherpa.model',
  'voice.engines.sherpa.package_folder',
  'ota.folder',
  'ota.root',
  'ota.token_file',
  'board.root',
  'board.profiles_dir',
  'broker.password_file',
  'broker.ca_file',
  'broker.cert_file',
  'broker.key_file',
]

type CamelKey<S extends string> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<CamelKey<B>>}` : S
/** The same value, read-only and with camelCase keys. */
export type Camel<T> = T extends readonly (infer U)[]
  ? readonly Camel<U>[]
  : T extends object
    ? { readonly [K in keyof T as CamelKey<K & string>]: Camel<T[K]> }
    : T

type Checked = Camel<z.output<typeof ConfigSchema>>

/** The configuration as the daemon uses it: frozen, camelCase, paths absolute, no home or client left unnamed. */
export type Config = Omit<Checked, 'home' | 'broker' | 'demo'> & {
  readonly home: Omit<Checked['home'], 'file'> & { readonly file: string }
  readonly broker: Omit<Checked['broker'], 'clientId'> & { readonly clientId: string }
  readonly demo: { readonly virtualDevices: boolean }
}
