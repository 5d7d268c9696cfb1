/**
 * Numbers that phrases have as they are, and the words that must stand beside them there: `stage 2`, `rs 485`. Elsewhere such
 * a number is any number, and memory need not tell it from others (signature.ts). Pure.
 */
import { fits, type PhraseNode } from './phrase-node.js'
import { isNumber } from './words.js'

type WordNode = PhraseNode & { kind: 'word' }
/** What stands beside a number in a phrase: a word or number; over a gap, one of these; or nothing that is certain. */
type Beside = WordNode | { over: readonly Beside[] } | undefined

export class NumbersInPhrases {
  /** Numbers beside which nothing certain stands. */
  readonly #anywhere = new Set<string>()
  /** Beginnings of such numbers. */
  readonly #begins: string[] = []
  readonly #before = new WordNodes()
  readonly #farBefore = new WordNodes()
  readonly #behind = new WordNodes()

  add(nodes: readonly PhraseNode[]): void {
    // what stands before the first is nothing: no phrase is looked for by a number that it begins with (phrases.ts)
    this.#walk(nodes, [], [undefined])
  }

  /** Whether a phrase may have this number whatever stands beside it. */
  isAnywhere(number: string): boolean {
    return this.#anywhere.has(number) || this.#begins.some(begin => number.startsWith(begin))
  }
  /** Whether some number of a phrase may stand right behind this word. */
  leads(word: string): boolean {
    return this.#before.has(word)
  }
  /** Whether some number of a phrase may stand behind this word, with others between. */
  leadsFar(word: string): boolean {
    return this.#farBefore.has(word)
  }
  /** Whether this word may stand right behind some number of a phrase. */
  follows(word: string): boolean {
    return this.#behind.has(word)
  }

  #walk(nodes: readonly PhraseNode[], before: readonly Beside[], behind: readonly Beside[]): void {
    for (const [i, node] of nodes.entries()) {
      if (node.kind !== 'any' && !(node.kind === 'word' && isNumber(node.text))) continue
      const front = besides(nodes.slice(0, i).reverse(), 'before', before)
      const back = besides(nodes.slice(i + 1), 'behind', behind)
      if (node.kind === 'any') for (const branch of node.of) this.#walk(branch, front, back)
      else if (node.from || node.to) this.#begins.push(node.from ? '' : node.text)
      else if (front.every(isSure)) this.#take(front)
      else if (back.every(isWord)) for (const word of back) this.#behind.add(word)
      else this.#anywhere.add(node.text)
    }
  }

  #take(before: readonly Beside[]): void {
    for (const beside of before) {
      if (isWord(beside)) this.#before.add(beside)
      else for (const word of wordsIn(beside)) this.#farBefore.add(word)
    }
  }
}

const isWord = (beside: Beside): beside is WordNode => beside !== undefined && 'kind' in beside
const isSure = (beside: Beside): boolean =>
  beside !== undefined && (isWord(beside) || beside.over.every(isSure))
const wordsIn = (beside: Beside): WordNode[] =>
  beside === undefined ? [] : isWord(beside) ? [beside] : beside.over.flatMap(wordsIn)

/**
 * What may stand nearest.
 * @param nodes from the nearest on
 * @param beyond what stands beyond all of them
 */
function besides(
  nodes: readonly PhraseNode[],
  side: 'before' | 'behind',
  beyond: readonly Beside[],
): readonly Beside[] {
  const [node, ...rest] = nodes
  if (node === undefined) return beyond
  if (node.kind === 'word') return [node]
  if (node.kind === 'number') return [undefined]
  const further = besides(rest, side, beyond)
  if (node.kind === 'gap') return [{ over: further }]
  const branches = node.of.flatMap(branch =>
    besides(side === 'before' ? [...branch].reverse() : branch, side, further),
  )
  return node.maybe ? [...branches, ...further] : branches
}

/** Words of phrases by their first letter; '' are those that may begin with any. */
class WordNodes {
  readonly #all = new Map<string, WordNode[]>()

  add(node: WordNode): void {
    const letter = node.from ? '' : node.text[0]!
    const known = this.#all.get(letter)
    if (!known) this.#all.set(letter, [node])
    else if (!known.some(k => k.text === node.text && k.to === node.to)) known.push(node)
  }

  has(word: string): boolean {
    return ['', word[0] ?? ''].some(letter => this.#all.get(letter)?.some(node => fits(node, word)))
  }
}
