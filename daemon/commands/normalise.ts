/**
 * The one spelling in which the small model sees an utterance: lower case, words parted by single blanks, numbers
 * apart from units, no punctuation that speech lacks. Daemon and training generator both pass through here.
 * @returns at most `maxWords` words; the empty string when nothing is left
 */
export function normalise(utterance: string, maxWords = 60): string {
  const text = utterance
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u2018\u2019\u02bc`\u00b4]/g, "'")
    .replace(/°\s*([cf])?\b/g, (_, unit) => ` degrees${unit ? ` ${unit}` : ''} `)
    .replace(/°/g, ' degrees ')
    .replace(/(\d),(?=\d{3}(?!\d))/g, '$1') // 2,700 -> 2700
    .replace(/\b([ap])\s*\.?\s*m\b\.?/g, (m, half, at, all) =>
      /[\d\w]\s*$/.test(all.slice(0, at)) ? `${half}m` : m,
    )
    .replace(/\s*%/g, ' %')
    .replace(/(?<![\w.])(\d+(?:[.:]\d+)?)([a-z]+)/g, (m, n, w) =>
      /^(st|nd|rd|th|d|s)$/.test(w) ? m : `${n} ${w}`,
    )
    .replace(/[<>|]/g, ' ') // these spell the model's own marks
    .replace(/(?<!\d)[.:]|[.:](?!\d)/g, ' ')
    .replace(/[^\p{L}\p{M}\p{N}%'.:+-]+/gu, ' ')
    .replace(/(^|\s)['+-]+(?=\s|$)/g, ' ')
    .replace(/\s-+(?=\p{L})|(?<=\p{L})-+(?=\s|$)/gu, ' ')
    .trim()
  return text.split(/\s+/).filter(Boolean).slice(0, maxWords).join(' ')
}
