/** The `broker` section: which broker, and by which names this device is known there. */
import { z } from '../base/schema.js'

/** A name that can be part of a topic. */
export const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    'expected 1 to 64 letters, digits, `-`, `_` or `.`, not a dot first',
  )
const whole = (least: number, most: number) => z.int().min(least).max(most)
const path = z.string().min(1)

export const Broker = z
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
