/** What changes from minute to minute. Values only. Whatever the board does not tell is absent. */
export interface Readings {
  /** Zones that read like a temperature, degrees Celsius. */
  temperatures: readonly { zone: string; c: number }[]
  /** The hottest of the zones that count, degrees Celsius. */
  hottestC?: number
  /** What the firmware of a Raspberry Pi says. */
  throttle?: ThrottleFlags
  /** Over-current and under-voltage events of a Jetson since it started; only the difference means something. */
  overCurrentEvents?: number
  /** The fastest core now and at most, MHz. */
  frequency?: { currentMhz: number; mostMhz: number }
  /** Share of the last ten seconds in which some or all tasks waited for memory, percent. @source kernel: Documentation/accounting/psi.rst */
  memoryPressure?: { some: number; full: number }
  /** Memory that could be had now, MiB. */
  availableMib?: number
  /** Power drawn now, milliwatts. */
  power?: { totalMw: number; rails: readonly { label: string; mw: number }[] }
  battery?: { percent: number; charging: boolean }
  fan?: { rpm: number /** PWM duty asked of it, 0 to 255; above 0 it should turn. */; duty?: number }
}

/** Bits of the Raspberry Pi firmware. @source raspberrypi/documentation: vcgencmd get_throttled */
export interface ThrottleFlags {
  underVoltage: boolean
  /** The frequency of the ARM cores is capped. */
  capped: boolean
  throttled: boolean
  softLimit: boolean
  /** The same since the board started. */
  occurred: { underVoltage: boolean; capped: boolean; throttled: boolean; softLimit: boolean }
}
