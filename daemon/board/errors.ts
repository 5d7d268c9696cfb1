import { defineErrors } from '../base/errors.js'

/** What can go wrong between a board and its plan. */
export const errors = defineErrors({
  profiles_broken: {
    says: (a: { problem: string }) => `the board profiles cannot be read: ${a.problem}`,
    remedy: 'Install the package again; a profile of your own must follow device-profiles/schema/board.json.',
  },
  no_profile: {
    says: (a: { architecture: string }) => `no profile and no generic one for ${a.architecture}`,
    remedy: 'Add one as device-profiles/README.md says; it is one file.',
  },
})
