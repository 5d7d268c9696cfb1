import { z } from '../base/schema.js'
import { Ota } from './ota.js'
import { Sources } from './sources.js'
import { Voice } from './voice.js'

/**
 * Every option once: its type, range, default and a sentence. The sample file and the reference page are printed from
 * here. Names are snake_case and end in their unit; the loaded `Config` has the same names in camelCase.
 */

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    'expected 1 to 64 letters, digits, `-`, `_` or `.`, not a dot first',
  )
const path = z.string().min(1)
const whole = (least: number, most: number) => z.int().min(least).max(most)

const Broker = z
  .strictObject({
    kind: z
      .enum(['embedded', 'external'])
      .default('embedded')
      .describe('embedded runs a broker for this one device; external connects to the one at `url`.'),
    url: z
      .string()
      .regex(
        /^(mqtts?|tcp|ssl|wss?):\/\/[^/\s]+(\/\S*)?$/,
        'expected mqtt://, mqtts://, ws:// or wss://host:port',
      )
      .optional()
      .describe('Where the external broker listens: mqtt://, mqtts://, ws:// or wss://, host and port.'),
    port: whole(0, 65535)
      .default(1883)
      .describe('Port of the embedded broker on 127.0.0.1; 0 takes a free one.'),
    program: z
      .enum(['auto', 'mosquitto', 'aedes'])
      .default('auto')
      .describe(
        'What the embedded broker is: the mosquitto program (MQTT 5), aedes inside the process (MQTT 3.1.1), or mosquitto where it is installed and else aedes.',
      ),
    username: z.string().min(1).optional().describe('User name at the external broker.'),
    password_file: path
      .optional()
      .describe('File whose first line is the password; read again at every try.'),
    ca_file: path.optional().describe("PEM file of the authority that signed the broker's certificate."),
    cert_file: path
      .optional()
      .describe("PEM file of this device's certificate, for brokers that ask for one."),
    key_file: path.optional().describe("PEM file of this device's private key, without a passphrase."),
    client_id: name.optional().describe('MQTT client id. Without it: `fieldmouse-` and the id.'),
    groups: z
      .array(name)
      .max(32)
      .default([])
      .describe('Groups whose requests (`<root>/group/<group>/request/...`) this device answers too.'),
    share: name
      .optional()
      .describe(
        'Name of a shared subscription (MQTT 5): devices with the same name divide the requests of their groups. Without it each device answers each.',
      ),
  })
  .describe('The MQTT broker.')

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

const Model = z
  .strictObject({
    file: path.optional().describe('A GGUF file. Without it: what the plan for this board picks.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits in lower case')
      .optional()
      .describe('SHA-256 that `file` must have; checked before the model is loaded.'),
    threads: z
      .union([z.literal('auto'), whole(1, 256)])
      .default('auto')
      .describe(
        'Threads of one completion. auto measures what is fastest on this board when the model loads.',
      ),
    gpu: z
      .enum(['off', 'cuda', 'vulkan'])
      .default('off')
      .describe(
        'Where the model is computed: off is the CPU, which is faster for the factory model. The others need a build of node-llama-cpp for them (docs/boards.md).',
      ),
    sequences: whole(1, 64)
      .optional()
      .describe('Completions side by side. Without it: what the plan for this board says.'),
    context_tokens: whole(64, 131072)
      .optional()
      .describe('Tokens of one request, prompt and answer. Without it: what the plan says.'),
  })
  .describe('The language model.')

const Board = z
  .strictObject({
    root: path
      .default('/')
      .describe(
        'Where /proc, /sys and /etc of the board are; another folder for recorded boards and containers.',
      ),
    profiles_dir: path
      .optional()
      .describe(
        'Folder with `boards` and `models` of your own (YAML as in device-profiles/); a name that ships is replaced.',
      ),
    measure: z
      .enum(['first_start', 'always', 'never'])
      .default('first_start')
      .describe(
        'When models that are installed are measured on this board: once (kept until hardware or file changes), at every start, or never.',
      ),
    measure_seconds: whole(1, 600)
      .default(40)
      .describe('About how long `doctor --measure` times random weights; loading comes on top.'),
    least_tokens_per_second: z
      .number()
      .min(0)
      .max(1000)
      .default(5)
      .describe(
        'Models that write free answers must reach this rate; 5 is about as fast as one reads aloud.',
      ),
    first_token_ms: whole(100, 600_000)
      .default(5000)
      .describe('Longest time from a question of 200 tokens to the first word of a free answer.'),
    energy: z
      .enum(['speed', 'thrift'])
      .default('speed')
      .describe(
        'speed takes the fastest thread count; thrift the fewest threads that are no more than a quarter slower.',
      ),
  })
  .describe('What this board is, and by which goals its models are chosen.')

const Governor = z
  .strictObject({
    enabled: z
      .enum(['on', 'off'])
      .default('on')
      .describe('Whether the daemon does less while the board is hot, or short of volts, memory or charge.'),
    every_seconds: z
      .number()
      .min(0.1)
      .max(3600)
      .default(10)
      .describe('How often sensors are looked at; five times as often while it holds back.'),
    hold_seconds: z
      .number()
      .min(0)
      .max(86_400)
      .default(60)
      .describe('How long all must be well before each step up.'),
    hot_margin_c: z
      .number()
      .min(1)
      .max(40)
      .default(5)
      .describe('So much cooler than `hot` it must be before a step up, degrees Celsius.'),
    hot_c: z
      .number()
      .min(30)
      .max(120)
      .optional()
      .describe(
        'From here on the board counts as hot, degrees Celsius. Without it: what the profile of the board says.',
      ),
    memory_some_percent: z
      .number()
      .min(1)
      .max(100)
      .default(10)
      .describe(
        'Share of time in which tasks wait for memory (PSI, ten seconds) from which on less is kept in it.',
      ),
    least_available_mib: whole(0, 65_536)
      .default(24)
      .describe('Less memory than this that can be had counts as short.'),
    battery_low_percent: whole(0, 100)
      .default(20)
      .describe('A battery at or below this that is not charging counts as low; 0 is never.'),
  })
  .describe('When the daemon does less than it could.')

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
