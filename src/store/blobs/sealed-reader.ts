/** Reads sealed files: their end, and any range of their plain bytes without touching the rest. */
import { open, type FileHandle } from 'node:fs/promises'

import { MetaLifeError } from '#base/errors.ts'
import {
  chunkPlace,
  chunkSize,
  fileKey,
  openChunk,
  openTrailer,
  plainSize,
  saltSize,
  trailerSize,
  type Trailer,
} from '#store/blobs/sealed-format.ts'

/** A stored blob is not what was stored. */
export class BlobDamagedError extends MetaLifeError {
  override name = 'BlobDamagedError'
  /** Of the file on disk. */
  readonly path: string

  constructor(path: string, why: string) {
    super(
      `The stored file ${path} is damaged: ${why}. Delete it and fetch it again, or put back a backup; check the disk.`,
    )
    this.path = path
  }
}

/** An open sealed file whose end was checked. */
export interface SealedFile extends AsyncDisposable {
  readonly trailer: Trailer
  /** Plain bytes of one chunk. @throws BlobDamagedError */
  chunk(index: number): Promise<Uint8Array>
}

/**
 * Opens a sealed file.
 *
 * @returns undefined when there is none
 * @throws BlobDamagedError when it was cut, extended, tampered with or sealed with another key
 */
export async function openSealed(path: string, key: Uint8Array): Promise<SealedFile | undefined> {
  const handle = await openExisting(path)
  if (!handle) return undefined
  try {
    const { own, trailer } = await readEnds(handle, path, key)
    return {
      trailer,
      async chunk(index) {
        const { at, length } = chunkPlace(index, trailer.size)
        const plain = openChunk(own, index, await readAt(handle, path, at, length))
        if (!plain) throw new BlobDamagedError(path, `chunk ${index} was changed`)
        return plain
      },
      [Symbol.asyncDispose]: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Plain bytes from `start` to before `end`, in pieces of 1 to 65,536 bytes. */
export async function* readRange(
  file: SealedFile,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const index = Math.floor(at / chunkSize)
    const offset = index * chunkSize
    const chunk = await file.chunk(index)
    yield chunk.subarray(at - offset, end - offset)
    at = offset + chunkSize
  }
}

async function readEnds(
  handle: FileHandle,
  path: string,
  key: Uint8Array,
): Promise<{ own: Uint8Array; trailer: Trailer }> {
  const { size: length } = await handle.stat()
  const size = plainSize(length)
  if (size === undefined) throw new BlobDamagedError(path, 'it was cut')
  const own = fileKey(key, await readAt(handle, path, 0, saltSize))
  const end = await readAt(handle, path, length - trailerSize, trailerSize)
  const trailer = openTrailer(own, size, end)
  if (!trailer)
    throw new BlobDamagedError(path, 'it was cut or changed, or belongs to another home')
  return { own, trailer }
}

async function readAt(
  handle: FileHandle,
  path: string,
  at: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  const { bytesRead } = await handle.read(buffer, 0, length, at)
  if (bytesRead !== length) throw new BlobDamagedError(path, 'it was cut')
  return buffer
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
