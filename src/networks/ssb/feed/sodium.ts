/** The calls of libsodium that the feed format needs, with their types (the binding ships none). */
import binding from 'sodium-native'

type Sodium = {
  crypto_auth(tag: Uint8Array, message: Uint8Array, key: Uint8Array): void
  crypto_onetimeauth_verify(tag: Uint8Array, message: Uint8Array, key: Uint8Array): boolean
  crypto_scalarmult(shared: Uint8Array, secret: Uint8Array, other: Uint8Array): void
  crypto_secretbox_easy(box: Uint8Array, text: Uint8Array, nonce: Uint8Array, key: Uint8Array): void
  crypto_secretbox_open_easy(
    text: Uint8Array,
    box: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): boolean
  crypto_box_keypair(publicKey: Uint8Array, secretKey: Uint8Array): void
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
  crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean
  crypto_sign_ed25519_pk_to_curve25519(curve: Uint8Array, publicKey: Uint8Array): void
  crypto_sign_ed25519_sk_to_curve25519(curve: Uint8Array, secretKey: Uint8Array): void
  crypto_stream(stream: Uint8Array, nonce: Uint8Array, key: Uint8Array): void
  sodium_memzero(bytes: Uint8Array): void
}

/** libsodium, as far as it is used here. Keys and nonces of a wrong length throw. */
export const sodium = binding as Sodium
