import { defineErrors } from '../base/errors.js'

/** What can go wrong between a model file and an answer. */
export const errors = defineErrors({
  model_not_found: {
    says: (a: { path: string }) => `there is no model file at ${a.path}`,
    remedy:
      'Check `model.file` in the configuration; without it the factory model that ships with Fieldmouse is used.',
  },
  hash_mismatch: {
    says: (a: { path: string; expected: string; found: string }) =>
      `${a.path} has SHA-256 ${a.found.slice(0, 16)}…, expected ${a.expected.slice(0, 16)}…`,
    remedy: 'The model is not the one that was configured; get it again, or correct `model.sha256`.',
  },
  model_load_failed: {
    says: (a: { path: string; problem: string }) => `the model ${a.path} could not be loaded: ${a.problem}`,
    remedy:
      'Run `fieldmouse doctor`: it names what this board lacks. A smaller model or quantization may fit.',
  },
  engine_died: {
    says: (a: { how: string }) => `the inference process ended while answering (${a.how}), twice`,
    remedy:
      'Try again; when it comes back, look into the log for the signal: SIGKILL mostly means too little memory.',
    retryable: true,
  },
  engine_unavailable: {
    says: (a: { waitedMs: number; why?: string }) =>
      a.why === undefined
        ? `the inference process is down (waited ${a.waitedMs} ms for it)`
        : `no model is loaded: ${a.why}`,
    remedy: 'Try again in a moment; `fieldmouse doctor` shows why no model runs, and what would fit.',
    retryable: true,
  },
  engine_stopped: {
    says: (_: object) => 'the inference process is being stopped',
    remedy: 'Try again after the restart.',
    retryable: true,
  },
  completion_cancelled: {
    says: (_: object) => 'the request was cancelled',
    remedy: 'Nothing to do: whoever asked no longer waits.',
  },
  prompt_too_long: {
    says: (a: { tokens: number; most: number }) =>
      `the text takes ${a.tokens} tokens, the model reads at most ${a.most}`,
    remedy: 'Say it shorter.',
  },
  grammar_unfit: {
    says: (a: { problem: string }) => `the grammar cannot bind a model: ${a.problem}`,
    remedy: 'This is a fault of the program that made the grammar: please report it with the request.',
  },
  no_way_on: {
    says: (a: { after: string }) => `no token of the model continues the answer after "${a.after}"`,
    remedy: 'This is a fault of the grammar and the tokenizer together: please report the utterance.',
  },
})
