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
  not_an_adapter: {
    says: (a: { path: string; problem: string }) => `${a.path} is no LoRA adapter: ${a.problem}`,
    remedy: 'Give an adapter in GGUF format; `scripts/train/adapter.py` makes one.',
  },
  adapter_broken: {
    says: (a: { path: string; tensor: string; problem: string }) =>
      `the adapter ${a.path} cannot be used: ${a.tensor}: ${a.problem}`,
    remedy: 'Make it again with `scripts/train/adapter.py`, or with a current `convert_lora_to_gguf.py`.',
  },
  adapter_misfit: {
    says: (a: { path: string; base: string; problem: string }) =>
      `the adapter ${a.path} does not stand on ${a.base}: ${a.problem}`,
    remedy: 'An adapter belongs to the very model that it was trained on: give that one as the base.',
  },
  model_load_failed: {
    says: (a: { path: string; problem: string; killedBy?: string }) =>
      `the model ${a.path} could not be loaded: ${a.problem}`,
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
  model_on_trial: {
    says: (a: { waitedMs: number; retryAfterMs: number }) =>
      `a new model is being tried or loaded, and there is no memory for two (waited ${a.waitedMs} ms)`,
    remedy:
      'Send it again after retry_after_ms: the model that answered before, or the new one, answers then.',
    retryable: true,
  },
  engine_stopped: {
    says: (_: object) => 'the inference process is being stopped',
    remedy: 'Try again after the restart.',
    retryable: true,
  },
  swap_cancelled: {
    says: (_: object) => 'the change of the model was cancelled; the one before answers',
    remedy: 'Nothing to do; ask for it again when it is wanted.',
    retryable: true,
  },
  completion_cancelled: {
    says: (_: object) => 'the request was cancelled',
    remedy: 'Nothing to do: whoever asked no longer waits.',
  },
  prompt_unreadable: {
    says: (_: object) => 'the model has no token for anything in the text',
    remedy: 'Say it in other words; if every text fails so, the model is none for this daemon.',
  },
  completion_failed: {
    says: (a: { problem: string }) => `the inference process could not answer: ${a.problem}`,
    remedy: 'Try another model; this one is loaded, but does not work here.',
  },
  prompt_too_long: {
    says: (a: { tokens: number; most: number }) =>
      `the text takes ${a.tokens} tokens, the model reads at most ${a.most}`,
    remedy: 'Say it shorter.',
  },
  golden_unreadable: {
    says: (a: { path: string; problem: string }) =>
      `the golden requests ${a.path} cannot be read: ${a.problem}`,
    remedy: 'Give a file of JSON Lines, at most 256 KiB and 2,000 requests; ota/factory/golden/ has two.',
  },
  golden_row_broken: {
    says: (a: { path: string; line: number; problem: string }) => `${a.path}, line ${a.line}: ${a.problem}`,
    remedy: 'Correct this line; ota/factory/README.md says what a golden request looks like.',
  },
  trial_died: {
    says: (a: { losses: number }) => `the process of the model that was tried died ${a.losses} times`,
    remedy: 'The model does not run here; where the log says SIGKILL, it needs more memory than there is.',
  },
  trial_too_long: {
    says: (a: { asked: number; of: number; ms: number }) =>
      `after ${Math.round(a.ms)} ms ${a.asked} of ${a.of} golden requests were asked`,
    remedy: 'Use a smaller model, or fewer golden requests.',
  },
  trial_unanswered: {
    says: (a: { asked: number; why: string }) =>
      `none of ${a.asked} golden requests was answered; the last: ${a.why}`,
    remedy: 'The model is not made for these requests, or does not work with this version of the daemon.',
  },
  trial_disturbed: {
    says: (a: { problem: string }) => `the trial was disturbed, and says nothing yet: ${a.problem}`,
    remedy: 'Nothing to do: it is tried again later.',
    retryable: true,
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
