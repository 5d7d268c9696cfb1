import { z } from '../base/schema.js'

/** Where lines come from: the section `sources`. */

const whole = (least: number, most: number) => z.int().min(least).max(most)
const absolutePath = z
  .string()
  .regex(/^\/[^\u0000]+$/, 'expected an absolute path')
  .max(4096)
const sourceName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$/,
    'expected 1 to 64 letters, digits, `-`, `_`, `.`, `:` or `/`, not a sign first',
  )

const isPattern = (text: string) => {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}

const rates = (linesPerSecond: number) => ({
  max_lines_per_second: whole(1, 1_000_000)
    .default(linesPerSecond)
    .describe('More lines a second than this, for longer than a burst of five seconds, are a flood.'),
  max_bytes_per_second: whole(64, 1_000_000_000)
    .default(262_144)
    .describe('More bytes a second than this, for longer than a burst of five seconds, are a flood.'),
  silent_after_s: whole(0, 2_592_000)
    .default(0)
    .describe('Seconds without a line that are a trouble; 0 is never.'),
})

/** How bytes become lines: ports and files alike. */
const lineOptions = {
  name: sourceName
    .optional()
    .describe('Name of this source. Without it: `serial:` or `tail:` and the last part of the path.'),
  framing: z
    .enum(['delimiter', 'length', 'silence', 'regex'])
    .default('delimiter')
    .describe(
      'What ends a line: a delimiter, a number of bytes, a pause, or whatever a regular expression matches.',
    ),
  delimiter: z
    .string()
    .min(1)
    .max(16)
    .default('\n')
    .describe(
      'Ends a line where `framing` is delimiter; `\\n`, `\\r`, `\\t`, `\\0` and `\\xNN` are understood. Line ends around a line are left out.',
    ),
  length_bytes: whole(1, 65_536)
    .optional()
    .describe('Bytes of a line where `framing` is length; a pause of one second begins a new line.'),
  silence_ms: whole(1, 60_000)
    .default(20)
    .describe('Pause that ends a line where `framing` is silence, milliseconds.'),
  regex: z
    .string()
    .min(1)
    .max(200)
    .refine(isPattern, 'expected a JavaScript regular expression')
    .optional()
    .describe(
      'Divides lines where `framing` is regex. Bytes are characters U+0000 to U+00FF; a match is at most 64 bytes long, look-ahead included, without `^`, `$` and look-behind.',
    ),
  encoding: z
    .enum(['utf8', 'latin1', 'utf16le', 'hex'])
    .default('utf8')
    .describe(
      'How bytes are text. What is no text comes out as `\\xNN`, control characters too; hex is for binary records.',
    ),
  max_line_bytes: whole(16, 1_048_576)
    .default(65_536)
    .describe('Longest line; what comes behind is dropped up to the line end, and the line marked.'),
  ...rates(5_000),
}

type Lines = { framing: string; length_bytes?: number; regex?: string; encoding: string }
const complete = <S extends z.ZodType<Lines>>(entry: S) =>
  entry
    .refine(e => e.framing !== 'length' || e.length_bytes !== undefined, {
      path: ['length_bytes'],
      error: '`framing: length` needs length_bytes',
    })
    .refine(e => e.framing !== 'regex' || e.regex !== undefined, {
      path: ['regex'],
      error: '`framing: regex` needs regex',
    })
    .refine(e => e.framing !== 'regex' || e.encoding !== 'utf16le', {
      path: ['encoding'],
      error: '`framing: regex` sees single bytes, so not with utf16le',
    })

const SerialSource = complete(
  z.strictObject({
    path: absolutePath.describe(
      'The port: /dev/ttyUSB0, or better a name below /dev/serial/by-id/, which stays the same.',
    ),
    baud: whole(50, 4_000_000).default(115_200).describe('Bits per second.'),
    data_bits: z
      .union([z.literal(8), z.literal(7), z.literal(6), z.literal(5)])
      .default(8)
      .describe('Data bits of a character.'),
    parity: z.enum(['none', 'even', 'odd']).default('none').describe('Parity bit of a character.'),
    stop_bits: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .describe('Stop bits of a character.'),
    flow_control: z
      .enum(['none', 'rts_cts', 'xon_xoff'])
      .default('none')
      .describe('Flow control: none, by the lines RTS and CTS, or by characters.'),
    ...lineOptions,
  }),
)

const TailSource = complete(
  z.strictObject({
    path: absolutePath.describe('The file. It need not be there yet, and may be rotated or truncated.'),
    from: z
      .enum(['end', 'start'])
      .default('end')
      .describe('Where to begin in a file that is there at the start of the daemon.'),
    ...lineOptions,
  }),
)

const Syslog = z
  .strictObject({
    udp_port: whole(0, 65_535)
      .optional()
      .describe('UDP port to listen on, 514 by custom; 0 takes a free one. Without it: none.'),
    tcp_port: whole(0, 65_535)
      .optional()
      .describe('TCP port to listen on, 514 by custom; 0 takes a free one. Without it: none.'),
    address: z
      .string()
      .min(1)
      .max(255)
      .default('127.0.0.1')
      .describe('Address to listen on; 0.0.0.0 or :: takes messages of the whole network, from anybody.'),
    max_connections: whole(1, 4096).default(64).describe('TCP connections at a time; more are refused.'),
    max_message_bytes: whole(480, 65_536).default(8192).describe('Longest message; longer ones are cut.'),
    ...rates(1_000),
  })
  .describe(
    'Syslog by RFC 5424 and RFC 3164. Rates are those of one host; all together may send ten times as much.',
  )

const MqttSource = z.strictObject({
  topic: z
    .string()
    .max(1024)
    .regex(
      /^(?!\$share\/)(?:(?:\+|[^+#/\u0000]*)\/)*(?:#|\+|[^+#/\u0000]+)$/,
      'expected an MQTT topic filter: `+` for one level, `#` at the end for all below',
    )
    .describe('Topic filter whose messages are lines.'),
  encoding: z
    .enum(['text', 'json'])
    .default('text')
    .describe('text: a payload is divided at line ends; json: a payload is one line.'),
  source: z
    .string()
    .min(1)
    .max(200)
    .default('mqtt:{topic}')
    .describe('Name of the source: `{topic}` is the topic, `{1}`, `{2}` ... its first, second ... level.'),
  line: z
    .string()
    .max(200)
    .regex(/^[^.]+(\.[^.]+)*$/, 'expected names divided by dots')
    .optional()
    .describe('Where the line is inside the JSON, as a dotted path; without it the whole payload is.'),
})

export const Sources = z
  .strictObject({
    serial: z
      .array(SerialSource)
      .max(64)
      .default([])
      .describe('Serial ports, each opened again when it was lost.'),
    syslog: Syslog.prefault({}),
    tail: z.array(TailSource).max(256).default([]).describe('Files that are followed.'),
    mqtt: z.array(MqttSource).max(256).default([]).describe('Topics whose messages are lines.'),
  })
  .refine(({ serial, tail }) => {
    const names = [
      ...serial.map(e => e.name ?? `serial:${e.path.split('/').at(-1)}`),
      ...tail.map(e => e.name ?? `tail:${e.path.split('/').at(-1)}`),
    ]
    return new Set(names).size === names.length
  }, 'two sources have one name: give each entry its own `name`')
  .describe('Where lines of logs and sensors come from.')
