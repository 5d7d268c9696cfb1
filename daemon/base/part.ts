import { describe, FieldmouseError } from './errors.js'

/** A thing that holds resources: a connection, a child process, a timer. */
export interface Part {
  /** Shown in logs when starting or stopping goes wrong. */
  readonly name: string
  /** Acquires. Rejects with a FieldmouseError and leaves nothing open. Constructors only assign. */
  start(signal: AbortSignal): Promise<void>
  /** Gives everything back, in reverse. Safe twice, and after a start that failed half way. */
  stop(): Promise<void>
}

/**
 * Starts parts in order; when one fails, the ones before it are stopped in reverse and its error is thrown.
 */
export async function startAll(parts: readonly Part[], signal: AbortSignal): Promise<void> {
  const started: Part[] = []
  for (const part of parts) {
    try {
      signal.throwIfAborted()
      await part.start(signal)
      started.push(part)
    } catch (error) {
      await stopAll([...started, part], 5_000)
      throw error
    }
  }
}

/**
 * Stops parts in reverse order, each within `deadlineMs`. A part that throws or hangs does not keep the others
 * from stopping.
 * @returns what went wrong, empty when all stopped cleanly.
 */
export async function stopAll(parts: readonly Part[], deadlineMs: number): Promise<string[]> {
  const troubles: string[] = []
  for (const part of [...parts].reverse()) {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`did not stop within ${deadlineMs} ms`)), deadlineMs)
    })
    try {
      await Promise.race([part.stop(), late])
    } catch (error) {
      troubles.push(`${part.name}: ${error instanceof FieldmouseError ? error.code : ''} ${describe(error)}`)
    } finally {
      clearTimeout(timer)
    }
  }
  return troubles
}
