/** What people say to homes, as counted by scripts/train/speech/count-language.ts: class trigrams and names of classes. */
import { readFile } from 'node:fs/promises'
import { packageFile } from '../../base/package-root.js'
import { parse, z } from '../../base/schema.js'

/** Words of a sentence before its names are put in. Words in angle brackets are classes; `*` is any word. */
export interface Said {
  readonly vocabulary: readonly string[]
  /** Names that stood in the place of a class, with how often. */
  readonly classes: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Two words before, the word, and how often: indexes into the vocabulary, four numbers each. */
  readonly trigrams: Int32Array
}

const File = z.object({
  about: z.string(),
  vocabulary: z.string().min(1),
  classes: z.record(z.string(), z.array(z.string())),
  trigrams: z.array(z.string()),
})

/** The file that ships with the daemon: JSON, but not called so, since formatters would blow it up by a fifth. */
export const saidFile = () => packageFile('daemon', 'voice', 'language', 'said.txt')

/** Reads the file. @throws invalid_value, and the reader's error when the file is missing */
export async function readSaid(path = saidFile()): Promise<Said> {
  const file = parse(File, JSON.parse(await readFile(path, 'utf8')), path)
  const vocabulary = file.vocabulary.split(' ')
  const classes = new Map(
    Object.entries(file.classes).map(([label, names]) => [
      label,
      new Map(
        names.map(entry => {
          const cut = entry.lastIndexOf('|')
          return [entry.slice(0, cut), Number(entry.slice(cut + 1))] as const
        }),
      ),
    ]),
  )
  const trigrams: number[] = []
  for (const line of file.trigrams) {
    const [a, b, ...rest] = line.split(' ').map(figure => Number.parseInt(figure, 36))
    for (let i = 0; i + 1 < rest.length; i += 2) trigrams.push(a!, b!, rest[i]!, rest[i + 1]!)
  }
  return { vocabulary, classes, trigrams: Int32Array.from(trigrams) }
}
