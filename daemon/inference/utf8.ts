/**
 * UTF-8 as strings of bytes: one character of the string is one byte (U+0000 to U+00FF). Tokens of a byte-level
 * vocabulary may hold a part of a character, so answers are matched and gathered in bytes.
 */

const ASCII = /^[\x00-\x7f]*$/

/** The UTF-8 bytes of a text. */
export function toBytes(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

/** The text of UTF-8 bytes; a torn character comes as U+FFFD. */
export function fromBytes(bytes: string): string {
  return ASCII.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8')
}

/** How many bytes at the end belong to a character whose rest is still to come: 0 to 3. */
export function tornBytes(bytes: string): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes.charCodeAt(bytes.length - back)
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0
  }
  return 0
}
