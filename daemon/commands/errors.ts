import { defineErrors } from '../base/errors.js'

/** What can go wrong while reading a home and acting on its devices. Refusals of commands are answers, not errors. */
export const errors = defineErrors({
  home_file_unreadable: {
    says: (a: { path: string; problem: string }) => `the home file ${a.path} cannot be read: ${a.problem}`,
    remedy: 'Give the path of a YAML or JSON file; daemon/config/demo/home.yaml is one to copy from.',
  },
  golden_answer_impossible: {
    says: (a: { text: string; answer: string; problem: string }) =>
      `"${a.answer}" cannot be the answer to "${a.text}": ${a.problem}`,
    remedy:
      'Write the short form with words of the sentence; `scripts/evaluate/golden.ts --show` prints what a model writes.',
  },
  answer_cut_short: {
    says: (a: { tokens: number }) => `the model did not finish its answer within ${a.tokens} tokens`,
    remedy: 'Say fewer commands in one sentence.',
  },
})
