import { defineErrors } from '../../base/errors.js'

/** What can go wrong on a Wyoming connection, ours or somebody else's. */
export const errors = defineErrors({
  wyoming_address_unusable: {
    says: (a: { address: string; port: number; problem: string }) =>
      `nothing can listen for Wyoming on ${a.address}, port ${a.port}: ${a.problem}`,
    remedy:
      'Choose an address that this board has (127.0.0.1, 0.0.0.0, ::) and a port above 1023 that is free.',
  },
  wyoming_malformed: {
    says: (a: { peer: string; problem: string }) => `${a.peer} does not speak Wyoming: ${a.problem}`,
    remedy: 'Point a Wyoming client at this port (Home Assistant: Wyoming Protocol), and nothing else.',
  },
  wyoming_unreachable: {
    says: (a: { host: string; port: number; problem: string }) =>
      `no Wyoming service answers at ${a.host}, port ${a.port}: ${a.problem}`,
    remedy: 'Start the service, or correct its host and port; `fieldmouse doctor` asks it.',
    retryable: true,
  },
  wyoming_lost: {
    says: (a: { peer: string; problem: string }) =>
      `the Wyoming connection with ${a.peer} broke: ${a.problem}`,
    remedy: 'Try it again; if it happens again, look into the log of the other side.',
    retryable: true,
  },
  wyoming_idle: {
    says: (a: { peer: string; ms: number }) => `${a.peer} said nothing for ${a.ms} ms`,
    remedy: 'Connect again for the next utterance.',
    retryable: true,
  },
  /** On the wire as `busy`: clients look for that word. */
  busy: {
    says: (a: { what: string; most: number; unit: string }) =>
      `${a.what}: ${a.most} ${a.unit} are taken at a time`,
    remedy: 'Try it again in a moment, or raise the limit of `voice.wyoming`.',
    retryable: true,
  },
})
