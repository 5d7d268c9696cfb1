/**
 * The version report: what a device runs, said by the device itself and signed with a key of its own, so that nobody on the way (a
 * broker, a gateway, another device) can say it in its place. The envelope is that of TUF metadata.
 * @source Uptane Standard 2.1.0, "ECU version report"
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { defineErrors, type FieldmouseError } from '../../daemon/base/errors.js'
import { parse, z } from '../../daemon/base/schema.js'
import { canonical } from './canonical.js'

export const errors = defineErrors({
  report_malformed: {
    says: (a: { problem: string }) => `what came is no version report: ${a.problem}`,
    remedy:
      'Nothing of it was believed. See who may write to that topic, and that device and fleet have one version.',
  },
  report_not_signed: {
    says: (a: { device: string }) => `the report in the name of ${a.device} is not signed with its key`,
    remedy: 'Nothing of it was believed. A device that was set up anew has a new key: register it again.',
  },
  report_replayed: {
    says: (a: { device: string; counter: number; seen: number }) =>
      `report ${a.counter} of ${a.device} is not after ${a.seen}, which was seen`,
    remedy: 'It is an old one, sent again; what the newest says holds.',
  },
})

/** Attacks of TUF's and Uptane's texts that a device can tell by what it was given. */
export const ATTACKS = [
  'arbitrary_software',
  'rollback',
  'freeze',
  'mix_and_match',
  'endless_data',
  'slow_retrieval',
] as const
export type Attack = (typeof ATTACKS)[number]

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits')
const name = z.string().regex(/^[\x21-\x7e]{1,100}$/, 'expected up to 100 printable letters')
const whole = z.number().int().nonnegative()

export const VersionReport = z.strictObject({
  /** Keeps a signature over something else from being one over a report. */
  _type: z.literal('version_report'),
  device: name.describe('The device, as its topics name it.'),
  family: name.describe('What the model is for.'),
  running: z.strictObject({
    version: name,
    release: whole.describe('0: a model that came with the device.'),
    sha256: hash,
    length: whole.describe('Bytes.'),
  }),
  latest_known_time: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'expected a time like 2026-11-21T14:00:00Z')
    .describe('The time that the device believes in: never before its build, nor before what it saw.'),
  counter: z
    .number()
    .int()
    .positive()
    .describe('Grows with each report of the device, over restarts too; gaps mean nothing.'),
  attack_detected: z.enum(ATTACKS).optional().describe('What was tried since the report before.'),
})
export type VersionReport = z.output<typeof VersionReport>

export const SignedReport = z.strictObject({
  signatures: z.array(z.strictObject({ keyid: hash, sig: z.string().regex(/^[0-9a-f]{128}$/) })).length(1),
  signed: VersionReport,
})
export type SignedReport = z.output<typeof SignedReport>

/** A public key as TUF metadata writes it: what a fleet keeps of each device. */
export const PublicKey = z.strictObject({
  keyid: hash,
  keytype: z.literal('ed25519'),
  scheme: z.literal('ed25519'),
  keyval: z.strictObject({ public: hash }),
})
export type PublicKey = z.output<typeof PublicKey>

/** A DER public key of ed25519 is these bytes and then the 32 that count. @source RFC 8410, 4 */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** @param spki DER; @source TUF 1.0.34, 4.2: the key id is the hash of the canonical form */
export function publicKeyOf(spki: Buffer): PublicKey {
  const key = {
    keytype: 'ed25519' as const,
    scheme: 'ed25519' as const,
    keyval: { public: spki.subarray(SPKI_PREFIX.length).toString('hex') },
  }
  return { keyid: createHash('sha256').update(canonical(key)).digest('hex'), ...key }
}

/** The bytes that are signed. */
export const reportBytes = (report: VersionReport): Buffer => Buffer.from(canonical(report))

/**
 * What a fleet believes of a report that came from anywhere.
 * @param value as it came, JSON already read
 * @param known device whose topic it came by, its registered key, and the highest counter seen of it (0: none)
 * @returns the report; keep its counter
 * @throws report_malformed, report_not_signed, report_replayed
 */
export function verifyReport(
  value: unknown,
  known: { device: string; key: PublicKey; seenCounter: number },
): VersionReport {
  const { signatures, signed } = wellFormed(value)
  const { device, key, seenCounter } = known
  const spki = Buffer.concat([SPKI_PREFIX, Buffer.from(key.keyval.public, 'hex')])
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const [signature] = signatures
  const isSigned =
    signed.device === device &&
    signature!.keyid === key.keyid &&
    verify(undefined, reportBytes(signed), publicKey, Buffer.from(signature!.sig, 'hex'))
  if (!isSigned) throw errors.report_not_signed({ device })
  if (signed.counter <= seenCounter)
    throw errors.report_replayed({ device, counter: signed.counter, seen: seenCounter })
  return signed
}

function wellFormed(value: unknown): SignedReport {
  try {
    return parse(SignedReport, value, 'the report')
  } catch (error) {
    throw errors.report_malformed({ problem: (error as FieldmouseError).message }, error)
  }
}
