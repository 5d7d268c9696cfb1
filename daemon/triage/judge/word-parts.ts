/** Many short texts, and whether a word begins with one of them or has one inside: found by their first letters. Pure. */

export class WordParts {
  /** By the first three letters. */
  readonly #texts = new Map<number, string[]>()
  /** Of one or two letters. */
  readonly #short: string[] = []

  constructor(texts: Iterable<string> = []) {
    for (const text of texts) this.add(text)
  }

  add(text: string): void {
    if (text.length < 3) {
      this.#short.push(text)
      return
    }
    const key = lettersAt(text, 0)
    const known = this.#texts.get(key)
    if (known) known.push(text)
    else this.#texts.set(key, [text])
  }

  /** Whether one of them is the beginning of a word. */
  begins(word: string): boolean {
    return this.#standsAt(word, 0)
  }

  /** Whether one of them stands anywhere in a word. */
  isIn(word: string): boolean {
    for (let at = 0; at <= word.length; at++) if (this.#standsAt(word, at)) return true
    return false
  }

  #standsAt(word: string, at: number): boolean {
    const texts = word.length - at < 3 ? undefined : this.#texts.get(lettersAt(word, at))
    if (texts) for (const text of texts) if (word.startsWith(text, at)) return true
    for (const text of this.#short) if (word.startsWith(text, at)) return true
    return false
  }
}

/** Three characters as a number; others may have the same. */
const lettersAt = (text: string, at: number): number =>
  (((text.charCodeAt(at) << 8) ^ text.charCodeAt(at + 1)) << 8) ^ text.charCodeAt(at + 2)
