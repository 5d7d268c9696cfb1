/** What a page of docs/guide tells its reader to do. */

export type Block =
  | { kind: 'bash'; commands: { command: string; says: string | undefined }[] }
  /** A file to write. */
  | { kind: 'file'; path: string; text: string }
  /** What comes to the end of a file. */
  | { kind: 'added'; path: string; text: string }

/**
 * In order. Commands are lines of ```bash; behind `# →` stands what their output has somewhere. Files are ```yaml with
 * `# PATH` or `# added to PATH` first and nothing else in that line; other blocks are there to be read.
 */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  for (const [, language, body] of page.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
    const lines = body!.trimEnd().split('\n')
    if (language === 'bash') {
      blocks.push({ kind: 'bash', commands: lines.filter(line => line.trim() !== '').map(commandOf) })
      continue
    }
    const named = /^# (added to )?(\/\S+)$/.exec(lines[0]!)
    if (language !== 'yaml' || !named) continue
    const text = `${lines.slice(1).join('\n')}\n`
    blocks.push({ kind: named[1] ? 'added' : 'file', path: named[2]!, text })
  }
  return blocks
}

/** A comment stands two blanks or more behind its command. */
function commandOf(line: string): { command: string; says: string | undefined } {
  const [, command = line, comment] = /^(.*?)\s{2,}#\s(.*)$/.exec(line) ?? []
  return { command, says: comment?.startsWith('→ ') ? comment.slice(2).trim() : undefined }
}
