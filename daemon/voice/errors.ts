import { defineErrors } from '../base/errors.js'

/** What can go wrong between a sound and its answer. */
export const errors = defineErrors({
  speech_engine_missing: {
    says: (a: { engine: string; missing: string }) => `${a.engine} cannot run: ${a.missing}`,
    remedy:
      'Install what is missing (Debian: `apt install pocketsphinx pocketsphinx-en-us espeak-ng`); `fieldmouse doctor` checks it.',
  },
  speech_engine_died: {
    says: (a: { engine: string; how: string }) => `${a.engine} ended while it listened (${a.how}), twice`,
    remedy: 'Say it again; when it comes back, look into the log for the signal.',
    retryable: true,
  },
  speech_engine_hung: {
    says: (a: { engine: string; ms: number }) => `${a.engine} gave no answer within ${a.ms} ms`,
    remedy: 'Say it again; it was started anew.',
    retryable: true,
  },
  audio_empty: {
    says: (a: { what: string }) => `${a.what} holds no sound`,
    remedy: 'Send WAV or FLAC with at least a tenth of a second of sound.',
  },
  audio_unreadable: {
    says: (a: { what: string; problem: string }) => `${a.what} is no sound that can be read: ${a.problem}`,
    remedy: 'Send WAV (8 to 32-bit PCM or float) or FLAC, 8 to 96 kHz, one or two channels.',
  },
  audio_too_long: {
    says: (a: { what: string; seconds: number; most: number }) =>
      `${a.what} lasts ${Math.round(a.seconds)} s, ${a.most} s are taken`,
    remedy: 'Send one utterance at a time, or raise `voice.longest_utterance_seconds`.',
  },
  speech_language_failed: {
    says: (a: { problem: string }) => `the language of this home could not be built: ${a.problem}`,
    remedy:
      'Restart the daemon; if it stays, its installation is damaged (daemon/voice/language/said.txt): install it again.',
  },
})
