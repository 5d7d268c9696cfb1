/** Ed25519 keys as files: one private key (PKCS#8, 0600, a passphrase if wanted) and its public half a key. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Key, Signature } from '@tufjs/models'
import { writeDurably } from '../../daemon/base/disk.js'
import { describe } from '../../daemon/base/errors.js'
import { errors } from './errors.js'

/** Somebody who can sign. */
export interface Signer {
  key: Key
  /** For whom it was made; roles in the metadata decide, this only helps people. */
  role: string
  sign(data: Buffer): Signature
}

export interface KeyFile {
  keyId: string
  role: string
  path: string
  isEncrypted: boolean
}

/** A DER public key of ed25519 is these bytes and then the 32 that count. @source RFC 8410, 4 */
const SPKI_PREFIX_BYTES = 12

/** @source TUF 1.0.34, 4.2: the key id is the hash of the canonical form */
function keyOf(publicHex: string): Key {
  const canonical = `{"keytype":"ed25519","keyval":{"public":"${publicHex}"},"scheme":"ed25519"}`
  const keyID = createHash('sha256').update(canonical).digest('hex')
  return new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: publicHex } })
}

/**
 * Makes a key.
 * @param folder made when missing, for the owner only
 * @param role for whom: part of the file's name
 */
export async function generateKey(folder: string, role: string, passphrase?: string): Promise<Signer> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    ...(passphrase ? { cipher: 'aes-256-cbc', passphrase } : {}),
  })
  const signer = signerOf(pem as string, role, passphrase)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = `${role}-${signer.key.keyID.slice(0, 16)}`
  await writeDurably(join(folder, `${name}.pem`), pem as string)
  await writeDurably(
    join(folder, `${name}.pub.json`),
    `${JSON.stringify({ keyid: signer.key.keyID, ...signer.key.toJSON() })}\n`,
  )
  return signer
}

function signerOf(pem: string, role: string, passphrase?: string): Signer {
  const privateKey = createPrivateKey({ key: pem, ...(passphrase ? { passphrase } : {}) })
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const key = keyOf(der.subarray(SPKI_PREFIX_BYTES).toString('hex'))
  return {
    key,
    role,
    sign: data => new Signature({ keyID: key.keyID, sig: sign(undefined, data, privateKey).toString('hex') }),
  }
}

/** The private keys in folders; folders that are not there hold none. */
export async function listKeys(folders: readonly string[]): Promise<KeyFile[]> {
  const found: KeyFile[] = []
  for (const folder of folders) {
    for (const name of (await readdir(folder).catch(() => [])).filter(n => n.endsWith('.pem')).sort()) {
      const path = join(folder, name)
      const text = await readFile(path, 'utf8')
      const half = await readFile(path.replace(/\.pem$/, '.pub.json'), 'utf8').catch(() => '{}')
      found.push({
        keyId: String((JSON.parse(half) as { keyid?: string }).keyid ?? ''),
        role: name.replace(/-[0-9a-f]{16}\.pem$/, ''),
        path,
        isEncrypted: text.includes('ENCRYPTED'),
      })
    }
  }
  return found
}

/**
 * Everybody who can sign with the keys in these folders.
 * @throws key_not_readable
 */
export async function loadSigners(folders: readonly string[], passphrase?: string): Promise<Signer[]> {
  const signers: Signer[] = []
  for (const { path, role } of await listKeys(folders)) {
    try {
      signers.push(signerOf(await readFile(path, 'utf8'), role, passphrase))
    } catch (error) {
      throw errors.key_not_readable({ path, problem: describe(error) }, error)
    }
  }
  return signers
}
