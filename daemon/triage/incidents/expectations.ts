import { fits, isNamed, type Match, type SuppressionRule } from './action.js'
import type { AlarmRecord, Deed } from './incident.js'

export interface OutOfService extends Deed {
  asset: string
}

/** Plain JSON. */
export interface ExpectationsState {
  rules: SuppressionRule[]
  outOfService: OutOfService[]
}

/** Which alarms are expected by design, and which machines are out of service. */
export class Expectations {
  readonly #most: number
  #rules: SuppressionRule[] = []
  #outOfService: OutOfService[] = []

  constructor(most: number) {
    this.#most = most
  }

  state(): ExpectationsState {
    return { rules: this.#rules, outOfService: this.#outOfService }
  }

  restore({ rules, outOfService }: ExpectationsState): void {
    this.#rules = rules
    this.#outOfService = outOfService
  }

  isOut({ identity }: AlarmRecord): boolean {
    return this.#outOfService.some(e => identity.assets.some(a => isNamed(a, e.asset)))
  }

  /** Whether an alarm that excuses this one is active. One that is itself excused excuses nothing. */
  isExpected(record: AlarmRecord, alarms: Iterable<AlarmRecord>): boolean {
    const rules = this.#rules.filter(r => fits(r.expect, record.identity, record.label))
    if (rules.length === 0) return false
    for (const a of alarms) {
      if (a === record || !a.state.live || a.state.condition === 'DSUPR') continue
      if (rules.some(r => fits(r.while, a.identity, a.label))) return true
    }
    return false
  }

  /** What an alarm excuses. */
  excusedBy(cause: AlarmRecord): Match[] {
    return this.#rules.filter(r => fits(r.while, cause.identity, cause.label)).map(r => r.expect)
  }

  /** @returns what has to be looked at again: the new rule, one it replaces, the oldest when there are too many */
  add(rule: SuppressionRule): Match[] {
    const replaced = this.remove(rule.rule)
    this.#rules.push(rule)
    const dropped = this.#rules.splice(0, Math.max(0, this.#rules.length - this.#most))
    return [rule.expect, ...replaced, ...dropped.map(r => r.expect)]
  }

  remove(name: string): Match[] {
    const gone = this.#rules.filter(r => r.rule === name)
    this.#rules = this.#rules.filter(r => r.rule !== name)
    return gone.map(r => r.expect)
  }

  /** @returns the machine that is in service again because there are too many, if any */
  takeOut(entry: OutOfService): string | undefined {
    this.putBack(entry.asset)
    this.#outOfService.push(entry)
    return this.#outOfService.length > this.#most ? this.#outOfService.shift()?.asset : undefined
  }

  putBack(asset: string): void {
    this.#outOfService = this.#outOfService.filter(e => e.asset.toLowerCase() !== asset.toLowerCase())
  }
}
