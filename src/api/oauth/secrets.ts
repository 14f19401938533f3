/** Secrets of OAuth: made here, shown once, kept as hashes. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 32 random bytes as base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** SHA-256 in hexadecimal. Secrets have 256 random bits, so a slow hash would protect nothing. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Is this the secret of that hash? */
export function isSecret(given: string, hash: string): boolean {
  const found = Buffer.from(hashSecret(given))
  const wanted = Buffer.from(hash)
  return found.length === wanted.length && timingSafeEqual(found, wanted)
}

/** Does the verifier belong to the challenge (RFC 7636, section 4.6, S256)? */
export function provesChallenge(verifier: string, challenge: string): boolean {
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return false
  const found = Buffer.from(createHash('sha256').update(verifier).digest('base64url'))
  const wanted = Buffer.from(challenge)
  return found.length === wanted.length && timingSafeEqual(found, wanted)
}
