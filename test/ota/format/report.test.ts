import { generateKeyPairSync, sign } from 'node:crypto'
import { Metadata, Signature, Targets } from '@tufjs/models'
import fc from 'fast-check'
import t from 'tap'
import { codeOf } from '../../../daemon/base/errors.js'
import { canonical } from '../../../ota/format/canonical.js'
import {
  ATTACKS,
  type PublicKey,
  publicKeyOf,
  reportBytes,
  type SignedReport,
  type VersionReport,
  verifyReport,
} from '../../../ota/format/report.js'

/** The bytes that the publisher's library signs. */
function signedBytes(custom: Record<string, unknown>): { library: string; ours: string } {
  const targets = new Targets({
    version: 1,
    specVersion: '1.0.31',
    expires: '2030-01-01T00:00:00Z',
    targets: {},
    unrecognizedFields: custom as never,
  })
  let library = ''
  new Metadata(targets).sign(data => {
    library = data.toString('utf8')
    return new Signature({ keyID: 'a', sig: 'b' })
  })
  return { library, ours: canonical(targets.toJSON()) }
}

const json = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false, 0, -0, '', '"', '\\', '\n\t\u0000', 'é🐭', '\u2028'),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ unit: 'binary' }).filter(k => k !== '__proto__'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value

t.test('canonical JSON is that of TUF metadata, byte by byte', async t => {
  fc.assert(
    fc.property(json, value => {
      const { library, ours } = signedBytes({ x: value })
      return library === ours
    }),
    { numRuns: 1000 },
  )
  t.equal(canonical({ b: [1, -0], a: 'x"\\' }), '{"a":"x\\"\\\\","b":[1,0]}')
  for (const none of [
    0.5,
    Number.NaN,
    2 ** 60,
    undefined,
    () => 1,
    1n,
    '\ud800',
    { a: '\udc00b' },
    { '\ud800': 1 },
  ])
    t.throws(() => canonical(none), TypeError)
})

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const KEY = publicKeyOf(publicKey.export({ type: 'spki', format: 'der' }))
const KNOWN = { device: 'pi-001', key: KEY, seenCounter: 0 }

function signed(report: VersionReport, key = privateKey, publicHalf: PublicKey = KEY): SignedReport {
  const sig = sign(undefined, reportBytes(report), key).toString('hex')
  return { signatures: [{ keyid: publicHalf.keyid, sig }], signed: report }
}
const REPORT: VersionReport = {
  _type: 'version_report',
  device: 'pi-001',
  family: 'command',
  running: { version: '1.4.0', release: 12, sha256: 'ab'.repeat(32), length: 6_066_592 },
  latest_known_time: '2026-11-21T14:00:00Z',
  counter: 41,
  attack_detected: 'rollback',
}

const hash = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
const name = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })
  .map(s => s.replaceAll(' ', '_'))
const reports = fc.record<VersionReport>(
  {
    _type: fc.constant('version_report' as const),
    device: fc.constant('pi-001'),
    family: name,
    running: fc.record({ version: name, release: fc.maxSafeNat(), sha256: hash, length: fc.maxSafeNat() }),
    latest_known_time: fc
      .date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true })
      .map(d => `${d.toISOString().slice(0, 19)}Z`),
    counter: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    attack_detected: fc.constantFrom(...ATTACKS),
  },
  { requiredKeys: ['_type', 'device', 'family', 'running', 'latest_known_time', 'counter'] },
)

t.test('every report that is signed is believed, after any way over the wire', async () => {
  fc.assert(
    fc.property(reports, report => {
      const arrived = JSON.parse(JSON.stringify(signed(report)))
      return canonical(verifyReport(arrived, KNOWN)) === canonical(report)
    }),
    { numRuns: 200 },
  )
})

/** Every leaf of a JSON value, and every field that could go or be added. */
function* changes(value: unknown, put: (v: unknown) => unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    yield put([])
    yield put([...value, ...value])
    for (const [i, v] of value.entries())
      yield* changes(v, n => put(value.map((old, j) => (j === i ? n : old))))
  } else if (typeof value === 'object' && value !== null) {
    yield put({ ...value, extra: 1 })
    for (const [k, v] of Object.entries(value)) {
      const { [k]: _, ...rest } = value as Record<string, unknown>
      yield put(rest)
      yield* changes(v, n => put({ ...value, [k]: n }))
    }
  } else if (typeof value === 'number') {
    yield put(value + 1)
    yield put(String(value))
  } else if (typeof value === 'string') {
    for (let i = 0; i < value.length; i++)
      for (const letter of ['0', 'b', '9'])
        if (value[i] !== letter) yield put(value.slice(0, i) + letter + value.slice(i + 1))
    yield put(`${value}0`)
    yield put('')
  }
}

t.test('whatever is changed in a report, it is not believed any more', async t => {
  const whole = signed(REPORT)
  let tried = 0
  for (const changed of changes(whole, v => v)) {
    tried++
    t.match(codeOf(refusal(changed)), /^report_(malformed|not_signed)$/)
  }
  t.ok(tried > 900, `${tried} changes`)

  const text = JSON.stringify(whole)
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), (at, letter) => {
      const changed = text.slice(0, at) + String.fromCharCode(letter) + text.slice(at + 1)
      let value: unknown
      try {
        value = JSON.parse(changed)
      } catch {
        return true
      }
      try {
        // another way of writing the same is no other report
        return canonical(verifyReport(value, KNOWN)) === canonical(REPORT)
      } catch (error) {
        return /^report_/.test(codeOf(error) ?? '')
      }
    }),
    { numRuns: 2000 },
  )
})

t.test('a field of another report does not fit', async () => {
  fc.assert(
    fc.property(
      reports,
      reports,
      fc.constantFrom('family', 'running', 'latest_known_time', 'counter', 'attack_detected'),
      (a, b, field) => {
        const mixed = { ...a, [field]: b[field as keyof VersionReport] } as VersionReport
        if (mixed[field as keyof VersionReport] === undefined)
          delete (mixed as Record<string, unknown>)[field]
        const same = canonical(mixed) === canonical(a)
        return (refusal({ ...signed(a), signed: mixed }) === undefined) === same
      },
    ),
  )
})

t.test('a report of somebody else, in the name of somebody else, or from before', async t => {
  const other = generateKeyPairSync('ed25519')
  const otherKey = publicKeyOf(other.publicKey.export({ type: 'spki', format: 'der' }))
  t.equal(codeOf(refusal(signed(REPORT, other.privateKey, otherKey))), 'report_not_signed')
  t.equal(
    codeOf(refusal(signed(REPORT, other.privateKey))),
    'report_not_signed',
    'the id of a key is not the key',
  )
  t.equal(codeOf(refusal(signed({ ...REPORT, device: 'pi-002' }))), 'report_not_signed', 'each for itself')
  t.equal(codeOf(refusal(signed(REPORT), 40)), undefined)
  t.equal(codeOf(refusal(signed(REPORT), 41)), 'report_replayed')
  t.equal(codeOf(refusal(signed(REPORT), 1e9)), 'report_replayed')
})

t.test('anything at all is a report or is refused', async () => {
  fc.assert(
    fc.property(fc.anything(), value => /^report_/.test(codeOf(refusal(value)) ?? '')),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.anything(), value =>
      /^report_/.test(codeOf(refusal({ ...signed(REPORT), signed: value })) ?? ''),
    ),
  )
})

function refusal(value: unknown, seenCounter = 0): unknown {
  try {
    verifyReport(value, { ...KNOWN, seenCounter })
    return undefined
  } catch (error) {
    return error
  }
}
