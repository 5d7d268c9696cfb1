/** Frames as they went over the wire, without a word: they are looked at only when their own checks say what they are. Pure. */
import type { Reading } from '../read/reading.js'
import type { Finding } from './finding.js'
import { type Book, findingOf } from './load.js'

/** At least an exception frame. */
const HEX_RUN = /(?:\b[0-9a-f]{2}\b[ :-]?){5,}/gi
const CANDUMP = /\bv?s?can\d+\s+0{0,6}([0-9a-f]{2})\s+\[8\]\s+((?:[0-9a-f]{2}\s+){7}[0-9a-f]{2})/i
const MOST_CHARACTERS = 512

/** @param books as shipped; without the book of a frame it is not spoken of */
export function framesIn(reading: Reading, books: readonly Book[]): Finding[] {
  const text =
    reading.message.length > MOST_CHARACTERS ? reading.message.slice(0, MOST_CHARACTERS) : reading.message
  if (reading.format === 'nmea') return positionLost(reading, books)
  const can = CANDUMP.exec(text)
  if (can) return emergencyObject(can, books)
  for (const { 0: run } of text.matchAll(HEX_RUN)) {
    const found = modbusException(run, books)
    if (found.length > 0) return found
  }
  return []
}

/** Address, function + 128, exception code, CRC: told by its CRC alone. @source MODBUS over Serial Line V1.02 §2.5.1.2 */
function modbusException(run: string, books: readonly Book[]): Finding[] {
  const book = books.find(b => b.name === 'modbus')
  const bytes = (run.match(/[0-9a-f]{2}/gi) ?? []).map(h => Number.parseInt(h, 16))
  for (let at = 0; book && at + 5 <= bytes.length; at++) {
    const frame = bytes.slice(at, at + 5)
    if (!(frame[1]! & 0x80) || frame[2]! === 0 || frame[2]! > 11) continue
    if (crc16(frame.slice(0, 3)) !== (frame[3]! | (frame[4]! << 8))) continue
    const entry = book.codes.get(String(frame[2]))
    if (entry) return [findingOf(book, entry, run.trim())]
  }
  return []
}

/** @source MODBUS over Serial Line V1.02 §6.2.2 */
export function crc16(bytes: readonly number[]): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}

/** COB-ID 0x80 + node: an emergency object; its code stands low byte first. @source CiA 301 §7.2.7 */
function emergencyObject([quote, id, data]: RegExpExecArray, books: readonly Book[]): Finding[] {
  const book = books.find(b => b.name === 'canopen-emcy')
  const node = Number.parseInt(id!, 16) - 0x80
  if (!book || node < 1 || node > 127) return []
  const [low, high] = data!.split(/\s+/).map(h => Number.parseInt(h, 16))
  const code = low! + high! * 256
  const entry = book.codes.get(String(code)) ?? book.ranges.find(r => code >= r.from && code <= r.to)?.entry
  return entry ? [findingOf(book, entry, quote.trim())] : []
}

/** A receiver that says itself that it has no position. @source NMEA 0183: GGA field 6, RMC field 2 */
function positionLost(reading: Reading, books: readonly Book[]): Finding[] {
  const match = /^\$\w{2}(GGA|RMC|GLL),([^*]*)/.exec(reading.raw.trim())
  const entry = books.find(b => b.name === 'gnss')
  const lost = [...(entry?.codes.values() ?? []), ...(entry?.phrases ?? [])].find(
    e => e.means === 'no position',
  )
  if (!match || !entry || !lost) return []
  const fields = match[2]!.split(',')
  const none =
    match[1] === 'GGA' ? fields[5] === '0' : match[1] === 'RMC' ? fields[1] === 'V' : fields[5] === 'V'
  return none ? [{ ...findingOf(entry, lost, reading.raw.trim().slice(0, 80)), severity: 'advisory' }] : []
}
