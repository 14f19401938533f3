/** The functions of libsodium that the wire calls, typed; all of them throw when libsodium answers with a failure code. */
import { createRequire } from 'node:module'

type Sodium = {
  crypto_box_keypair(publicKey: Uint8Array, secretKey: Uint8Array): void
  crypto_scalarmult(shared: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): void
  crypto_auth(mac: Uint8Array, input: Uint8Array, key: Uint8Array): void
  crypto_auth_verify(mac: Uint8Array, input: Uint8Array, key: Uint8Array): boolean
  crypto_hash_sha256(hash: Uint8Array, input: Uint8Array): void
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
  crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean
  crypto_sign_ed25519_pk_to_curve25519(curve: Uint8Array, publicKey: Uint8Array): void
  crypto_sign_ed25519_sk_to_curve25519(curve: Uint8Array, secretKey: Uint8Array): void
  crypto_secretbox_easy(
    cipher: Uint8Array,
    plain: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): void
  crypto_secretbox_open_easy(
    plain: Uint8Array,
    cipher: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): boolean
  crypto_secretbox_detached(
    cipher: Uint8Array,
    mac: Uint8Array,
    plain: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): void
  crypto_secretbox_open_detached(
    plain: Uint8Array,
    cipher: Uint8Array,
    mac: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): boolean
  sodium_memzero(bytes: Uint8Array): void
}

/** libsodium. */
export const sodium = createRequire(import.meta.url)('sodium-native') as Sodium
