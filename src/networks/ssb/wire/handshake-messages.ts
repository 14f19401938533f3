/**
 * The four messages of the secret handshake and the keys they give.
 *
 * Dominic Tarr, "Designing a Secret Handshake: Authenticated Key Exchange as a Capability System" (2015);
 * Scuttlebutt Protocol Guide, "Handshake". Client is Alice (A, ephemeral a), server is Bob (B, ephemeral b).
 */
import type { BoxKey } from '#networks/ssb/wire/box-stream.ts'
import { sodium } from '#networks/ssb/sodium.ts'

/** Long-term keys of one side, libsodium's form. */
export type LongTermKeys = { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array }

/** What one side knows after both hellos. */
export type Shared = {
  readonly network: Uint8Array
  readonly own: Hello
  readonly theirs: Uint8Array
  /** The secret of both ephemeral keys. */
  readonly ab: Uint8Array
  readonly abHash: Uint8Array
}

/** One side's first message with the ephemeral secret key behind it. */
export type Hello = { readonly message: Uint8Array; readonly secretKey: Uint8Array }

/** Keys of both directions and who the peer is. */
export type Session = {
  /** 32 bytes */
  readonly peer: Uint8Array
  readonly seal: BoxKey
  readonly open: BoxKey
}

/** The client's proof before and after it is sealed. */
export type Proof = {
  readonly message: Uint8Array
  readonly plain: Uint8Array
  readonly aB: Uint8Array
}

/** Bytes of the messages on the wire. */
export const HELLO_BYTES = 64
export const PROOF_BYTES = 112
export const ACCEPT_BYTES = 80

const ZERO_NONCE = new Uint8Array(24)

/** First message of either side: HMAC of a fresh ephemeral key under the network key, then that key. */
export function makeHello(network: Uint8Array): Hello {
  const message = Buffer.alloc(HELLO_BYTES)
  const secretKey = Buffer.alloc(32)
  const publicKey = message.subarray(32)
  sodium.crypto_box_keypair(publicKey, secretKey)
  sodium.crypto_auth(message.subarray(0, 32), publicKey, network)
  return { message, secretKey }
}

/** Takes the other side's hello; undefined when it belongs to another network or its key is degenerate. */
export function takeHello(
  network: Uint8Array,
  own: Hello,
  message: Uint8Array,
): Shared | undefined {
  const key = message.subarray(32)
  if (message.length !== HELLO_BYTES) return undefined
  if (!sodium.crypto_auth_verify(message.subarray(0, 32), key, network)) return undefined
  const ab = multiply(own.secretKey, key)
  return ab && { network, own, theirs: message, ab, abHash: sha256(ab) }
}

/** Client: proves who we are to the one who holds `server`; undefined when that key is no usable key. */
export function makeProof(
  shared: Shared,
  keys: LongTermKeys,
  server: Uint8Array,
): Proof | undefined {
  const aB = multiply(shared.own.secretKey, curvePublic(server))
  if (!aB) return undefined
  const signature = sign(Buffer.concat([shared.network, server, shared.abHash]), keys)
  const plain = Buffer.concat([signature, keys.publicKey])
  return { message: seal(plain, sha256(shared.network, shared.ab, aB)), plain, aB }
}

/** Client: checks the server's answer; undefined when it is not the server's. */
export function takeAccept(
  shared: Shared,
  proof: Proof,
  keys: LongTermKeys,
  server: Uint8Array,
  message: Uint8Array,
): Session | undefined {
  const Ab = multiply(curveSecret(keys), shared.theirs.subarray(32))
  if (!Ab || message.length !== ACCEPT_BYTES) return undefined
  const secret = sha256(shared.network, shared.ab, proof.aB, Ab)
  const signature = open(message, secret)
  const signed = Buffer.concat([shared.network, proof.plain, shared.abHash])
  if (!signature || !sodium.crypto_sign_verify_detached(signature, signed, server)) return undefined
  return session(shared, secret, keys.publicKey, server)
}

/** Server: checks the client's proof; gives the session and the answer to send once the client is welcome. */
export function takeProof(
  shared: Shared,
  keys: LongTermKeys,
  message: Uint8Array,
): { readonly session: Session; readonly accept: Uint8Array } | undefined {
  const aB = multiply(curveSecret(keys), shared.theirs.subarray(32))
  if (!aB || message.length !== PROOF_BYTES) return undefined
  const plain = open(message, sha256(shared.network, shared.ab, aB))
  if (!plain) return undefined
  const client = plain.subarray(64)
  const signed = Buffer.concat([shared.network, keys.publicKey, shared.abHash])
  if (!sodium.crypto_sign_verify_detached(plain.subarray(0, 64), signed, client)) return undefined
  const Ab = multiply(shared.own.secretKey, curvePublic(client))
  if (!Ab) return undefined
  const secret = sha256(shared.network, shared.ab, aB, Ab)
  const signature = sign(Buffer.concat([shared.network, plain, shared.abHash]), keys)
  // `session` wipes the secrets, so the answer is sealed before.
  const accept = seal(signature, secret)
  return { session: session(shared, secret, keys.publicKey, client), accept }
}

function session(shared: Shared, secret: Uint8Array, own: Uint8Array, peer: Uint8Array): Session {
  const base = sha256(secret)
  const result = {
    peer: Uint8Array.from(peer),
    seal: { key: sha256(base, peer), nonce: Uint8Array.from(shared.theirs.subarray(0, 24)) },
    open: { key: sha256(base, own), nonce: Uint8Array.from(shared.own.message.subarray(0, 24)) },
  }
  for (const spent of [base, secret, shared.ab, shared.abHash, shared.own.secretKey]) {
    sodium.sodium_memzero(spent)
  }
  return result
}

/** libsodium refuses points of small order, so no shared secret is all zeros. */
function multiply(secret: Uint8Array, point: Uint8Array | undefined): Uint8Array | undefined {
  const shared = Buffer.alloc(32)
  try {
    if (point) sodium.crypto_scalarmult(shared, secret, point)
  } catch {
    return undefined
  }
  return shared.some((byte) => byte !== 0) ? shared : undefined
}

function curvePublic(publicKey: Uint8Array): Uint8Array | undefined {
  const curve = Buffer.alloc(32)
  try {
    sodium.crypto_sign_ed25519_pk_to_curve25519(curve, publicKey)
    return curve
  } catch {
    return undefined
  }
}

function curveSecret(keys: LongTermKeys): Uint8Array {
  const curve = Buffer.alloc(32)
  sodium.crypto_sign_ed25519_sk_to_curve25519(curve, keys.secretKey)
  return curve
}

function sign(message: Uint8Array, keys: LongTermKeys): Uint8Array {
  const signature = Buffer.alloc(64)
  sodium.crypto_sign_detached(signature, message, keys.secretKey)
  return signature
}

function seal(plain: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = Buffer.alloc(plain.length + 16)
  sodium.crypto_secretbox_easy(cipher, plain, ZERO_NONCE, key)
  return cipher
}

function open(cipher: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  const plain = Buffer.alloc(cipher.length - 16)
  return sodium.crypto_secretbox_open_easy(plain, cipher, ZERO_NONCE, key) ? plain : undefined
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = Buffer.alloc(32)
  sodium.crypto_hash_sha256(hash, Buffer.concat(parts))
  return hash
}
