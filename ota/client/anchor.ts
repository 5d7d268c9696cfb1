/**
 * Where trust in a repository began. The root that a device is given (by its package, or `ota.root`) counts once: from then on
 * the roots that the repository signed for count. When its owner gives it another one, on purpose, trust begins anew at
 * that: keys were lost, or it is to follow another repository. Only what lies on the device decides that; nothing that a
 * repository serves, and no failure of it, does.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { type DiskCalls, writeDurably } from '../../daemon/base/disk.js'
import { z } from '../../daemon/base/schema.js'

const Anchor = z.object({ version: z.literal(1), sha256: z.string() })

/** As far as a root must be understood to say which repository it is of. */
const Root = z.object({
  signed: z.looseObject({
    _type: z.literal('root'),
    version: z.number(),
    roles: z.record(z.string(), z.looseObject({ keyids: z.array(z.string()) })),
  }),
})
type Root = z.output<typeof Root>

export interface Roots {
  /** What the device was given, as it lies there now. */
  given: Uint8Array
  /** What the repository has come to since. */
  kept: Uint8Array
  /** SHA-256 of the one that was given when trust began; undefined where that was not noted: by a version before this one. */
  began: string | undefined
}

/** Whether the device was given another root than the one that its trust began with. Pure. */
export function isGivenAnother({ given, kept, began }: Roots): boolean {
  const sha256 = sha256Of(given)
  if (sha256 === began || sha256 === sha256Of(kept)) return false
  if (began !== undefined) return true
  const [one, other] = [rootOf(given), rootOf(kept)]
  if (!one || !other) return false
  // one version says one thing, whoever wrote it down
  if (one.signed.version === other.signed.version) return !isDeepStrictEqual(one.signed, other.signed)
  // keys of a repository are exchanged one by one, those of two repositories are different
  const known = keysOf(other)
  return !keysOf(one).some(key => known.includes(key))
}

/** @returns the root, where it is one */
export function rootOf(bytes: Uint8Array): Root | undefined {
  try {
    return Root.parse(JSON.parse(Buffer.from(bytes).toString()))
  } catch {
    return undefined
  }
}

const keysOf = ({ signed }: Root): string[] => Object.values(signed.roles).flatMap(role => role.keyids)

/** With which root trust began; undefined when that is not known. */
export async function beganWith(path: string): Promise<string | undefined> {
  try {
    return Anchor.parse(JSON.parse(await readFile(path, 'utf8'))).sha256
  } catch {
    return undefined
  }
}

export async function noteAnchor(path: string, sha256: string, disk: DiskCalls): Promise<void> {
  await writeDurably(path, `${JSON.stringify({ version: 1, sha256 })}\n`, disk)
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
