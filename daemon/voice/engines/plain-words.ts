/**
 * What a recogniser of free text wrote ("Turn on the light, please."), as hypotheses are written: lower-case words,
 * single spaces, no punctuation. Apostrophes and what belongs to a number stay: "don't", "21.5". What others put in
 * brackets is no speech: "[BLANK_AUDIO]", "(music)", "♪".
 */
export function plainWords(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/\[[^\]]*\]|\([^)]*\)|\*[^*]*\*/g, ' ')
    .replace(/’/g, "'")
    .replace(/(?<=\d)[.,:](?=\d)/g, match => (match === ',' ? '' : match))
    .replace(/[^\p{L}\p{M}\p{N}'.:%°]+/gu, ' ')
    .replace(/(?<!\d)[.:]|[.:](?!\d)/g, ' ')
    .replace(/(?<![\p{L}\p{N}])'+|'+(?![\p{L}\p{N}])/gu, ' ')
    .replace(/ +/g, ' ')
    .trim()
}

/** Names and words worth listening for, the first ones first, up to a length. */
export function someHints(hints: readonly string[], mostCharacters: number): string[] {
  const some: string[] = []
  let characters = 0
  for (const hint of hints) {
    characters += hint.length + 2
    if (characters > mostCharacters) break
    some.push(hint)
  }
  return some
}
