/**
 * Private messages: private-box (protocol guide, "Private messages"; auditdrivencrypto/private-box design).
 *
 * Nonce (24), one-time Curve25519 key (32), a slot (49) per reader that holds the number of slots and the body's key,
 * then the body. Nobody sees for whom a box is: every reader tries the slots.
 */
import { randomFillSync } from 'node:crypto'
import { MetaLifeError } from '#base/errors.ts'
import { isObject, type JsonObject } from '#base/json.ts'
import type { ContentObject } from '#networks/ssb/feed/message.ts'
import { isBoxText } from '#networks/ssb/feed/parse-message.ts'
import { sodium } from '#networks/ssb/sodium.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'

/** Most readers that we write to, the author included: more than other programs look for. */
export const MAX_READERS = 7

/** The number of readers of a private message is not possible. */
export class ReaderCountError extends MetaLifeError {
  override name = 'ReaderCountError'
  override readonly exitCode = 2

  constructor(count: number) {
    super(
      `A private message on Scuttlebutt goes to 1 to ${MAX_READERS} people, yourself included, not to ${count}. ` +
        'Leave some out or write several messages.',
    )
  }
}

/** A reader's key is no key that messages can be sealed for. */
export class ReaderKeyError extends MetaLifeError {
  override name = 'ReaderKeyError'
  override readonly exitCode = 2

  constructor() {
    super('One of the readers has no usable key on Scuttlebutt. Check the id that was given.')
  }
}

const NONCE = 24
const KEY = 32
const MAC = 16
const SLOT = MAC + 1 + KEY
const SLOTS = NONCE + KEY
/** The format's own maximum: the number of slots is one byte. */
const MAX_SLOTS = 255

/**
 * Seals a content for the holders of Ed25519 public keys (32 bytes each; the author is one of them or cannot read it).
 *
 * @returns the text that is the message's content, `….box`
 * @throws ReaderCountError, ReaderKeyError
 */
export function seal(content: ContentObject, readers: readonly Uint8Array[]): string {
  if (readers.length < 1 || readers.length > MAX_READERS) throw new ReaderCountError(readers.length)
  const body = Buffer.from(JSON.stringify(content))
  const box = new Uint8Array(SLOTS + SLOT * readers.length + MAC + body.length)
  const nonce = randomFillSync(box.subarray(0, NONCE))
  const slot = randomFillSync(new Uint8Array(1 + KEY))
  slot[0] = readers.length
  const secret = new Uint8Array(KEY)
  sodium.crypto_box_keypair(box.subarray(NONCE, SLOTS), secret)
  let at = SLOTS
  for (const reader of readers) {
    const shared = sharedWith(reader, secret)
    sodium.crypto_secretbox_easy(box.subarray(at, at + SLOT), slot, nonce, shared)
    at += SLOT
  }
  sodium.crypto_secretbox_easy(box.subarray(at), body, nonce, slot.subarray(1))
  sodium.sodium_memzero(secret)
  sodium.sodium_memzero(slot)
  return `${Buffer.from(box.buffer).toString('base64')}.box`
}

/** Opens a box; undefined when it is not for us, broken, or of another format. About 50 µs when it is not for us. */
export function unseal(text: string, keys: SsbKeys): JsonObject | undefined {
  if (!text.endsWith('.box') || !isBoxText(text)) return undefined
  const box = Buffer.from(text.slice(0, -'.box'.length), 'base64')
  if (box.length < SLOTS + SLOT + MAC) return undefined
  const slot = openSlot(box, curveSecret(keys))
  return slot === undefined ? undefined : openBody(box, slot)
}

/** The slot that is ours, decrypted. */
function openSlot(box: Uint8Array, secret: Uint8Array): Uint8Array | undefined {
  const nonce = box.subarray(0, NONCE)
  const shared = new Uint8Array(KEY)
  try {
    sodium.crypto_scalarmult(shared, secret, box.subarray(NONCE, SLOTS))
  } catch {
    // A one-time key of low order.
    return undefined
  }
  // Key and nonce are the same for every slot, so one authentication key tells which slot is ours.
  const authentication = new Uint8Array(KEY)
  sodium.crypto_stream(authentication, nonce, shared)
  const end = Math.min(box.length - MAC - SLOT, SLOTS + SLOT * (MAX_SLOTS - 1))
  for (let at = SLOTS; at <= end; at += SLOT) {
    const tag = box.subarray(at, at + MAC)
    const sealed = box.subarray(at + MAC, at + SLOT)
    if (!sodium.crypto_onetimeauth_verify(tag, sealed, authentication)) continue
    const slot = new Uint8Array(1 + KEY)
    const opened = box.subarray(at, at + SLOT)
    return sodium.crypto_secretbox_open_easy(slot, opened, nonce, shared) ? slot : undefined
  }
  return undefined
}

function openBody(box: Uint8Array, slot: Uint8Array): JsonObject | undefined {
  const sealed = box.subarray(SLOTS + SLOT * (slot[0] ?? 0))
  if (sealed.length < MAC) return undefined
  const body = Buffer.alloc(sealed.length - MAC)
  const nonce = box.subarray(0, NONCE)
  if (!sodium.crypto_secretbox_open_easy(body, sealed, nonce, slot.subarray(1))) return undefined
  try {
    const content: unknown = JSON.parse(body.toString())
    return isObject(content) ? content : undefined
  } catch {
    return undefined
  }
}

function sharedWith(reader: Uint8Array, secret: Uint8Array): Uint8Array {
  const shared = new Uint8Array(KEY)
  try {
    const curve = new Uint8Array(KEY)
    sodium.crypto_sign_ed25519_pk_to_curve25519(curve, reader)
    sodium.crypto_scalarmult(shared, secret, curve)
  } catch {
    throw new ReaderKeyError()
  }
  return shared
}

const curveSecrets = new WeakMap<SsbKeys, Uint8Array>()

function curveSecret(keys: SsbKeys): Uint8Array {
  let secret = curveSecrets.get(keys)
  if (secret === undefined) {
    secret = new Uint8Array(KEY)
    sodium.crypto_sign_ed25519_sk_to_curve25519(secret, keys.secretKey)
    curveSecrets.set(keys, secret)
  }
  return secret
}
