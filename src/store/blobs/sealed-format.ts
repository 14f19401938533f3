/**
 * How a blob lies on disk: `salt (32) | sealed chunk* | sealed trailer (56)`.
 *
 * A STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption, 2015) over AES-256-GCM: the key is
 * made of the folder's key and the salt, the nonce is the chunk's index and a flag for the last one. Each chunk has 65,536 plain
 * bytes (the last may have fewer, none is empty); the trailer says size and SHA-256, so that neither the end can be cut off nor
 * a whole file be put in the place of another.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

/** What the trailer says. */
export type Trailer = { readonly hash: Uint8Array; readonly size: number }

/** Plain bytes of a chunk. */
export const chunkSize = 65_536
export const saltSize = 32
export const trailerSize = 32 + 8 + 16
const tagSize = 16
const sealedChunkSize = chunkSize + tagSize

/** Plain bytes of a sealed file of `length` bytes; undefined when no blob has such a file. */
export function plainSize(length: number): number | undefined {
  const sealed = length - saltSize - trailerSize
  if (sealed < 0) return undefined
  const last = sealed % sealedChunkSize
  if (last > 0 && last <= tagSize) return undefined
  return sealed - Math.ceil(sealed / sealedChunkSize) * tagSize
}

/** Where chunk `index` of a blob of `size` plain bytes lies in its file. */
export function chunkPlace(
  index: number,
  size: number,
): { readonly at: number; readonly length: number } {
  return {
    at: saltSize + index * sealedChunkSize,
    length: Math.min(chunkSize, size - index * chunkSize) + tagSize,
  }
}

/** The key of one file. */
export function fileKey(key: Uint8Array, salt: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(salt).digest()
}

/** Seals one chunk of 1 to 65,536 bytes. */
export function sealChunk(key: Uint8Array, index: number, plain: Uint8Array): Uint8Array {
  return seal(key, nonceOf(index, false), plain)
}

/** Opens one chunk; undefined when it was tampered with or is not the one of this index. */
export function openChunk(
  key: Uint8Array,
  index: number,
  sealed: Uint8Array,
): Uint8Array | undefined {
  return unseal(key, nonceOf(index, false), sealed)
}

/** Seals the end of a file. */
export function sealTrailer(key: Uint8Array, { hash, size }: Trailer): Uint8Array {
  const plain = Buffer.alloc(40)
  plain.set(hash)
  plain.writeBigUInt64BE(BigInt(size), 32)
  return seal(key, nonceOf(Math.ceil(size / chunkSize), true), plain)
}

/** Opens the end of a file whose length says `size`; undefined when it is not this file's end. */
export function openTrailer(
  key: Uint8Array,
  size: number,
  sealed: Uint8Array,
): Trailer | undefined {
  const plain = unseal(key, nonceOf(Math.ceil(size / chunkSize), true), sealed)
  if (plain?.length !== 40 || plain.readBigUInt64BE(32) !== BigInt(size)) return undefined
  return { hash: Uint8Array.from(plain.subarray(0, 32)), size }
}

function nonceOf(index: number, last: boolean): Uint8Array {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64BE(BigInt(index), 0)
  nonce[11] = last ? 1 : 0
  return nonce
}

function seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function unseal(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < tagSize) return undefined
  const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagSize })
  cipher.setAuthTag(sealed.subarray(sealed.length - tagSize))
  const plain = cipher.update(sealed.subarray(0, sealed.length - tagSize))
  try {
    cipher.final()
    return plain
  } catch {
    return undefined
  }
}
