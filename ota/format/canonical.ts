/**
 * JSON with one way of writing, as it is signed: keys in order, no blanks, whole numbers, of a text only `"` and `\` escaped.
 * The same bytes as those that TUF metadata is signed over (a test holds it to `@tufjs/models`).
 * @source OLPC Canonical JSON, wiki.laptop.org/go/Canonical_JSON; TUF 1.0.34, 4.1
 * @throws TypeError for what it has no form for: fractions, numbers beyond 2^53, texts that are not Unicode, undefined
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isSafeInteger(value))
    return String(Object.is(value, -0) ? 0 : value)
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object') {
    const fields = value as Record<string, unknown>
    const keys = Object.keys(fields).sort()
    return `{${keys.map(key => `${text(key)}:${canonical(fields[key])}`).join(',')}}`
  }
  throw new TypeError(`there is no canonical form of ${typeof value} ${String(value)}`)
}

function text(value: string): string {
  // half a pair would become the same byte sequence as any other half
  if (/\p{Surrogate}/u.test(value)) throw new TypeError('a text that is not Unicode has no canonical form')
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
