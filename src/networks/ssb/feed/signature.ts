/** Signatures of classic messages: Ed25519 over the UTF-8 of the value, or over its HMAC on networks that have a key. */
import { MetaLifeError } from '#base/errors.ts'
import type { SignedMessage } from '#networks/ssb/feed/message.ts'
import { sodium } from '#networks/ssb/sodium.ts'

/** A network's HMAC key is not 32 bytes in canonical base64. */
export class HmacKeyError extends MetaLifeError {
  override name = 'HmacKeyError'
  override readonly exitCode = 2

  constructor() {
    super('The HMAC key is not 32 bytes in canonical base64. Ask who runs the network for the key.')
  }
}

/**
 * Reads an HMAC key as it stands in a setting.
 *
 * @throws HmacKeyError
 */
export function parseHmacKey(text: unknown): Uint8Array {
  if (typeof text !== 'string') throw new HmacKeyError()
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32 || key.toString('base64') !== text) throw new HmacKeyError()
  return key
}

/** Signs a message's bytes; 64 bytes. */
export function sign(signed: Uint8Array, secretKey: Uint8Array, hmacKey?: Uint8Array): Uint8Array {
  const signature = new Uint8Array(64)
  sodium.crypto_sign_detached(signature, authenticated(signed, hmacKey), secretKey)
  return signature
}

/** Checks one signature here and now, about 65 µs; many belong to a `Verifier`. */
export function hasValidSignature(
  { signed, signature }: Pick<SignedMessage, 'signed' | 'signature'>,
  author: Uint8Array,
  hmacKey?: Uint8Array,
): boolean {
  return sodium.crypto_sign_verify_detached(signature, authenticated(signed, hmacKey), author)
}

function authenticated(signed: Uint8Array, hmacKey: Uint8Array | undefined): Uint8Array {
  if (hmacKey === undefined) return signed
  const tag = new Uint8Array(32)
  sodium.crypto_auth(tag, signed, hmacKey)
  return tag
}
