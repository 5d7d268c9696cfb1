import { defineErrors } from '../base/errors.js'

/** What can be wrong with a configuration. */
export const errors = defineErrors({
  config_unreadable: {
    says: (a: { file: string; problem: string }) =>
      `the configuration ${a.file} cannot be read: ${a.problem}`,
    remedy: 'Correct the path in --config or FIELDMOUSE_CONFIG, or let this user read the file.',
  },
  config_not_yaml: {
    says: (a: { where: string; problem: string }) => `${a.where}: ${a.problem}`,
    remedy: 'Correct the YAML at that line; docs/reference/config.sample.yaml shows every option.',
  },
  config_unknown_key: {
    says: (a: { where: string; key: string; nearest?: string; known: string }) =>
      `${a.where}: there is no option ${JSON.stringify(a.key)}${
        a.nearest ? `; did you mean ${JSON.stringify(a.nearest)}?` : `; known here: ${a.known}`
      }`,
    remedy: 'Correct or remove the option; docs/reference/config.md lists all of them.',
  },
  config_invalid: {
    says: (a: { problems: string }) => a.problems,
    remedy:
      'Correct the named options; docs/reference/config.md lists each with its type, range and default.',
  },
})
