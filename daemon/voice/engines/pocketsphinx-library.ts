/**
 * PocketSphinx as Debian packages it (0.8+5prealpha), called in its own memory. The only importer of `koffi`; used in the
 * child process alone.
 * @source pocketsphinx.h and cmd_ln.h of that version
 */
import koffi from 'koffi'
import type { Samples } from '../audio/pcm.js'
import { LIBRARIES } from './pocketsphinx-packages.js'

/** What one pass over an utterance found. */
export interface Reading {
  text: string
  /** Of the best path, in logarithms to base 1.0001, shifted by 10 bits; larger is better. */
  score: number
}

function bind() {
  const base = koffi.load(LIBRARIES[0])
  const sphinx = koffi.load(LIBRARIES[1])
  return {
    args: sphinx.func('void *ps_args()'),
    parse: base.func('void *cmd_ln_parse_r(void *in, void *defn, int32 argc, char **argv, int32 strict)'),
    setLogfile: base.func('int err_set_logfile(str path)'),
    init: sphinx.func('void *ps_init(void *config)'),
    addWord: sphinx.func('int ps_add_word(void *ps, str word, str phones, int update)'),
    lookUp: sphinx.func('void *ps_lookup_word(void *ps, str word)'),
    setJsgf: sphinx.func('int ps_set_jsgf_string(void *ps, str name, str jsgf)'),
    setNgram: sphinx.func('int ps_set_lm_file(void *ps, str name, str path)'),
    setKeywords: sphinx.func('int ps_set_kws(void *ps, str name, str path)'),
    setSearch: sphinx.func('int ps_set_search(void *ps, str name)'),
    unsetSearch: sphinx.func('int ps_unset_search(void *ps, str name)'),
    startUtterance: sphinx.func('int ps_start_utt(void *ps)'),
    process: sphinx.func('int ps_process_raw(void *ps, int16 *data, size_t n, int no_search, int full)'),
    endUtterance: sphinx.func('int ps_end_utt(void *ps)'),
    hypothesis: sphinx.func('str ps_get_hyp(void *ps, _Out_ int32 *score)'),
    frames: sphinx.func('int ps_get_n_frames(void *ps)'),
    nbest: sphinx.func('void *ps_nbest(void *ps)'),
    nbestNext: sphinx.func('void *ps_nbest_next(void *nbest)'),
    nbestHypothesis: sphinx.func('str ps_nbest_hyp(void *nbest, _Out_ int32 *score)'),
    nbestFree: sphinx.func('void ps_nbest_free(void *nbest)'),
  }
}

/** Opens the libraries. @throws Error naming the one that does not load */
export class SphinxLibrary {
  readonly calls = bind()

  constructor() {
    // its log holds what was said; what matters comes back as a return value
    this.calls.setLogfile('/dev/null')
  }

  /** @param settings by their names on its command line, `-hmm` and the like */
  decoder(settings: Readonly<Record<string, string | number>>): Decoder {
    const { parse, args, init } = this.calls
    const argv = ['fieldmouse', ...Object.entries(settings).flat().map(String)]
    const config = parse(null, args(), argv.length, argv, 1)
    const decoder = config && init(config)
    if (!decoder) throw new Error(`PocketSphinx does not start with ${argv.slice(1).join(' ')}`)
    return new Decoder(this.calls, decoder)
  }
}

/** One recogniser with its dictionary and searches. Lives as long as the process. */
export class Decoder {
  readonly #calls: SphinxLibrary['calls']
  readonly #ps: unknown

  constructor(calls: SphinxLibrary['calls'], ps: unknown) {
    this.#calls = calls
    this.#ps = ps
  }

  knows(word: string): boolean {
    return this.#calls.lookUp(this.#ps, word) !== null
  }

  /** @returns whether the phones are ones the model has, and the word is new. A further way to say a word is `word(2)`. */
  addWord(word: string, phones: string): boolean {
    return this.#calls.addWord(this.#ps, word, phones, 0) >= 0
  }

  /** @throws Error when it does not compile */
  setGrammar(name: string, jsgf: string): void {
    if (this.#calls.setJsgf(this.#ps, name, jsgf) !== 0) throw new Error('the grammar does not compile')
  }

  /** @param path of an n-gram model in the ARPA format @throws Error when it cannot be read */
  setNgram(name: string, path: string): void {
    if (this.#calls.setNgram(this.#ps, name, path) !== 0) throw new Error('the n-gram model cannot be read')
  }

  /** @param path of a list of phrases, each a line `words /threshold/` @throws Error when a word of them is not known */
  setKeywords(name: string, path: string): void {
    if (this.#calls.setKeywords(this.#ps, name, path) !== 0)
      throw new Error('the phrases cannot be listened for')
  }

  /** From now on samples are taken as they come. Ended by `end`. */
  begin(search: string): void {
    const { setSearch, startUtterance } = this.#calls
    if (setSearch(this.#ps, search) !== 0) throw new Error(`there is no search ${search}`)
    if (startUtterance(this.#ps) !== 0) throw new Error('an utterance cannot be started')
  }

  /** @returns whether something was found since `begin` */
  feed(samples: Samples): boolean {
    const { process, hypothesis } = this.#calls
    process(this.#ps, samples, samples.length, 0, 0)
    return Boolean(hypothesis(this.#ps, [0]))
  }

  end(): void {
    this.#calls.endUtterance(this.#ps)
  }

  forget(name: string): void {
    this.#calls.unsetSearch(this.#ps, name)
  }

  /**
   * One pass over a whole utterance, its mean taken out over all of it.
   * @param most readings; more than one only from n-gram models
   * @returns best first, and how many frames (10 ms) of speech there were
   */
  read(search: string, samples: Samples, most = 1): { readings: Reading[]; frames: number } {
    const calls = this.#calls
    const ps = this.#ps
    if (calls.setSearch(ps, search) !== 0) throw new Error(`there is no search ${search}`)
    if (calls.startUtterance(ps) !== 0) throw new Error('an utterance cannot be started')
    calls.process(ps, samples, samples.length, 0, 1)
    calls.endUtterance(ps)
    const score = [0]
    const text: string | null = calls.hypothesis(ps, score)
    const frames: number = calls.frames(ps)
    if (!text) return { readings: [], frames }
    const best = { text: plain(text), score: score[0]! }
    return { readings: most > 1 ? this.#withOthers(best, most) : [best], frames }
  }

  /**
   * The best reading and what else the lattice holds. Scores of a lattice's readings compare with one another, not with the
   * score of the search; so they are moved until the best reading, or else the first of the list, has the search's score.
   */
  #withOthers(best: Reading, most: number): Reading[] {
    const calls = this.#calls
    const found = new Map<string, number>()
    let node = calls.nbest(this.#ps)
    // the same words come again with other pauses: not every entry is a new reading
    for (let looked = 0; node && looked < most * 20 && found.size < most; looked++) {
      const score = [0]
      const raw: string | null = calls.nbestHypothesis(node, score)
      const text = plain(raw ?? '')
      if (text && !found.has(text)) found.set(text, score[0]!)
      node = calls.nbestNext(node)
    }
    if (node) calls.nbestFree(node)
    const reference = found.get(best.text) ?? Math.max(...found.values())
    const others = [...found]
      .filter(([text]) => text !== best.text)
      .map(([text, score]) => ({ text, score: Math.min(0, score - reference) + best.score }))
    return [best, ...others].slice(0, most)
  }
}

/** Without marks of sentence ends and pronunciations. */
const plain = (text: string) =>
  text
    .replace(/<\/?s>|<sil>|\[[A-Z]+\]/g, ' ')
    .replace(/\(\d+\)/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
