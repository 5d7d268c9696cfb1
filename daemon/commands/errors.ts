import { defineErrors } from '../base/errors.js'

/** What can go wrong while reading a home and acting on its devices. Refusals of commands are answers, not errors. */
export const errors = defineErrors({
  home_file_unreadable: {
    says: (a: { path: string; problem: string }) => `the home file ${a.path} cannot be read: ${a.problem}`,
    remedy: 'Give the path of a YAML or JSON file; daemon/config/demo/home.yaml is one to copy from.',
  },
  no_such_timer: {
    says: (a: { what: string }) => `there is no timer ${a.what}`,
    remedy: 'Ask for the timer status to hear which timers are running.',
  },
})
