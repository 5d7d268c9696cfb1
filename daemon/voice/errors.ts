import { defineErrors } from '../base/errors.js'

/** What can go wrong between a sound and its answer. */
export const errors = defineErrors({
  vocabulary_unreadable: {
    says: (a: { path: string; problem: string }) => `the vocabulary ${a.path} cannot be read: ${a.problem}`,
    remedy: 'Correct `voice.appliances` in the configuration, or the file; docs/voice.md tells its form.',
  },
  speech_off: {
    says: (_: object) => 'nothing speaks here: voice.speech.engine is off',
    remedy: 'Set `voice.speech.engine` to espeak-ng or wyoming.',
  },
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
  speech_engine_busy: {
    says: (a: { engine: string; waiting: number }) => `${a.engine} is busy: ${a.waiting} utterances wait`,
    remedy: 'Say it again in a moment; with many microphones use a faster board or a smaller language.',
    retryable: true,
  },
  speech_language_bad: {
    says: (a: { engine: string; problem: string }) =>
      `${a.engine} cannot listen for what it was given: ${a.problem}`,
    remedy:
      'Correct the grammar or vocabulary; words need letters, and every rule that is used must be there.',
  },
  wake_phrase_unheard: {
    says: (a: { phrase: string; problem: string }) => `"${a.phrase}" cannot be a wake word: ${a.problem}`,
    remedy: 'Choose another `voice.wake.phrase`: two to four usual English words with five sounds or more.',
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
  text_too_long: {
    says: (a: { what: string; most: number }) => `${a.what} has more than ${a.most} characters`,
    remedy: 'Send less at a time.',
  },
  speech_service_left: {
    says: (a: { service: string }) => `the speech service at ${a.service} hung up without an answer`,
    remedy: 'Say it again; if it happens again, look into the log of the service.',
    retryable: true,
  },
  speech_service_failed: {
    says: (a: { service: string; problem: string }) =>
      `the speech service at ${a.service} says: ${a.problem}`,
    remedy: 'Look into the log of the service.',
  },
  speech_service_unreachable: {
    says: (a: { service: string; problem: string }) => `${a.service} cannot be reached: ${a.problem}`,
    remedy: 'Start the service, or correct its address; `fieldmouse doctor` asks it.',
    retryable: true,
  },
  speech_model_broken: {
    says: (a: { engine: string; problem: string }) => `${a.engine} cannot use its model: ${a.problem}`,
    remedy: 'Unpack the model again, whole and for this version of the engine, and name its folder.',
  },
  voice_busy: {
    says: (a: { what: string }) => `too much is said at once: ${a.what}`,
    remedy:
      'Say it again in a moment; `voice.hermes.most_sessions` sets how many conversations are held at once.',
    retryable: true,
  },
  voice_late: {
    says: (a: { what: string; ms: number }) => `${a.what} took longer than ${a.ms} ms`,
    remedy: 'Try again; if it stays, `fieldmouse doctor` says what is slow on this board.',
    retryable: true,
  },
  voice_site_doubled: {
    says: (a: { site: string }) => `two microphones send as ${a.site}: what comes is a mix of both`,
    remedy: 'Give each satellite a siteId of its own.',
  },
  speech_synthesis_missing: {
    says: (a: { program: string }) => `nothing can be said: the program ${a.program} is not there`,
    remedy: 'Install it (Debian: `apt install espeak-ng`), or set `voice.speech.engine`.',
  },
  speech_synthesis_failed: {
    says: (a: { program: string; how: string }) => `${a.program} did not say it: ${a.how}`,
    remedy:
      'Try `espeak-ng -v en-us "hello"` on this machine; check the name of the voice (`espeak-ng --voices`).',
    retryable: true,
  },
  speech_synthesis_busy: {
    says: (_: object) => 'one sentence is being spoken and another waits',
    remedy: 'Ask again when these are said.',
    retryable: true,
  },
  microphone_program_missing: {
    says: (a: { program: string }) => `the microphone cannot be read: the program ${a.program} is not there`,
    remedy: 'Install it: `apt install alsa-utils`.',
  },
  loudspeaker_unusable: {
    says: (a: { device: string; how: string }) => `the loudspeaker ${a.device} does not play: ${a.how}`,
    remedy: '`aplay -L` lists what there is; set `voice.microphone.speaker`.',
    retryable: true,
  },
  microphone_unusable: {
    says: (a: { device: string; how: string }) => `the microphone ${a.device} gives no sound: ${a.how}`,
    remedy:
      '`arecord -L` lists what there is; set `voice.microphone.device`, and add the user of the daemon to the group `audio`.',
    retryable: true,
  },
  speech_language_failed: {
    says: (a: { problem: string }) => `the language of this home could not be built: ${a.problem}`,
    remedy:
      'Restart the daemon; if it stays, its installation is damaged (daemon/voice/language/said.txt): install it again.',
  },
})
