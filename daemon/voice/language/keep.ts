/** Languages kept on disk, so that a restart with the same home has its language at once. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { writeDurably } from '../../base/disk.js'
import { describe } from '../../base/errors.js'
import { parse, z } from '../../base/schema.js'
import { BUILD, contentOf, type HomeSpeech } from './build.js'
import type { Builder } from './in-worker.js'
import { saidFile } from './said.js'

/** What stands in the file. It was written by ourselves; the schema is for another version's file and a torn one. */
const Kept = z.object({
  key: z.string(),
  speech: z.object({
    id: z.string(),
    ngram: z.string(),
    hints: z.array(z.string()),
    names: z.array(z.object({ name: z.string(), phones: z.string() })),
    pronunciations: z.array(z.tuple([z.string(), z.array(z.string())])),
    sounds: z.array(z.tuple([z.string(), z.string()])),
    spellings: z.array(z.tuple([z.string(), z.string()])),
  }),
})

export interface KeepOptions {
  /** The file; replaced when the home changes. */
  path: string
  /** Files that languages are made from, beside the home: other ones, another language. */
  sources?: readonly string[]
  /** Told when it cannot be written; the language is used all the same. */
  onTrouble(problem: string): void
}

/** A builder that looks whether the last language it built is of the same home. */
export function keptBuilder(build: Builder, { path, sources = [], onTrouble }: KeepOptions): Builder {
  return async (home, signal) => {
    const key = await keyOf(contentOf(home), [saidFile(), ...sources])
    const kept = await read(path)
    if (kept?.key === key) return { speech: revived(kept.speech), troubles: [] }
    const built = await build(home, signal)
    // what was built without its reader of words is tried again at the next start
    if (built.troubles.length === 0)
      await writeDurably(path, JSON.stringify({ key, speech: plain(built.speech) })).catch(error =>
        onTrouble(describe(error)),
      )
    return built
  }
}

/** Size and time of change stand for the content of a source. */
async function keyOf(content: string, sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(content).update(JSON.stringify(BUILD))
  for (const source of sources) {
    const found = await stat(source).catch(() => undefined)
    hash.update(`\n${source} ${found?.size} ${found?.mtimeMs}`)
  }
  return hash.digest('hex')
}

/** @returns undefined for no file, and for one that is not what this version writes: it is built anew */
async function read(path: string): Promise<z.infer<typeof Kept> | undefined> {
  try {
    return parse(Kept, JSON.parse(await readFile(path, 'utf8')), path)
  } catch {
    return undefined
  }
}

const plain = (speech: HomeSpeech) => ({
  ...speech,
  pronunciations: [...speech.pronunciations],
  sounds: [...speech.sounds],
  spellings: [...speech.spellings],
})

const revived = (kept: z.infer<typeof Kept>['speech']): HomeSpeech => ({
  ...kept,
  pronunciations: new Map(kept.pronunciations),
  sounds: new Map(kept.sounds),
  spellings: new Map(kept.spellings),
})
