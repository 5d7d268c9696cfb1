/**
 * Errors are a catalogue: each room declares its own with `defineErrors`, and every error carries a code (for
 * programs), a sentence (for people) and a remedy (for tonight).
 */

/** One line of a catalogue. `says` builds the sentence from typed details. */
export interface ErrorEntry<D> {
  says: (details: D) => string
  /** What the owner can do about it, one sentence. */
  remedy: string
  /** True when the same request may succeed later without anybody changing anything. Default false. */
  retryable?: boolean
}

/** An error from a catalogue. `code` is stable; `message` is free to improve. */
export class FieldmouseError extends Error {
  readonly code: string
  readonly remedy: string
  readonly retryable: boolean
  readonly details: Record<string, unknown>
  constructor(
    code: string,
    message: string,
    remedy: string,
    retryable: boolean,
    details: Record<string, unknown>,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'FieldmouseError'
    this.code = code
    this.remedy = remedy
    this.retryable = retryable
    this.details = details
  }
}

// biome-ignore lint/suspicious/noExplicitAny: each entry has its own details type; inference below restores it
type Entries = Record<string, ErrorEntry<any>>

/** A catalogue: each code becomes a function that makes the error. `entries` is kept for the reference page. */
export type Catalogue<E extends Entries> = {
  [K in keyof E]: (details: Parameters<E[K]['says']>[0], cause?: unknown) => FieldmouseError
} & { readonly entries: E }

/**
 * Turns entries into error makers.
 * @example const errors = defineErrors({ gone: { says: (a: { what: string }) => `${a.what} is gone`, remedy: 'Find it.' } })
 */
export function defineErrors<E extends Entries>(entries: E): Catalogue<E> {
  const makers: Record<string, unknown> = { entries }
  for (const [code, entry] of Object.entries(entries)) {
    makers[code] = (details: Record<string, unknown>, cause?: unknown) =>
      new FieldmouseError(code, entry.says(details), entry.remedy, entry.retryable ?? false, details, cause)
  }
  return makers as Catalogue<E>
}

/** Whether trying the same again later can help. */
export function isRetryable(error: unknown): boolean {
  return error instanceof FieldmouseError && error.retryable
}

/** The catalogue code of an error, or undefined for an error that no catalogue knows. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof FieldmouseError ? error.code : undefined
}

/** Any thrown value as one line of text, causes included. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : ` (because: ${describe(error.cause)})`
  return `${error.message}${cause}`
}
