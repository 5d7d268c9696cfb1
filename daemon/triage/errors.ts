import { defineErrors } from '../base/errors.js'

/** What can go wrong with a line. Most things cannot: what is not understood is a verdict of its own. */
export const errors = defineErrors({
  line_unread: {
    says: (a: { line: string }) => `the line model has no usable answer to "${a.line.slice(0, 80)}"`,
    remedy: 'Nothing to do where plain code decides; a model that often has none should be replaced.',
  },
  classifier_broken: {
    says: (a: { path: string; problem: string }) => `${a.path} is no classifier of lines: ${a.problem}`,
    remedy:
      'Correct `triage.classifier_file`, train the weights again (scripts/train/README.md), or install the package again. Until then lines are judged without them.',
  },
})
