import type { Outcome } from './reply.js'
import type { Request, RequestKind } from './request.js'

/**
 * Answers one kind of request. A refusal is returned; what is thrown becomes an error of the closed list.
 * `signal` aborts when the request is cancelled, runs out of time or the daemon stops: its reason is one of those words.
 */
export type Handler = (request: Request, signal: AbortSignal) => Promise<Outcome>

/** Which handler a room registered for which kind. */
export class Routes {
  #handlers = new Map<RequestKind, Handler>()

  /** @returns how to take it back */
  register(kind: RequestKind, handler: Handler): () => void {
    this.#handlers.set(kind, handler)
    return () => {
      if (this.#handlers.get(kind) === handler) this.#handlers.delete(kind)
    }
  }

  find(kind: RequestKind): Handler | undefined {
    return this.#handlers.get(kind)
  }

  /** The kinds that have a handler, for `status` and `doctor`. */
  kinds(): RequestKind[] {
    return [...this.#handlers.keys()]
  }
}
