/** The calls of libsodium that Scuttlebutt needs, with their types (the binding ships none). */
import binding from 'sodium-native'

type Sodium = {
  crypto_auth(mac: Uint8Array, input: Uint8Array, key: Uint8Array): void
  crypto_auth_verify(mac: Uint8Array, input: Uint8Array, key: Uint8Array): boolean
  crypto_box_keypair(publicKey: Uint8Array, secretKey: Uint8Array): void
  crypto_hash_sha256(hash: Uint8Array, input: Uint8Array): void
  crypto_onetimeauth_verify(tag: Uint8Array, message: Uint8Array, key: Uint8Array): boolean
  crypto_scalarmult(shared: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): void
  crypto_secretbox_detached(
    cipher: Uint8Array,
    mac: Uint8Array,
    plain: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): void
  crypto_secretbox_easy(
    cipher: Uint8Array,
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
  crypto_secretbox_open_easy(
    plain: Uint8Array,
    cipher: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): boolean
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
  crypto_sign_ed25519_pk_to_curve25519(curve: Uint8Array, publicKey: Uint8Array): void
  crypto_sign_ed25519_sk_to_curve25519(curve: Uint8Array, secretKey: Uint8Array): void
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
  crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean
  crypto_stream(stream: Uint8Array, nonce: Uint8Array, key: Uint8Array): void
  sodium_memzero(bytes: Uint8Array): void
}

/** libsodium, as far as it is used here. A key or nonce of a wrong length throws; so does a failure code. */
export const sodium = binding as Sodium
