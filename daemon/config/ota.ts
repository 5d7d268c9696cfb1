/** The `ota` section: where new models come from, when they may come, and what they must prove. */
import { z } from '../base/schema.js'

const whole = (least: number, most: number) => z.int().min(least).max(most)
const path = z.string().min(1)
const hours = z
  .array(
    z
      .string()
      .regex(
        /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/,
        'expected hours of the day like 22:00-06:00',
      ),
  )
  .max(8)
  .default([])
const url = z.string().regex(/^https?:\/\/[^\s/]+(\/\S*)?$/, 'expected http:// or https:// and a host')

export const Ota = z
  .strictObject({
    url: url.optional().describe('Web address of the repository: where `metadata/` and `targets/` lie.'),
    mirrors: z
      .array(url)
      .max(8)
      .default([])
      .describe('More addresses of the same repository, asked in turn when one does not serve.'),
    token_file: path
      .optional()
      .describe('File whose first line is sent to `url` and `mirrors` as a bearer token.'),
    folder: path
      .optional()
      .describe('Folder of the repository, such as a USB stick. Asked before `url` while it is there.'),
    over_broker: z
      .enum(['on', 'off'])
      .default('off')
      .describe(
        'Whether the repository may be asked for over the broker, in blocks: for devices with no other way.',
      ),
    root: path
      .optional()
      .describe(
        "File `1.root.json` of your repository: where trust begins. Without it: the root of the project's own.",
      ),
    approval: z
      .enum(['automatic', 'asked'])
      .default('automatic')
      .describe('asked: a new model is loaded and verified, then it waits for `fieldmouse ota apply`.'),
    check_every_minutes: whole(1, 10_080)
      .default(360)
      .describe(
        'How often the repository is asked, a tenth more or less so that a fleet does not ask at once.',
      ),
    watch_minutes: z
      .number()
      .min(0.01)
      .max(10_080)
      .default(30)
      .describe(
        'How long a new model is watched in use before it counts as good; worse goes back by itself.',
      ),
    download_hours: hours.describe(
      'Hours in which models may be loaded, `22:00-06:00`; none: always. Local time.',
    ),
    activate_hours: hours.describe('Hours in which a new model may take over; none: always. Local time.'),
    bytes_per_second: whole(0, 1_000_000_000)
      .default(0)
      .describe('Fastest that a model is loaded; 0: as fast as it goes.'),
    min_bytes_per_second: whole(1, 1_000_000)
      .default(128)
      .describe('A source slower than this is given up, and tried again later.'),
    metered: z
      .enum(['on', 'off'])
      .default('off')
      .describe('on: each byte costs money here, so nothing is loaded. Read again at every start.'),
    block_bytes: whole(256, 262_144).default(65_536).describe('Bytes of a block over the broker.'),
    keep_free_mib: whole(0, 1_000_000).default(64).describe('So much of the disk stays free, MiB.'),
    max_disk_mib: whole(0, 1_000_000)
      .default(0)
      .describe('Most that both slots of a model may take, MiB; 0: no limit but the disk.'),
    home_assistant: z
      .enum(['on', 'off'])
      .default('off')
      .describe(
        'Whether an `update` entity for each model is announced to Home Assistant by MQTT discovery.',
      ),
  })
  .describe('New models over the air.')
