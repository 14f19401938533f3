/** Seals a stream into a file as it comes; at most one chunk and one piece of the source are in memory. */
import { createHash, randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

import { MetaLifeError } from '#base/errors.ts'
import {
  chunkSize,
  fileKey,
  saltSize,
  sealChunk,
  sealTrailer,
  type Trailer,
} from '#store/blobs/sealed-format.ts'

/** A blob is longer than it may be. */
export class BlobTooLargeError extends MetaLifeError {
  override name = 'BlobTooLargeError'
  readonly limit: number

  constructor(limit: number) {
    super(
      `The file is larger than ${limit} bytes, the most that is taken here. Choose a smaller one.`,
    )
    this.limit = limit
  }
}

/**
 * Writes what `source` yields, sealed, to an empty file.
 *
 * @param key 32 bytes, of the folder
 * @throws BlobTooLargeError before more than `limit` bytes are written, and what the source throws
 */
export async function writeSealed(
  file: FileHandle,
  key: Uint8Array,
  source: AsyncIterable<Uint8Array>,
  limit = Number.MAX_SAFE_INTEGER,
): Promise<Trailer> {
  const salt = randomBytes(saltSize)
  const own = fileKey(key, salt)
  await file.writeFile(salt)
  const hash = createHash('sha256')
  let size = 0
  let index = 0
  for await (const chunk of chunks(source, limit)) {
    hash.update(chunk)
    size += chunk.length
    await file.writeFile(sealChunk(own, index++, chunk))
  }
  const trailer = { hash: Uint8Array.from(hash.digest()), size }
  await file.writeFile(sealTrailer(own, trailer))
  return trailer
}

/** Cuts a stream into chunks of equal size, the last one shorter; each is valid until the next is asked for. */
async function* chunks(
  source: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(chunkSize)
  let total = 0
  let filled = 0
  for await (const piece of source) {
    total += piece.length
    if (total > limit) throw new BlobTooLargeError(limit)
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + chunkSize - filled)
      buffer.set(part, filled)
      filled += part.length
      at += part.length
      if (filled === chunkSize) {
        yield buffer
        filled = 0
      }
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled)
}
