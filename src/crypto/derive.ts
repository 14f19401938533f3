/** Keys derived from one secret by name: HKDF with SHA-256 (RFC 5869), no salt, info `metalife/v1/<label>`. */
import { hkdfSync } from 'node:crypto'

/**
 * Derives `length` bytes (1 to 8160) from a secret of at least 32 bytes.
 *
 * The same secret and label give the same bytes for ever, so a label that was released is never given another meaning.
 */
export function deriveKey(secret: Uint8Array, label: string, length = 32): Uint8Array {
  if (secret.length < 32) throw new RangeError('a secret to derive from has at least 32 bytes')
  if (!/^[a-z0-9]+([-/][a-z0-9]+)*$/.test(label)) throw new RangeError(`not a label: ${label}`)
  return new Uint8Array(hkdfSync('sha256', secret, '', `metalife/v1/${label}`, length))
}
