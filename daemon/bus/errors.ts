import { defineErrors } from '../base/errors.js'

/** What can go wrong between the daemon and its broker. */
export const errors = defineErrors({
  bad_topic_part: {
    says: (a: { what: string; value: string; problem: string }) =>
      `${a.what} ${JSON.stringify(a.value)} cannot be part of a topic: ${a.problem}`,
    remedy: 'Use letters, digits, `-`, `_` and `.`; MQTT gives `+`, `#` and `/` a meaning of their own.',
  },
  bad_broker_url: {
    says: (a: { url: string; problem: string }) => `${a.url} is no broker address: ${a.problem}`,
    remedy: 'Write mqtt://host:1883, mqtts://host:8883, ws://host:port/path or wss://host:port/path.',
  },
  broker_file_unreadable: {
    says: (a: { what: string; path: string; problem: string }) =>
      `the ${a.what} ${a.path} cannot be read: ${a.problem}`,
    remedy: 'Correct the path, or let the user that runs the daemon read the file.',
  },
  broker_unreachable: {
    says: (a: { url: string; problem: string }) => `the broker at ${a.url} cannot be reached: ${a.problem}`,
    remedy: 'Start the broker, or correct FIELDMOUSE_BROKER; the daemon keeps trying.',
    retryable: true,
  },
  broker_lost: {
    says: (a: { url: string; problem: string }) => `the connection to ${a.url} broke: ${a.problem}`,
    remedy: 'None if it comes back by itself; else look at the network and the broker.',
    retryable: true,
  },
  broker_refused_credentials: {
    says: (a: { url: string; username: string; problem: string }) =>
      `the broker at ${a.url} refused user ${a.username}: ${a.problem}`,
    remedy: 'Correct username and password file (read again at every try), or allow this user on the broker.',
    retryable: true,
  },
  broker_refused_client_id: {
    says: (a: { url: string; clientId: string; problem: string }) =>
      `the broker at ${a.url} refused the client id ${JSON.stringify(a.clientId)}: ${a.problem}`,
    remedy: 'Choose a shorter FIELDMOUSE_ID of letters and digits that no other device uses.',
    retryable: true,
  },
  broker_refused: {
    says: (a: { url: string; problem: string }) =>
      `the broker at ${a.url} refused the connection: ${a.problem}`,
    remedy: "Look into the broker's log; it names the reason.",
    retryable: true,
  },
  broker_not_trusted: {
    says: (a: { url: string; problem: string }) => `the certificate of ${a.url} is not trusted: ${a.problem}`,
    remedy: "Give the authority that signed the broker's certificate as ca_file.",
    retryable: true,
  },
  broker_wrong_name: {
    says: (a: { url: string; problem: string }) =>
      `the certificate of ${a.url} is for another name: ${a.problem}`,
    remedy: 'Connect by the name in the certificate, or give the broker one for this name.',
    retryable: true,
  },
  broker_certificate_expired: {
    says: (a: { url: string; problem: string }) =>
      `a certificate is out of its time at ${a.url}: ${a.problem}`,
    remedy: 'Renew the certificate; if it is not old, set the clock of this board.',
    retryable: true,
  },
  broker_refused_certificate: {
    says: (a: { url: string; problem: string }) =>
      `the broker at ${a.url} did not accept this device's certificate: ${a.problem}`,
    remedy: 'Give cert_file and key_file signed by an authority that the broker knows.',
    retryable: true,
  },
  bad_client_certificate: {
    says: (a: { problem: string }) => `certificate and key of this device cannot be used: ${a.problem}`,
    remedy: 'Give cert_file and key_file that belong together, in PEM form, the key without a passphrase.',
  },
  tls_failed: {
    says: (a: { url: string; problem: string }) => `no TLS connection to ${a.url}: ${a.problem}`,
    remedy: 'Check that this port speaks TLS: mqtts is usually 8883, mqtt 1883.',
    retryable: true,
  },
  not_connected: {
    says: (a: { topic: string }) => `${a.topic} was not published: there is no connection to the broker`,
    remedy: 'Wait until the broker is back; `fieldmouse doctor` says why it is not.',
    retryable: true,
  },
  outbox_full: {
    says: (a: { topic: string; kept: number }) =>
      `${a.topic} was given up: ${a.kept} later messages wait for the broker already`,
    remedy: 'Bring the broker back.',
    retryable: true,
  },
  publish_refused: {
    says: (a: { topic: string; problem: string }) => `the broker did not take ${a.topic}: ${a.problem}`,
    remedy: "Allow this device to write the topic in the broker's access list.",
  },
  message_too_large: {
    says: (a: { topic: string; sizeBytes: number; maxBytes: number }) =>
      `${a.topic} is ${a.sizeBytes} bytes, the broker takes ${a.maxBytes}`,
    remedy: "Ask for less at once, or raise the broker's largest packet.",
  },
  subscription_refused: {
    says: (a: { filter: string }) => `the broker refused the subscription to ${a.filter}`,
    remedy: "Allow this device to read the topic in the broker's access list.",
  },
  broker_port_taken: {
    says: (a: { port: number }) => `port ${a.port} is taken, so the embedded broker cannot use it`,
    remedy: 'If a broker runs there, set FIELDMOUSE_BROKER to its URL; else FIELDMOUSE_BROKER=embedded:PORT.',
  },
  broker_program_missing: {
    says: (a: { tried: string }) => `there is no mosquitto program that can be used (tried ${a.tried})`,
    remedy: 'Install it (`apt-get install mosquitto`), or choose the broker `auto` or `aedes`.',
  },
  data_folder_taken: {
    says: (a: { pid: number; folder: string }) => `process ${a.pid} runs a broker of its own in ${a.folder}`,
    remedy: 'Stop that daemon first, or give this one a folder of its own (`data_dir`, FIELDMOUSE_DATA).',
  },
  broker_folder_unwritable: {
    says: (a: { folder: string; problem: string }) =>
      `the broker's configuration cannot be written to ${a.folder}: ${a.problem}`,
    remedy: 'Make room or point data_dir elsewhere; `broker.program: auto` uses a broker that needs no disk.',
  },
  broker_did_not_start: {
    says: (a: { problem: string }) => `the embedded broker did not start: ${a.problem}`,
    remedy: 'Choose the broker `aedes`, or run one yourself and set FIELDMOUSE_BROKER to its URL.',
  },
  no_reply: {
    says: (a: { id: string; timeoutMs: number }) => `${a.id} did not answer within ${a.timeoutMs} ms`,
    remedy: 'Check that the daemon runs with this id at this broker: its status topic says online.',
    retryable: true,
  },
})
