/** `fieldmouse parse`: many utterances in known homes, through the same code as the daemon's requests. Nothing is moved. */
import { systemClock } from '../base/clock.js'
import { defineErrors } from '../base/errors.js'
import { jsonLinesWriter, readJsonLines } from '../base/json-lines.js'
import { parse, z } from '../base/schema.js'
import { type Home, loadHomeFile } from '../commands/home.js'
import type { Action } from '../commands/parsed-command.js'
import { FactoryStage } from '../commands/stages/factory.js'
import { MemoStage } from '../commands/stages/memo.js'
import { understand } from '../commands/understand.js'
import type { ModelFiles } from '../inference/model-files.js'
import { SupervisedEngine } from '../inference/supervisor.js'

export const errors = defineErrors({
  unknown_home: {
    says: (a: { id: string; home: string; path: string }) =>
      `row ${a.id}: there is no home "${a.home}" in ${a.path}`,
    remedy: 'Give the file that holds the homes of these rows with --homes.',
  },
})

const Row = z.object({
  id: z.union([z.string(), z.number()]),
  home: z.string(),
  utterance: z.string(),
  context: z.object({ area: z.string().optional() }).optional(),
})

export interface ParseOptions {
  homes: string
  in: string
  out: string
  model: ModelFiles
  minConfidence: number
  threads: number
}

/** One line of output. `result` is empty for a refusal, and `reason` then says why. */
interface ParsedRow {
  id: string | number
  result: Action[]
  ms: number
  confidence: number
  stage: string
  reason?: string
  message?: string
}

/**
 * Parses every row of a file.
 * @returns how many rows were read
 * @throws unknown_home, bad_json_line, invalid_value, and the engine's errors
 */
export async function parseFile(options: ParseOptions, signal: AbortSignal): Promise<number> {
  const homes = new Map<string, Home>((await loadHomeFile(options.homes)).map(h => [h.id, h]))
  const engine = new SupervisedEngine({
    model: options.model,
    clock: systemClock,
    threads: options.threads,
    sequences: 1,
  })
  await engine.start(signal)
  const writer = jsonLinesWriter(options.out)
  let rows = 0
  try {
    // each row is a sentence of its own: what was said before must not answer it
    const cascade = {
      stages: [new FactoryStage(engine)],
      memo: new MemoStage(0),
      minConfidence: options.minConfidence,
    }
    for await (const { line, value } of readJsonLines(options.in)) {
      const row = parse(Row, value, `${options.in}, line ${line}`)
      const home = homes.get(row.home)
      if (!home) throw errors.unknown_home({ id: String(row.id), home: row.home, path: options.homes })
      const began = systemClock.monotonic()
      const u = await understand(
        row.utterance,
        { home, ...(row.context?.area ? { area: row.context.area } : {}) },
        cascade,
        signal,
      )
      const ms = Math.round((systemClock.monotonic() - began) * 100) / 100
      const out: ParsedRow = {
        id: row.id,
        result: [],
        ms,
        confidence: Math.round(u.confidence * 1e4) / 1e4,
        stage: u.stage,
      }
      if ('actions' in u.parsed) out.result = u.parsed.actions
      else Object.assign(out, { reason: u.parsed.refusal.reason, message: u.parsed.refusal.message })
      writer.write(out)
      rows++
    }
  } finally {
    await writer.close()
    await engine.stop()
  }
  return rows
}
