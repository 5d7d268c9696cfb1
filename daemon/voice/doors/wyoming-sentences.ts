/** Behind the mark that ends a sentence there may be quotes and brackets, so many at most. */
const MOST_CLOSING = 4

/**
 * Text that still comes, cut where it can be spoken: behind `.`, `!`, `?` or `…` before white space ("21.5 degrees" goes
 * on), and at line ends. One pass: who sends the text may mean harm.
 * @returns sentences that are whole, and what is not yet one; put together again they are the text, white space aside
 */
export function takeSentences(text: string): { sentences: string[]; rest: string } {
  const sentences: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (!/\s/.test(text[at]!)) continue
    if (at > start && !(text[at] === '\n' || ends(text, start, at))) continue
    if (at > start) sentences.push(text.slice(start, at).trimStart())
    start = at + 1
  }
  return { sentences: sentences.filter(sentence => sentence !== ''), rest: text.slice(start) }
}

/** Whether a sentence ends right before `at`. */
function ends(text: string, start: number, at: number): boolean {
  let last = at - 1
  while (last > start && at - last <= MOST_CLOSING && `"'”’)]`.includes(text[last]!)) last--
  return '.!?…'.includes(text[last]!)
}
