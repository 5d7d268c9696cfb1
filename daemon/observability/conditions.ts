import type { Clock } from '../base/clock.js'

/** info is worth knowing; warning and error make the device `degraded`. */
export type Severity = 'info' | 'warning' | 'error'

export interface ConditionEntry {
  severity: Severity
  says: string
  /** What the owner can do about it. */
  remedy: string
  /** How long it must last before it shows, milliseconds. Short troubles that heal are nobody's concern. */
  showsAfterMs: number
  /** Not shown while this other one is: it is only a consequence. */
  because?: string
}

/** What may be wrong for a while. `doctor`, the status topic and the log read this list. */
export const CONDITIONS = {
  broker_away: {
    severity: 'error',
    says: 'there is no connection to the broker',
    remedy: 'Look whether the broker runs and is reachable; the daemon keeps trying by itself.',
    showsAfterMs: 5_000,
  },
  broker_plain: {
    severity: 'info',
    says: 'the broker speaks MQTT 3.1.1 only: answers come without Response Topic, Correlation Data and expiry',
    remedy: 'Install Mosquitto (`apt-get install mosquitto`), or use any MQTT 5 broker.',
    showsAfterMs: 0,
  },
  inference_down: {
    severity: 'error',
    says: 'the inference process is down and is being restarted',
    remedy: 'If it stays, look for out-of-memory kills (`dmesg`) and pick a smaller model.',
    showsAfterMs: 3_000,
  },
  data_unwritable: {
    severity: 'warning',
    says: 'nothing can be kept: the data folder cannot be written',
    remedy: 'Make room on the disk, give the daemon the right to write there, or choose another data_dir.',
    showsAfterMs: 0,
  },
  model_absent: {
    severity: 'error',
    says: 'no model is loaded: what needs one is refused',
    remedy: 'Run `fieldmouse doctor`: it says how much memory is missing, and what would fit.',
    showsAfterMs: 0,
  },
  model_replaced: {
    severity: 'warning',
    says: 'another model than the configured one is loaded',
    remedy: 'Correct `model.file`, or give the daemon the memory that it needs.',
    showsAfterMs: 0,
  },
  profiles_left_out: {
    severity: 'warning',
    says: 'board or model profiles of your own cannot be used',
    remedy: 'Correct the named place; device-profiles/schema/ has the schema.',
    showsAfterMs: 0,
  },
  board_hot: {
    severity: 'warning',
    says: 'the board is hot: less is done at once',
    remedy:
      'Give it air, a heat sink or a fan; it goes back to full speed by itself once it has cooled down.',
    showsAfterMs: 0,
  },
  under_voltage: {
    severity: 'warning',
    says: 'the supply is too weak: less is done at once',
    remedy: 'Use the supply made for this board and a short cable, and take USB devices from it.',
    showsAfterMs: 0,
  },
  memory_pressure: {
    severity: 'warning',
    says: 'memory is short: less is kept in it',
    remedy: 'Stop other programs, or give the service more memory (MemoryMax).',
    showsAfterMs: 0,
  },
  battery_low: {
    severity: 'warning',
    says: 'the battery is low: less is done at once',
    remedy: 'Charge it.',
    showsAfterMs: 0,
  },
  fan_stopped: {
    severity: 'warning',
    says: 'the fan stands still although it should turn',
    remedy: 'Look at its plug and whether something blocks it.',
    showsAfterMs: 0,
  },
  speech_missing: {
    severity: 'warning',
    says: 'speech is configured and no recogniser can run',
    remedy:
      'Install what is missing (Debian: `apt install pocketsphinx pocketsphinx-en-us`), or correct the section voice.',
    showsAfterMs: 0,
  },
  speech_door_closed: {
    severity: 'warning',
    says: 'a way in for speech could not be opened',
    remedy: 'Correct the section voice (address, port, device), and start the daemon again.',
    showsAfterMs: 0,
  },
  microphone_away: {
    severity: 'warning',
    says: 'the microphone gives no sound',
    remedy: 'Look whether it is plugged in (`arecord -l`) and whether `voice.microphone.device` is right.',
    showsAfterMs: 5_000,
  },
  classifier_unusable: {
    severity: 'warning',
    says: 'the weights for lines cannot be used: lines are judged with those that ship, or by plain code alone',
    remedy:
      'Correct `triage.classifier_file`, or train the weights again (scripts/train/README.md); if those that ship are damaged, install the package again.',
    showsAfterMs: 0,
  },
  update_failed: {
    severity: 'info',
    says: 'an update does not come through; what runs goes on',
    remedy: 'See `fieldmouse ota status`: it says what is missing, and when it is tried again.',
    showsAfterMs: 60_000,
  },
  queue_full: {
    severity: 'warning',
    says: 'the queue is full: new requests are answered `busy`',
    remedy: 'Send less, or share the work with another device (broker.share).',
    showsAfterMs: 5_000,
    because: 'inference_down',
  },
} as const satisfies Record<string, ConditionEntry>

export type ConditionCode = keyof typeof CONDITIONS

/** A condition that holds now. */
export interface Condition {
  code: ConditionCode
  severity: Severity
  says: string
  remedy: string
  /** ISO 8601, UTC. */
  since: string
  /** What is particular this time. */
  detail?: string
}

/** Keeps what is wrong at the moment. */
export class Conditions {
  readonly #clock: Clock
  readonly #onChange: (shown: Condition[]) => void
  readonly #raised = new Map<ConditionCode, { at: number; since: string; detail?: string }>()
  #timer: NodeJS.Timeout | undefined
  #told = '[]'

  /** @param onChange told whenever what is shown changes */
  constructor(clock: Clock, onChange: (shown: Condition[]) => void = () => {}) {
    this.#clock = clock
    this.#onChange = onChange
  }

  /** Raising again changes only the detail; `since` stays. */
  raise(code: ConditionCode, detail?: string): void {
    const before = this.#raised.get(code)
    this.#raised.set(code, {
      at: before?.at ?? this.#clock.monotonic(),
      since: before?.since ?? new Date(this.#clock.now()).toISOString(),
      ...(detail === undefined ? {} : { detail }),
    })
    this.#look()
  }

  clear(code: ConditionCode): void {
    if (this.#raised.delete(code)) this.#look()
  }

  /** Raises or clears, for callers that have the answer as a value. */
  set(code: ConditionCode, holds: boolean, detail?: string): void {
    if (holds) this.raise(code, detail)
    else this.clear(code)
  }

  /** What holds and has lasted long enough, the worst first. */
  shown(): Condition[] {
    const now = this.#clock.monotonic()
    const lasting = [...this.#raised].filter(([code, r]) => now - r.at >= CONDITIONS[code].showsAfterMs)
    const codes = new Set(lasting.map(([code]) => code))
    return lasting
      .filter(([code]) => {
        const entry: ConditionEntry = CONDITIONS[code]
        return !(entry.because && codes.has(entry.because as ConditionCode))
      })
      .map(([code, { since, detail }]) => {
        const { severity, says, remedy } = CONDITIONS[code]
        return { code, severity, says, remedy, since, ...(detail === undefined ? {} : { detail }) }
      })
      .sort((a, b) => RANK[a.severity] - RANK[b.severity])
  }

  /** The state on the status topic. */
  state(): 'online' | 'degraded' {
    return this.shown().some(c => c.severity !== 'info') ? 'degraded' : 'online'
  }

  /** Forgets its timer. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  #look(): void {
    const shown = this.shown()
    const telling = JSON.stringify(shown)
    if (telling !== this.#told) {
      this.#told = telling
      this.#onChange(shown)
    }
    clearTimeout(this.#timer)
    const now = this.#clock.monotonic()
    const waits = [...this.#raised]
      .map(([code, { at }]) => at + CONDITIONS[code].showsAfterMs - now)
      .filter(ms => ms > 0)
    if (waits.length === 0) return
    this.#timer = setTimeout(() => this.#look(), Math.ceil(Math.min(...waits)))
    this.#timer.unref()
  }
}

const RANK: Record<Severity, number> = { error: 0, warning: 1, info: 2 }
