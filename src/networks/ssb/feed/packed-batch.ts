/**
 * A batch of signatures in one buffer, so that it crosses to a worker thread without being cloned.
 *
 * Per message: length of the signed bytes (uint32, the machine's order), author (32), signature (64), signed bytes,
 * padding to 4; the batch starts with the number of messages (uint32).
 */
import type { SignedMessage } from '#networks/ssb/feed/message.ts'
import { hasValidSignature } from '#networks/ssb/feed/signature.ts'

const HEAD = 4
const FIXED = 4 + 32 + 64

/** One signature to check. */
export type Check = {
  readonly message: Pick<SignedMessage, 'signed' | 'signature'>
  /** 32 bytes */
  readonly author: Uint8Array
}

/** Packs checks; signatures and authors must be 64 and 32 bytes long. */
export function packBatch(checks: readonly Check[]): ArrayBuffer {
  let size = HEAD
  for (const { message } of checks) size += FIXED + padded(message.signed.length)
  const packed = new ArrayBuffer(size)
  const bytes = new Uint8Array(packed)
  const words = new Uint32Array(packed, 0, size >> 2)
  words[0] = checks.length
  let at = HEAD
  for (const { message, author } of checks) {
    words[at >> 2] = message.signed.length
    bytes.set(author, at + 4)
    bytes.set(message.signature, at + 36)
    bytes.set(message.signed, at + FIXED)
    at += FIXED + padded(message.signed.length)
  }
  return packed
}

/** Checks every signature of a packed batch; 1 where it is good. */
export function verifyPacked(packed: ArrayBuffer, hmacKey?: Uint8Array): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(packed)
  const flags = new Uint8Array(words[0] ?? 0)
  let at = HEAD
  for (let index = 0; index < flags.length; index++) {
    const length = words[at >> 2] ?? 0
    const author = new Uint8Array(packed, at + 4, 32)
    const signature = new Uint8Array(packed, at + 36, 64)
    const signed = new Uint8Array(packed, at + FIXED, length)
    flags[index] = hasValidSignature({ signed, signature }, author, hmacKey) ? 1 : 0
    at += FIXED + padded(length)
  }
  return flags
}

function padded(length: number): number {
  return (length + 3) & ~3
}
