import { NOTHING } from '../../ota/client/check.js'
import { errors as clientErrors } from '../../ota/client/errors.js'
import { errors as transportErrors } from '../../ota/transport/errors.js'
import { MISCHIEF, type Named, NOT_MET, STORIES } from '../../test/support/attacks.js'
import { sample } from './errors-page.js'
import { code, GENERATED, table } from './markdown.js'

/** docs/attacks.md: every attack that the tests try, with what its owner sees. */
export function attacksPage(): string {
  const tried = Object.entries(MISCHIEF).map(([what, m]) => row(what, m.named, m.code))
  const stories = Object.values(STORIES).map(story => row(story.title, story.named, story.code))
  return `${GENERATED}# Attacks on updates

The attacks that the texts of The Update Framework (TUF 1.0.34, 1.5.2) and Uptane (Standard 2.1.0, "Description of threats") name, each tried on a
device that runs release 1 of an honest repository, over a web server that turns. Each is refused before a model is tried, and what runs
goes on. \`test/ota/client/attacks.test.ts\` tries them, this page is its list.

Codes and words stand in \`update/state\`, in the log and on the shell, filled in. *Waits*: the updater finds nothing for this device, and nothing is wrong.

${table(['what is tried', 'TUF', 'Uptane', 'code', 'what the owner reads', 'what the owner can do'], tried)}
## In more than one act

${table(['what is tried', 'TUF', 'Uptane', 'code', 'what the owner reads', 'what the owner can do'], stories)}
## What nothing here stops

${table(
  ['Uptane', 'why'],
  NOT_MET.map(({ uptane, because }) => [uptane, because]),
)}`
}

function row(what: string, named: Named, known: string | undefined): string[] {
  const { tuf, uptane } = { tuf: '', uptane: '', ...named }
  if (known === undefined) return [what, tuf, uptane, '', 'nothing: another source is asked', '']
  if (known in NOTHING)
    return [what, tuf, uptane, code(known), NOTHING[known as keyof typeof NOTHING], 'Waits.']
  const entries = { ...clientErrors.entries, ...transportErrors.entries }
  const entry = entries[known as keyof typeof entries]
  return [what, tuf, uptane, code(known), sample(entry as never), entry.remedy]
}
