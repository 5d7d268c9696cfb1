/**
 * The bytes that each token of a vocabulary writes, from the GGUF's own token table. A detokenizer gives text, and a
 * token that holds a part of a character ("é" is two tokens in a small vocabulary) has none.
 */
import { toBytes } from './utf8.js'

/** `tokenizer.ggml` of a GGUF. */
export interface TokenTable {
  model: string
  tokens: readonly string[]
  /** 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. */
  token_type?: readonly number[]
}

/** GPT-2 writes every byte as a printable character; this is the way back. @source openai/gpt-2 encoder.py, bytes_to_unicode */
const FROM_GPT2 = new Map<string, string>()
{
  const printable = (b: number) =>
    (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || (b >= 0xae && b <= 0xff)
  let next = 256
  for (let byte = 0; byte < 256; byte++)
    FROM_GPT2.set(String.fromCharCode(printable(byte) ? byte : next++), String.fromCharCode(byte))
}

/**
 * @param detokenize text of one token, for vocabularies of another make than GPT-2's and SentencePiece's
 * @returns the bytes of a token as a byte string (see utf8.ts); empty for tokens that write nothing, control tokens above all
 */
export function tokenBytes(
  table: TokenTable,
  detokenize: (token: number) => string,
): (token: number) => string {
  const known = new Map<number, string>()
  const find = (token: number): string => {
    const raw = table.tokens[token]
    const type = table.token_type?.[token] ?? 1
    if (raw === undefined || type === 2 || type === 3 || type === 5) return ''
    if (type === 4) return toBytes(raw)
    const byte = /^<0x([0-9A-F]{2})>$/.exec(raw)
    if (type === 6 && byte) return String.fromCharCode(Number.parseInt(byte[1]!, 16))
    if (table.model === 'gpt2') {
      let bytes = ''
      for (const char of raw) bytes += FROM_GPT2.get(char) ?? toBytes(char)
      return bytes
    }
    if (table.model === 'llama') return toBytes(raw.replaceAll('\u2581', ' '))
    return toBytes(detokenize(token))
  }
  return token => {
    let bytes = known.get(token)
    if (bytes === undefined) {
      bytes = find(token)
      known.set(token, bytes)
    }
    return bytes
  }
}
