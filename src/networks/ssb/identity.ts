/** Identities: Ed25519 key pairs (protocol guide, "Keys and identities"). */
import { sodium } from '#networks/ssb/sodium.ts'
import { feedIdOf } from '#networks/ssb/refs.ts'

/** The keys of one Scuttlebutt identity, made of its 32-byte seed. */
export type SsbKeys = {
  /** `@….ed25519` */
  readonly id: string
  /** 32 bytes */
  readonly publicKey: Uint8Array
  /** 64 bytes, libsodium's form (seed and public key) */
  readonly secretKey: Uint8Array
}

/**
 * The keys that a seed gives; the same seed always gives the same.
 *
 * @throws RangeError when the seed is not 32 bytes
 */
export function keysOf(seed: Uint8Array): SsbKeys {
  if (seed.length !== 32) throw new RangeError(`a seed has 32 bytes, this one ${seed.length}`)
  const publicKey = new Uint8Array(32)
  const secretKey = new Uint8Array(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
  return { id: feedIdOf(publicKey), publicKey, secretKey }
}
