import { cpus } from 'node:os'

/** What to call this board in status. */
export async function nameOfBoard(): Promise<string> {
  return cpus()[0]?.model ?? 'unknown board'
}
