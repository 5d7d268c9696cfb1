import { defineErrors } from '../../base/errors.js'

/** What can be wrong with a Hermes message. */
export const errors = defineErrors({
  hermes_bad_name: {
    says: (a: { what: string; value: string; problem: string }) =>
      `the Hermes ${a.what} ${JSON.stringify(a.value)} cannot be used: ${a.problem}`,
    remedy:
      'Name satellites with letters, digits, `-`, `_` and `.`; MQTT gives `+`, `#` and `/` a meaning of their own.',
  },
  hermes_unreadable: {
    says: (a: { topic: string; problem: string }) => `${a.topic} carries no Hermes message: ${a.problem}`,
    remedy: 'Send the JSON fields that the Hermes protocol names (docs: voice, Hermes), in UTF-8.',
  },
})
