import { isUtf8 } from 'node:buffer'

/**
 * Bytes as text that is safe to show: what is not text, and every control character but tab, comes out as `\xNN`. A line
 * can carry no terminal escape further. Pure.
 */
export type Encoding = 'utf8' | 'latin1' | 'utf16le' | 'hex'

export interface Decoded {
  text: string
  /** Bytes that text does not hold: broken sequences, control characters. */
  oddBytes: number
}

// C0 but tab, DEL, C1 (U+009B begins an escape sequence too), and halves of surrogate pairs
const UNSAFE = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]|\p{Surrogate}/gu
// the same, but usual in logs: CR and LF inside a record, ESC of colours
const USUAL = /[\n\r\u001b]/

const escapeByte = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`

const escapeUnit = (char: string): string => {
  const unit = char.charCodeAt(0)
  return unit > 0xff ? escapeByte(unit & 0xff) + escapeByte(unit >> 8) : escapeByte(unit)
}

/** Control characters but tab as `\xNN`, for text that is a string already. */
export function visible(text: string): string {
  return text.search(UNSAFE) < 0 ? text : text.replace(UNSAFE, escapeUnit)
}

/** One line. A byte order mark, and line ends before and behind the line, are left out. */
export function decode(bytes: Buffer, encoding: Encoding): Decoded {
  if (encoding === 'hex') return { text: bytes.toString('hex'), oddBytes: 0 }
  let odd = 0
  const safe = (text: string) =>
    text.search(UNSAFE) < 0
      ? text
      : text.replace(UNSAFE, char => {
          if (!USUAL.test(char)) odd += encoding === 'utf16le' ? 2 : 1
          return escapeUnit(char)
        })
  if (encoding !== 'utf8' || isUtf8(bytes))
    return { text: safe(trimmed(bytes.toString(encoding))), oddBytes: odd }
  // piece by piece: what is right stays, each wrong byte stands for itself
  const pieces: string[] = []
  let good = 0
  for (let at = 0; at < bytes.length; ) {
    const size = sequenceSize(bytes, at)
    if (size > 0) at += size
    else {
      if (at > good) pieces.push(safe(trimmedAt(bytes.toString('utf8', good, at), good === 0, false)))
      pieces.push(escapeByte(bytes[at]!))
      odd++
      good = ++at
    }
  }
  if (good < bytes.length) pieces.push(safe(trimmedAt(bytes.toString('utf8', good), good === 0, true)))
  return { text: pieces.join(''), oddBytes: odd }
}

/** How many bytes of a piece of a stream are no text; a character cut by the ends of the piece counts as text. */
export function oddBytes(bytes: Buffer, encoding: Encoding): number {
  if (encoding === 'hex') return 0
  let odd = 0
  if (encoding === 'utf16le') {
    // text in one script has its high bytes in common; noise has them all over. Controls are told by a high byte of zero.
    for (let at = 0; at + 1 < bytes.length; at += 2)
      if (bytes[at + 1] === 0 && isOddControl(bytes[at]!)) odd += 2
    return odd
  }
  if (encoding === 'latin1') {
    for (const byte of bytes) if (isOddControl(byte) || (byte >= 0x80 && byte < 0xa0)) odd++
    return odd
  }
  let at = 0
  while (at < 3 && at < bytes.length && (bytes[at]! & 0xc0) === 0x80) at++
  while (at < bytes.length) {
    const byte = bytes[at]!
    if (byte < 0x80) {
      if (isOddControl(byte)) odd++
      at++
      continue
    }
    const size = sequenceSize(bytes, at)
    if (size === 0 && bytes.length - at >= 4) odd++
    at += size || 1
  }
  return odd
}

/** The most bytes up to `limit` that do not end inside a character. */
export function wholeCharacters(bytes: Buffer, limit: number, encoding: Encoding): number {
  if (limit >= bytes.length) return bytes.length
  if (encoding === 'utf16le') {
    const even = limit - (limit % 2)
    const high = even >= 2 ? bytes.readUInt16LE(even - 2) : 0
    return high >= 0xd800 && high < 0xdc00 ? even - 2 : even
  }
  if (encoding !== 'utf8') return limit
  let start = limit
  while (start > 0 && limit - start < 3 && (bytes[start]! & 0xc0) === 0x80) start--
  return sequenceSize(bytes, start) > limit - start ? start : limit
}

function isOddControl(byte: number): boolean {
  return (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b) || byte === 0x7f
}

/**
 * Bytes of the UTF-8 sequence at `at`, 0 when there is none.
 * @source Unicode 15, table 3-7
 */
function sequenceSize(bytes: Buffer, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  const size =
    first >= 0xc2 && first < 0xe0
      ? 2
      : first >= 0xe0 && first < 0xf0
        ? 3
        : first >= 0xf0 && first < 0xf5
          ? 4
          : 0
  if (size === 0 || at + size > bytes.length) return 0
  const second = bytes[at + 1]!
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let next = at + 2; next < at + size; next++) if ((bytes[next]! & 0xc0) !== 0x80) return 0
  return size
}

function trimmed(text: string): string {
  return trimmedAt(text, true, true)
}

function trimmedAt(text: string, atStart: boolean, atEnd: boolean): string {
  let start = 0
  let end = text.length
  if (atStart) {
    if (text.charCodeAt(0) === 0xfeff) start++
    while (start < end && isLineEnd(text.charCodeAt(start))) start++
  }
  if (atEnd) while (end > start && isLineEnd(text.charCodeAt(end - 1))) end--
  return end - start === text.length ? text : text.slice(start, end)
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d
}
