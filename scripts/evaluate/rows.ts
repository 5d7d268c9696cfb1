/** Rows of an evaluation set: a sentence, the home it is said in, and what is right to do. JSON Lines. */
import { readJsonLines } from '../../daemon/base/json-lines.js'
import { parse, z } from '../../daemon/base/schema.js'

const Target = z.union([
  z.string(),
  z.object({
    area: z.string().optional(),
    floor: z.string().optional(),
    kind: z.string().optional(),
    class: z.string().optional(),
  }),
])
const RowAction = z.object({
  action: z.string(),
  targets: z.array(Target).optional(),
  params: z.record(z.string(), z.unknown()).optional(),
})

const RowSchema = z
  .object({
    id: z.union([z.string(), z.number()]).transform(String),
    /** Where the sentences come from; figures are given for each. */
    source: z.string().default('rows'),
    utterance: z.string(),
    /** Id of a home. */
    home: z.string(),
    /** Where it was said, an area id. */
    context: z.object({ area: z.string().optional() }).default({}),
    expected: z.array(RowAction).default([]),
    alternatives: z.array(z.array(RowAction)).optional(),
    expected_none: z.boolean().default(false),
    none_reason: z.string().optional(),
    tags: z.array(z.string()).default([]),
  })
  .refine(row => row.expected_none !== row.expected.length > 0, {
    message: 'give `expected`, or `expected_none` where nothing may be done',
  })
export type Row = z.infer<typeof RowSchema>

/** @throws bad_json_line, invalid_value with the row's line */
export async function readRows(path: string): Promise<Row[]> {
  const rows: Row[] = []
  for await (const { line, value } of readJsonLines(path))
    rows.push(parse(RowSchema, value, `${path}, line ${line}`))
  return rows
}

/** Slices that are told apart whatever the sources are called, and the public data sets that belong to them. */
const SLICES: Readonly<Record<string, RegExp>> = {
  human: /^(slurp|hwu64|clinc150)$/,
  corner: /^(ha-datasets|composed-multi)$/,
  template: /^ha-intents/,
  refuse: /(-oos|^unknown-target)$/,
}

/** The slice of a row, by its source or by a tag of that name: `[human]` people's own wording, `[corner]` several
 * commands, places, ambiguity, `[template]` made from patterns, `[refuse]` nothing may be done. */
export function sliceOf({ source, tags }: Pick<Row, 'source' | 'tags'>): string | undefined {
  const names = Object.keys(SLICES)
  const name = names.find(n => SLICES[n]!.test(source)) ?? names.find(n => tags.includes(n))
  return name && `[${name}]`
}
