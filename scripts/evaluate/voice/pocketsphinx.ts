/** PocketSphinx in this process, for measuring languages: no supervision, many readings. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import koffi from 'koffi'
import type { Samples } from '../../../daemon/voice/audio/pcm.js'
import type { Heard, Hypothesis, SpeechEngine, SpeechLanguage } from '../../../daemon/voice/engine.js'

const MODEL = '/usr/share/pocketsphinx/model/en-us/'

function load() {
  const base = koffi.load('libsphinxbase.so.3')
  const lib = koffi.load('libpocketsphinx.so.3')
  return {
    defaults: lib.func('void *ps_args()'),
    options: base.func('void *cmd_ln_parse_r(void *in, void *defn, int32 argc, char **argv, int32 strict)'),
    init: lib.func('void *ps_init(void *c)'),
    free: lib.func('int ps_free(void *p)'),
    ngram: lib.func('int ps_set_lm_file(void *p, str name, str path)'),
    grammar: lib.func('int ps_set_jsgf_string(void *p, str name, str text)'),
    select: lib.func('int ps_set_search(void *p, str name)'),
    addWord: lib.func('int ps_add_word(void *p, str word, str phones, int update)'),
    start: lib.func('int ps_start_utt(void *p)'),
    feed: lib.func('int ps_process_raw(void *p, int16 *d, size_t n, int no_search, int full)'),
    end: lib.func('int ps_end_utt(void *p)'),
    best: lib.func('str ps_get_hyp(void *p, _Out_ int32 *score)'),
    posterior: lib.func('int32 ps_get_prob(void *p)'),
    readings: lib.func('void *ps_nbest(void *p)'),
    next: lib.func('void *ps_nbest_next(void *n)'),
    reading: lib.func('str ps_nbest_hyp(void *n, _Out_ int32 *score)'),
    done: lib.func('void ps_nbest_free(void *n)'),
    quiet: base.func('int err_set_logfile(str path)'),
  }
}

/** Words without fillers and marks of variants. */
const clean = (text: string | null) =>
  (text ?? '')
    .replace(/<\/?s>|<sil>|\[\w+\]|\+\+\w+\+\+/g, ' ')
    .replace(/\(\d+\)/g, '')
    .replace(/\s+/g, ' ')
    .trim()

/** For one language at a time, as it comes. */
export class PlainPocketSphinx implements SpeechEngine {
  readonly name = 'pocketsphinx, plain'
  readonly engine = 'pocketsphinx'
  readonly #settings: Readonly<Record<string, string>>
  readonly #most: number
  #lib: ReturnType<typeof load> | undefined
  #decoder: unknown
  readonly #words = new Set<string>()
  readonly #languages = new Set<string>()

  /** @param settings PocketSphinx's own, `-lw` and the like @param most readings of an utterance */
  constructor(settings: Readonly<Record<string, string>> = {}, most = 10) {
    this.#settings = settings
    this.#most = most
  }

  async start(_?: AbortSignal): Promise<void> {
    const lib = load()
    lib.quiet('/dev/null')
    const settings = { '-hmm': `${MODEL}en-us`, '-dict': `${MODEL}cmudict-en-us.dict`, ...this.#settings }
    const argv = ['pocketsphinx', ...Object.entries(settings).flat()]
    this.#decoder = lib.init(lib.options(null, lib.defaults(), argv.length, argv, 1))
    if (!this.#decoder) throw new Error('PocketSphinx does not start: is pocketsphinx-en-us installed?')
    this.#lib = lib
  }

  async stop(): Promise<void> {
    if (this.#decoder) this.#lib?.free(this.#decoder)
    this.#decoder = undefined
  }

  #use(language: SpeechLanguage): void {
    const lib = this.#lib!
    if (!this.#languages.has(language.id)) {
      for (const [word, variants] of language.pronunciations)
        variants.forEach((phones, i) => {
          const entry = i ? `${word}(${i + 1})` : word
          if (!this.#words.has(entry)) lib.addWord(this.#decoder, entry, phones, 0)
          this.#words.add(entry)
        })
      if (language.ngram === undefined) {
        if (lib.grammar(this.#decoder, language.id, language.grammar) < 0) throw new Error('no such grammar')
      } else {
        const folder = mkdtempSync(join(tmpdir(), 'fieldmouse-voice-'))
        try {
          writeFileSync(join(folder, 'model.lm'), language.ngram)
          if (lib.ngram(this.#decoder, language.id, join(folder, 'model.lm')) < 0)
            throw new Error('no such model')
        } finally {
          rmSync(folder, { recursive: true })
        }
      }
      this.#languages.add(language.id)
    }
    lib.select(this.#decoder, language.id)
  }

  async hear(samples: Samples, language: SpeechLanguage, _?: AbortSignal): Promise<Heard> {
    const lib = this.#lib!
    const decoder = this.#decoder
    this.#use(language)
    const began = performance.now()
    lib.start(decoder)
    lib.feed(decoder, samples, samples.length, 0, 1)
    lib.end(decoder)
    const score = [0]
    const text = clean(lib.best(decoder, score))
    const confidence = Math.min(1, Math.max(0, 1.0001 ** lib.posterior(decoder)))
    const hypotheses: Hypothesis[] = text ? [{ text, confidence, score: score[0]! }] : []
    const seen = new Set([text])
    let reading = this.#most > 1 && text ? lib.readings(decoder) : null
    for (let i = 0; reading && i < 4 * this.#most && hypotheses.length < this.#most; i++) {
      const other = clean(lib.reading(reading, score))
      if (other && !seen.has(other)) hypotheses.push({ text: other, confidence, score: score[0]! })
      seen.add(other)
      reading = lib.next(reading)
    }
    if (reading) lib.done(reading)
    return { hypotheses, ms: performance.now() - began }
  }
}
