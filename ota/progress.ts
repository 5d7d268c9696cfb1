/** Progress of work that takes long, for people: on a terminal one line that is written over, elsewhere begin and end. */

export interface Teller {
  /** A line of its own. */
  err(line: string): void
  /** Writes over the line that is shown last; only on a terminal. An empty one takes it away. */
  rewrite?: ((line: string) => void) | undefined
}

export interface Progress {
  /** @param done part of 1 */
  tell(what: string, done: number): void
  /** It ended, well or not: no half line is left. */
  end(): void
}

export function progressOn({ err, rewrite }: Teller): Progress {
  let now: string | undefined
  let told = ''
  const ended = (what: string) => {
    rewrite?.('')
    err(`${what}: done`)
    now = undefined
  }
  return {
    tell(what, done) {
      if (done >= 1) return ended(what)
      const hasBegun = now !== what
      now = what
      if (!rewrite) {
        if (hasBegun) err(`${what} ...`)
        return
      }
      const line = `${what}: ${Math.floor(done * 100)} %`
      if (line !== told) rewrite(line)
      told = line
    },
    end() {
      if (now !== undefined) rewrite?.('')
      now = undefined
    },
  }
}
