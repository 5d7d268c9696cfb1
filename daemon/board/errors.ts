import { defineErrors } from '../base/errors.js'

/** What can go wrong between a board and its plan. */
export const errors = defineErrors({
  profiles_broken: {
    says: (a: { problem: string }) => `the board profiles cannot be read: ${a.problem}`,
    remedy: 'Install the package again; a profile of your own must follow device-profiles/schema/board.json.',
  },
  measurements_not_kept: {
    says: (a: { path: string; problem: string }) =>
      `what was measured on this board cannot be kept in ${a.path}: ${a.problem}`,
    remedy: 'Make room or give the daemon the right to write there; until then every start measures again.',
  },
  no_profile: {
    says: (a: { architecture: string }) => `no profile and no generic one for ${a.architecture}`,
    remedy: 'Add one as device-profiles/README.md says; it is one file.',
  },
})
