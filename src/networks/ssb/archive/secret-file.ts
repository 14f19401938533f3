/** The `secret` file in which other SSB programs keep an identity: JSON among comment lines that start with `#`. */
import { createPrivateKey, createPublicKey } from 'node:crypto'

import { isObject, type Json } from '#base/json.ts'
import { MetaLifeError } from '#base/errors.ts'

/** A text is not a usable secret file. The message holds nothing of it. */
export class SecretFileError extends MetaLifeError {
  override name = 'SecretFileError'
  override readonly exitCode = 2

  constructor(why: string) {
    super(
      `This is not a usable SSB secret file: ${why}. Give the file named "secret" of the other program.`,
    )
  }
}

/**
 * The identity in a secret file: its 32-byte seed, and its id (`@….ed25519`).
 *
 * @throws SecretFileError also when private and public key or id do not belong together
 */
export function parseSecretFile(text: string): { readonly seed: Uint8Array; readonly id: string } {
  const value = parseJson(withoutComments(text))
  if (!isObject(value)) throw new SecretFileError('it holds no JSON')
  if (value.curve !== undefined && value.curve !== 'ed25519') {
    throw new SecretFileError('its curve is not ed25519')
  }
  const secret = keyBytes(value.private, 64)
  if (!secret) throw new SecretFileError('its private key is missing or has a wrong length')
  const seed = Uint8Array.from(secret.subarray(0, 32))
  const publicKey = publicKeyOf(seed)
  const name = `${publicKey.toString('base64')}.ed25519`
  secret.fill(0, 0, 32)
  if (!publicKey.equals(secret.subarray(32))) {
    throw new SecretFileError('the two halves of its private key do not belong together')
  }
  if (value.public !== undefined && value.public !== name) {
    throw new SecretFileError('its public key does not belong to its private key')
  }
  if (value.id !== undefined && value.id !== `@${name}`) {
    throw new SecretFileError('its id does not belong to its private key')
  }
  return { seed, id: `@${name}` }
}

function withoutComments(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function keyBytes(value: Json | undefined, length: number): Buffer | undefined {
  if (typeof value !== 'string' || !value.endsWith('.ed25519')) return undefined
  const text = value.slice(0, -'.ed25519'.length)
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === length && bytes.toString('base64') === text ? bytes : undefined
}

function publicKeyOf(seed: Uint8Array): Buffer {
  // RFC 8410, section 7: the fixed front of a PKCS #8 Ed25519 key.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  der.fill(0)
  return key.export({ format: 'der', type: 'spki' }).subarray(-32)
}
