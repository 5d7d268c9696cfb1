/** The `voice` section: what hears, where sound comes in, what speaks. */
import { z } from '../base/schema.js'

const whole = (least: number, most: number) => z.int().min(least).max(most)
const onOff = (standard: 'on' | 'off') => z.enum(['on', 'off']).default(standard)
const path = z.string().min(1)
const siteName = z
  .string()
  .regex(/^[^/+#\s]{1,64}$/, 'expected 1 to 64 characters without blanks, `/`, `+` and `#`')

const Appliance = z.strictObject({
  file: path.describe('Vocabulary of the appliance (JSON): intents, slots and the words for them.'),
  topic: z
    .string()
    .regex(/^[^+#\s]+$/, 'expected a topic without wildcards')
    .optional()
    .describe('Where an order is published, as JSON {intent, slots}. Without it: on event/intent only.'),
  area: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('Area where it stands: heard there only. Without it: everywhere.'),
})

const host = z.string().regex(/^[^\s/]{1,255}$/, 'expected a host name or address')
const port = whole(1, 65_535)
const language = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{1,15}$/, 'expected a language such as en or de-DE')

const Engines = z
  .strictObject({
    pocketsphinx: z
      .strictObject({
        model_dir: path
          .default('/usr/share/pocketsphinx/model/en-us')
          .describe('Folder of the acoustic model (en-us/) and the dictionary (cmudict-en-us.dict).'),
      })
      .prefault({})
      .describe("PocketSphinx, from Debian's packages pocketsphinx and pocketsphinx-en-us."),
    sherpa: z
      .strictObject({
        model: path.optional().describe('Folder of a speech model: its ONNX files and tokens.txt.'),
        package_folder: path
          .optional()
          .describe('Folder where sherpa-onnx-node was installed, if not beside Fieldmouse.'),
        language: language.default('en').describe('Language, for models that know several.'),
        threads: whole(1, 16).default(2).describe('Threads of one utterance.'),
      })
      .prefault({})
      .describe('sherpa-onnx, with a model of your own.'),
    whisper_server: z
      .strictObject({
        url: z
          .string()
          .regex(/^https?:\/\/[^\s/]+$/, 'expected http://HOST:PORT')
          .optional()
          .describe('Where it listens, http://HOST:PORT. Sound goes there.'),
        path: z
          .string()
          .regex(/^\/\S*$/, 'expected a path')
          .default('/inference')
          .describe('Its path.'),
        language: language.default('en').describe('Language that is spoken; auto lets it guess.'),
      })
      .prefault({})
      .describe('The server of whisper.cpp.'),
    wyoming: z
      .strictObject({
        host: host.optional().describe('Where the service runs. Sound goes there.'),
        port: port.default(10_300).describe('Its port.'),
        language: language.default('en').describe('Language that is spoken.'),
        model: z
          .string()
          .min(1)
          .max(128)
          .optional()
          .describe('Model of the service. Without it: its own choice.'),
      })
      .prefault({})
      .describe('A Wyoming service that transcribes: faster-whisper, vosk and others.'),
  })
  .describe('Recognisers, and where they are.')

const Site = z.strictObject({
  site: siteName.describe('The siteId of a satellite.'),
  area: z.string().min(1).max(128).describe('Area of the home where it stands (id, name or alias).'),
})

export const Voice = z
  .strictObject({
    engine: z
      .enum(['auto', 'pocketsphinx', 'sherpa-onnx', 'whisper.cpp', 'wyoming', 'off'])
      .default('auto')
      .describe(
        'What turns sound into words. auto takes what is set up below (sherpa, wyoming, whisper_server, in this order), else pocketsphinx.',
      ),
    engines: Engines.prefault({}),
    denoise: z
      .enum(['auto', 'off'])
      .default('auto')
      .describe(
        'Whether noise is taken off before words are looked for; auto where the sound is not clean already.',
      ),
    timeout_ms: whole(500, 120_000)
      .default(10_000)
      .describe('Longest time for one utterance in the recogniser; then it is started anew.'),
    longest_utterance_seconds: whole(1, 120)
      .default(20)
      .describe('Longest utterance that is taken, in seconds of sound.'),
    min_confidence: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Less sure than this (0 to 1) that it was for this home, nothing is done.'),
    ask_below: z
      .number()
      .min(0)
      .max(1)
      .default(0.8)
      .describe(
        'Less sure than this (0 to 1) of what was said, it asks first: "Do you mean ...?"; 0 never asks.',
      ),
    appliances: z
      .array(Appliance)
      .max(32)
      .default([])
      .describe('Appliances with a vocabulary of their own, such as a coffee machine.'),
    sites: z.array(Site).max(256).default([]).describe('Where satellites stand.'),
    wake: z
      .strictObject({
        engine: z
          .enum(['off', 'pocketsphinx'])
          .default('off')
          .describe(
            'What waits for the wake word here: at the microphone of this board (unless wake_host names a service) and at satellites that send sound all the time. off leaves it to them.',
          ),
        phrase: z
          .string()
          .regex(/^[a-z']+( [a-z']+){0,4}$/, 'expected one to five words in small letters')
          .default('hey field mouse')
          .describe('The wake word: usual English words, best three with eight sounds or more.'),
        threshold: whole(5, 300)
          .default(60)
          .describe(
            'Larger hears more, of the phrase and of what is like it: about 7 for each of its sounds. Powers of ten.',
          ),
        most_sites: whole(1, 32)
          .default(4)
          .describe('Streams that are listened to at once; each takes memory and a share of a core.'),
      })
      .prefault({})
      .describe('A wake word of our own.'),
    microphone: z
      .strictObject({
        device: z
          .string()
          .min(1)
          .optional()
          .describe('ALSA device of the microphone of this board (`arecord -L`). Without it: none.'),
        site: siteName.default('board').describe('Name of the microphone as a site.'),
        wake_host: host
          .optional()
          .describe(
            'Where a Wyoming service listens for the wake word (openWakeWord). Without it everything that is surely a command is done.',
          ),
        wake_port: port.default(10_400).describe('Its port.'),
        wake_words: z
          .array(z.string().min(1).max(64))
          .max(16)
          .default([])
          .describe('Wake words by their names at the service; all that it knows when empty.'),
        speaker: z
          .string()
          .min(1)
          .optional()
          .describe('ALSA device for answers (`aplay -L`). Without it: answers are not played here.'),
      })
      .prefault({})
      .describe('Microphone and loudspeaker of this board, through ALSA.'),
    hermes: z
      .strictObject({
        enabled: onOff('off').describe('Whether satellites that speak Hermes (Rhasspy) are served.'),
        act: onOff('on').describe('Whether commands are carried out, or only published as intents.'),
        follow_up_seconds: whole(0, 60)
          .default(0)
          .describe(
            'How long a site listens on without the wake word after an answer; 0 only after questions.',
          ),
        most_sessions: whole(1, 256)
          .default(16)
          .describe('Sites that may speak at once; one more hears `busy`.'),
      })
      .prefault({})
      .describe('Satellites over MQTT, by the Hermes protocol.'),
    wyoming: z
      .strictObject({
        enabled: onOff('off').describe('Whether Wyoming clients, such as Home Assistant, are served.'),
        address: z
          .string()
          .min(1)
          .default('127.0.0.1')
          .describe(
            'Address that it listens on. The protocol has no password: who reaches it commands the home.',
          ),
        port: whole(0, 65_535).default(10_700).describe('Port that it listens on; 0 takes a free one.'),
        max_connections: whole(1, 256).default(16).describe('Clients at once; one more hears `busy`.'),
      })
      .prefault({})
      .describe('Speech services for others, by the Wyoming protocol.'),
    speech: z
      .strictObject({
        engine: z.enum(['espeak-ng', 'wyoming', 'off']).default('espeak-ng').describe('What speaks answers.'),
        wyoming_host: host.optional().describe('Where a Wyoming service that speaks runs.'),
        wyoming_port: port.default(10_200).describe('Its port.'),
        voice: z
          .string()
          .regex(/^[A-Za-z0-9+_-]{1,40}$/)
          .default('en-us')
          .describe('Voice of espeak-ng.'),
        words_per_minute: whole(80, 450).default(165).describe('How fast it speaks.'),
        volume: z.number().min(0).max(1).default(0.8).describe('How loud, 0 to 1.'),
        confirm: z
          .enum(['words', 'tone'])
          .default('words')
          .describe('How a command that was simply done is confirmed: in words, or by a short tone.'),
      })
      .prefault({})
      .describe('Answers in sound.'),
    endpoint: z
      .strictObject({
        silence_ms: whole(200, 3_000).default(700).describe('Silence that ends an utterance.'),
        wait_seconds: whole(1, 60).default(8).describe('How long speech is waited for after the wake word.'),
      })
      .prefault({})
      .describe('Where an utterance begins and ends.'),
    recorder: z
      .strictObject({
        enabled: onOff('off').describe(
          'Whether utterances are kept as WAV, for finding faults. Nothing else writes sound.',
        ),
        most: whole(1, 10_000).default(100).describe('Utterances kept; the oldest go.'),
        days: whole(1, 365).default(7).describe('Days that an utterance is kept at most.'),
      })
      .prefault({})
      .describe('A recorder for finding faults, off unless the owner turns it on.'),
  })
  .describe('Speech: what hears, where sound comes in, what speaks.')
