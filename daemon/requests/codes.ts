/**
 * The closed list of error codes on the wire. A program may branch on a code; the sentence beside it is free to
 * improve. `docs/reference/` prints this list.
 */

/** What one code means to whoever receives it. */
export interface WireCodeEntry {
  meaning: string
  /** What the sender, or the owner of the device, can do about it. */
  remedy: string
  /** True when the very same request may succeed later without anybody changing anything. */
  retryable: boolean
}

export const WIRE_CODES = {
  // what was sent
  bad_request: {
    meaning: 'The payload or its properties are not what this topic takes; the message names the place.',
    remedy: 'Send UTF-8 text, or JSON with the fields that docs/reference/topics.md lists.',
    retryable: false,
  },
  bad_encoding: {
    meaning: 'The payload should be text and is not valid UTF-8.',
    remedy: 'Encode the text as UTF-8; send audio to request/voice.',
    retryable: false,
  },
  empty: {
    meaning: 'There is nothing in the request.',
    remedy: 'Send at least one word, one line or one utterance.',
    retryable: false,
  },
  too_large: {
    meaning: 'The payload is larger than this device takes for its kind.',
    remedy: 'Send less at once, or raise the limit in the configuration.',
    retryable: false,
  },
  unknown_kind: {
    meaning: 'No such kind of request.',
    remedy:
      'Publish to request/command, request/voice, request/triage, request/incident, request/update, request/ask or request/cancel.',
    retryable: false,
  },
  id_reused: {
    meaning: 'The same sender used this id or correlation data a moment ago for a different request.',
    remedy: 'Use a new id for every request; the same id means the same request sent again.',
    retryable: false,
  },
  // the life of a request
  expired: {
    meaning: 'The time the sender gave had passed before there was an answer.',
    remedy: 'Give a longer message expiry, or ask a less busy device.',
    retryable: true,
  },
  timed_out: {
    meaning: 'The request took longer than this device allows any request.',
    remedy: 'Send less at once, or raise the time limit in the configuration.',
    retryable: true,
  },
  busy: {
    meaning: 'The queue is full; nothing was done.',
    remedy: 'Send it again after retry_after_ms.',
    retryable: true,
  },
  cancelled: {
    meaning: 'Somebody asked for this request to be given up.',
    remedy: 'None needed; send it again if it is wanted after all.',
    retryable: false,
  },
  shutting_down: {
    meaning: 'The daemon is stopping; the request was not finished.',
    remedy: 'Send it again once the status topic says online.',
    retryable: true,
  },
  // what the device lacks
  not_available: {
    meaning: 'This device has nothing that answers this kind of request.',
    remedy: 'Run `fieldmouse doctor`: it says what the board, its plan and its configuration allow.',
    retryable: false,
  },
  engine_unavailable: {
    meaning: 'No model is loaded that could answer.',
    remedy: 'Run `fieldmouse doctor`; a model may still be loading, or there is none that fits.',
    retryable: true,
  },
  model_on_trial: {
    meaning: 'A new model is being tried or loaded, there is memory for one only, and the wait was too long.',
    remedy: 'Send it again after retry_after_ms.',
    retryable: true,
  },
  engine_died: {
    meaning: 'The process that runs the model ended while it worked on this request, twice.',
    remedy: 'Send it again; if it happens often, look for out-of-memory kills and pick a smaller model.',
    retryable: true,
  },
  speech_engine_missing: {
    meaning: 'This device has no speech recogniser that could listen; the message says what is missing.',
    remedy:
      'Install it (Debian: `apt install pocketsphinx pocketsphinx-en-us`), or choose another `voice.engine`; `fieldmouse doctor` checks it.',
    retryable: false,
  },
  speech_engine_died: {
    meaning: 'The speech recogniser ended while it listened, twice.',
    remedy: 'Say it again; if it happens often, look into the log for the signal.',
    retryable: true,
  },
  speech_engine_hung: {
    meaning: 'The speech recogniser gave no answer in time and was started anew.',
    remedy: 'Say it again, or raise `voice.timeout_ms`.',
    retryable: true,
  },
  speech_unavailable: {
    meaning: 'The speech recogniser, its model or its service cannot be used now; the message says why.',
    remedy: 'Run `fieldmouse doctor`; it asks the recogniser that is configured.',
    retryable: true,
  },
  audio_empty: {
    meaning: 'The utterance holds no sound.',
    remedy: 'Send WAV or FLAC with at least a tenth of a second of sound.',
    retryable: false,
  },
  audio_unreadable: {
    meaning: 'The utterance is no sound that can be read; the message says why.',
    remedy: 'Send WAV (8 to 32-bit PCM or float) or FLAC, 8 to 96 kHz, one or two channels.',
    retryable: false,
  },
  audio_too_long: {
    meaning: 'The utterance is longer than this device takes.',
    remedy: 'Send one utterance at a time, or raise `voice.longest_utterance_seconds`.',
    retryable: false,
  },
  no_speech: {
    meaning: 'No words of this home were heard in the sound.',
    remedy: 'Say it again, closer to the microphone; the levels in the reply say how loud it came in.',
    retryable: false,
  },
  no_update_source: {
    meaning: 'No repository is configured that new models could come from.',
    remedy: 'Set `ota.url`, `ota.folder` or `ota.over_broker` (docs/ota.md).',
    retryable: false,
  },
  nothing_to_go_back_to: {
    meaning: 'The factory model runs: there is nothing before it.',
    remedy: 'None needed.',
    retryable: false,
  },
  internal: {
    meaning: 'The daemon made a mistake; the message says which.',
    remedy: 'Send it again; if it stays, report it with the log lines around it.',
    retryable: true,
  },
  // what a command could not do
  out_of_scope: {
    meaning: 'The words are not a command for this home.',
    remedy: 'Say what to do with which device.',
    retryable: false,
  },
  unknown_device: {
    meaning: 'No device or area in this home goes by that name.',
    remedy: 'Use a name from the home file, or add this one there as an alias.',
    retryable: false,
  },
  unsupported: {
    meaning: 'The device exists and cannot do this.',
    remedy: 'Ask for something the device can do; the message says what is missing.',
    retryable: false,
  },
  ambiguous: {
    meaning:
      'Several devices fit, and acting on the wrong one would be worse than asking: the message asks which.',
    remedy: 'Answer in the same session ("the desk one"), or name the area or the device.',
    retryable: false,
  },
  needs_confirmation: {
    meaning: 'The action is risky, or the words were understood with some doubt: the message asks first.',
    remedy: 'Answer yes or no in the same session, or send the request with "confirmed": true.',
    retryable: false,
  },
  forbidden: {
    meaning: 'The owner of this device does not allow the action.',
    remedy: 'See commands.risk in the configuration.',
    retryable: false,
  },
  nothing_to_undo: {
    meaning: 'No command is remembered that could be put back.',
    remedy: 'Say what to change.',
    retryable: false,
  },
  not_sure: {
    meaning: 'The words were understood with too little confidence to act on.',
    remedy: 'Say it in other words, shorter if possible.',
    retryable: false,
  },
  not_understood: {
    meaning: 'No stage of the cascade could make sense of the words.',
    remedy: 'Say it in other words: an action and a device.',
    retryable: false,
  },
  device_no_answer: {
    meaning: 'The command was sent and the device did not say that it did it.',
    remedy: 'Look whether the device has power and reaches the broker.',
    retryable: true,
  },
  device_failed: {
    meaning: 'The device refused, or says something other than what it was told.',
    remedy: 'Try again, or look at the device itself.',
    retryable: true,
  },
} as const satisfies Record<string, WireCodeEntry>

export type WireCode = keyof typeof WIRE_CODES

/** Whether a code is in the closed list. */
export function isWireCode(code: string | undefined): code is WireCode {
  return code !== undefined && Object.hasOwn(WIRE_CODES, code)
}

/** The `error` of a reply. The sentence and remedy of the list are used where none closer to the case are given. */
export function wireError(
  code: WireCode,
  more: { message?: string; remedy?: string; retryAfterMs?: number } = {},
): { code: WireCode; message: string; remedy: string; retry_after_ms?: number } {
  return {
    code,
    message: more.message ?? WIRE_CODES[code].meaning,
    remedy: more.remedy ?? WIRE_CODES[code].remedy,
    ...(more.retryAfterMs === undefined ? {} : { retry_after_ms: more.retryAfterMs }),
  }
}
