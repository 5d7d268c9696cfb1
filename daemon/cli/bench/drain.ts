/**
 * A plain Drain, only to be compared with: a tree of fixed depth by length and first words, then the most similar template
 * of a leaf. Depth 4, similarity 0.4, at most 100 children; numbers are masked, nothing else. No verdict.
 * @source He, Zhu, Zheng, Lyu: Drain, an online log parsing approach with fixed depth tree, ICWS 2017; the handling of
 * full nodes as in Drain3 (logpai/Drain3, MIT), written anew
 */

const DEPTH = 4
const SIMILARITY = 0.4
const MOST_CHILDREN = 100
const ANY = '<*>'
const NUMBER = '<NUM>'

/** A whole number between characters that are neither letters nor digits. */
const NUMBERS = /(?<=[^A-Za-z0-9]|^)[-+]?\d+(?=[^A-Za-z0-9]|$)/g

export interface DrainCluster {
  readonly id: number
  tokens: string[]
  size: number
}

interface DrainNode {
  children: Map<string, DrainNode>
  clusters: DrainCluster[]
}

const node = (): DrainNode => ({ children: new Map(), clusters: [] })

export class Drain {
  readonly #byLength = new Map<number, DrainNode>()
  #clusters = 0

  /** Templates so far. */
  get size(): number {
    return this.#clusters
  }

  learn(line: string): DrainCluster {
    const tokens = line.replace(NUMBERS, NUMBER).trim().split(/\s+/)
    const leaf = this.#find(tokens)
    const best = leaf && mostSimilar(leaf.clusters, tokens)
    if (best) {
      for (let i = 0; i < tokens.length; i++) if (best.tokens[i] !== tokens[i]) best.tokens[i] = ANY
      best.size++
      return best
    }
    const cluster: DrainCluster = { id: ++this.#clusters, tokens, size: 1 }
    this.#add(cluster)
    return cluster
  }

  #find(tokens: readonly string[]): DrainNode | undefined {
    let here = this.#byLength.get(tokens.length)
    for (let i = 0; here && i < Math.min(DEPTH - 2, tokens.length); i++)
      here = here.children.get(tokens[i]!) ?? here.children.get(ANY)
    return here
  }

  #add(cluster: DrainCluster): void {
    const { tokens } = cluster
    let here = this.#byLength.get(tokens.length)
    if (!here) {
      here = node()
      this.#byLength.set(tokens.length, here)
    }
    for (let i = 0; i < Math.min(DEPTH - 2, tokens.length); i++) {
      const token = tokens[i]!
      const full = here.children.size >= MOST_CHILDREN - (here.children.has(ANY) ? 0 : 1)
      const key = here.children.has(token) ? token : /\d/.test(token) || full ? ANY : token
      let next = here.children.get(key)
      if (!next) {
        next = node()
        here.children.set(key, next)
      }
      here = next
    }
    here.clusters.push(cluster)
  }
}

/** Share of places with the same word; of two as similar the one with more values. */
function mostSimilar(clusters: readonly DrainCluster[], tokens: readonly string[]): DrainCluster | undefined {
  let best: DrainCluster | undefined
  let bestSame = -1
  let bestAny = -1
  for (const cluster of clusters) {
    let same = 0
    let any = 0
    for (let i = 0; i < tokens.length; i++)
      if (cluster.tokens[i] === ANY) any++
      else if (cluster.tokens[i] === tokens[i]) same++
    if (same > bestSame || (same === bestSame && any > bestAny)) {
      best = cluster
      bestSame = same
      bestAny = any
    }
  }
  return best && bestSame >= SIMILARITY * tokens.length ? best : undefined
}
