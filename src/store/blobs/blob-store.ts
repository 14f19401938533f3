/**
 * Media by the SHA-256 of its plain bytes, encrypted at rest. Names on disk are keyed hashes of the hash: who sees the folder
 * learns sizes and count, and cannot test for a known file.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { MetaLifeError } from '#base/errors.ts'
import { deriveKey } from '#crypto/derive.ts'
import { asNotWritable, makeFolder, syncFolder } from '#crypto/durable-file.ts'
import { plainSize, type Trailer } from '#store/blobs/sealed-format.ts'
import {
  BlobDamagedError,
  openSealed,
  readRange,
  type SealedFile,
} from '#store/blobs/sealed-reader.ts'
import { writeSealed } from '#store/blobs/sealed-writer.ts'

/** A stream is not the blob that it was said to be. */
export class BlobMismatchError extends MetaLifeError {
  override name = 'BlobMismatchError'

  constructor() {
    super(
      'The bytes do not have the hash that was expected. Nothing was kept; fetch it from somebody else.',
    )
  }
}

/** One stored file; `hash` is absent when it is damaged. */
export type BlobEntry = { readonly path: string; readonly size: number; readonly hash?: Uint8Array }

/** The store of blobs: what networks use (`Blobs` of the network's host), and what the node needs beside. */
export interface BlobStore {
  has(hash: Uint8Array): Promise<boolean>
  /** Plain bytes, or undefined when the blob is not here. Not checked: reading does. */
  size(hash: Uint8Array): Promise<number | undefined>
  /**
   * Plain bytes from `start` (0) to before `end` (the size), in pieces of 1 to 65,536; undefined when the blob is not here.
   *
   * @throws BlobDamagedError, here or while it is read
   */
  open(
    hash: Uint8Array,
    range?: { readonly start?: number; readonly end?: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>
  /**
   * Stores a stream, durably when it resolves. Nothing is kept when it fails.
   *
   * @throws BlobTooLargeError, BlobMismatchError, NotWritableError, or what the source throws
   */
  put(
    source: AsyncIterable<Uint8Array>,
    options?: { readonly expected?: Uint8Array; readonly limit?: number },
  ): Promise<Trailer>
  delete(hash: Uint8Array): Promise<void>
  /** Every stored blob, in no order. */
  list(): AsyncIterable<BlobEntry>
  /** Count and plain bytes of all. */
  total(): Promise<{ readonly count: number; readonly bytes: number }>
  /** Reads a whole blob and checks each byte. */
  verify(hash: Uint8Array): Promise<'whole' | 'damaged' | 'missing'>
}

/**
 * Opens the blobs of a home, sweeping what a crash left half-written. Whoever opens it holds the lock of the home.
 *
 * @param dataKey the vault's data key; both keys used here are derived from it
 */
export async function openBlobs(folder: string, dataKey: Uint8Array): Promise<BlobStore> {
  const contentKey = deriveKey(dataKey, 'blobs/content')
  const nameKey = deriveKey(dataKey, 'blobs/name')
  const pathOf = (hash: Uint8Array) => blobPath(folder, nameKey, hash)
  await prepare(folder)
  return {
    has: async (hash) => (await sizeOf(pathOf(hash))) !== undefined,
    size: (hash) => sizeOf(pathOf(hash)),
    open: (hash, range) => openBlob(pathOf(hash), contentKey, hash, range),
    put: (source, options) => putBlob(folder, contentKey, pathOf, source, options),
    delete: (hash) => remove(pathOf(hash)),
    list: () => list(folder, contentKey, pathOf),
    total: () => total(folder),
    verify: (hash) => verify(pathOf(hash), contentKey, hash),
  }
}

async function prepare(folder: string): Promise<void> {
  try {
    await rm(temporaryFolder(folder), { recursive: true, force: true })
    await makeFolder(temporaryFolder(folder))
    // All at once, so that a later put need not make the name of its shard durable.
    const there = new Set(await readdir(folder))
    for (const shard of shards) {
      if (!there.has(shard)) await mkdir(join(folder, shard), { mode: 0o700 })
    }
    await syncFolder(folder)
  } catch (error) {
    throw asNotWritable(error, folder)
  }
}

async function putBlob(
  folder: string,
  key: Uint8Array,
  pathOf: (hash: Uint8Array) => string,
  source: AsyncIterable<Uint8Array>,
  { expected, limit }: { readonly expected?: Uint8Array; readonly limit?: number } = {},
): Promise<Trailer> {
  const temporary = join(temporaryFolder(folder), randomUUID())
  try {
    const trailer = await writeTemporary(temporary, key, source, limit)
    if (expected && Buffer.compare(expected, trailer.hash) !== 0) throw new BlobMismatchError()
    await putInPlace(temporary, pathOf(trailer.hash))
    return trailer
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw asNotWritable(error, folder)
  }
}

async function writeTemporary(
  path: string,
  key: Uint8Array,
  source: AsyncIterable<Uint8Array>,
  limit: number | undefined,
): Promise<Trailer> {
  const file = await open(path, 'wx', 0o600)
  try {
    const trailer = await writeSealed(file, key, source, limit)
    await file.sync()
    return trailer
  } finally {
    await file.close()
  }
}

/** Also over one that is there: it has the same contents, or is damaged and so mended. */
async function putInPlace(temporary: string, path: string): Promise<void> {
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

async function openBlob(
  path: string,
  key: Uint8Array,
  hash: Uint8Array,
  range: { readonly start?: number; readonly end?: number } = {},
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const found = await openNamed(path, key, hash)
  if (!found) return undefined
  const { size } = found.trailer
  // Opened again when it is read: who never reads must not leak a handle.
  await found[Symbol.asyncDispose]()
  const start = place(range.start ?? 0)
  const end = Math.min(place(range.end ?? size), size)
  return readBlob(path, key, hash, start, end)
}

async function* readBlob(
  path: string,
  key: Uint8Array,
  hash: Uint8Array,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  await using file = await openNamed(path, key, hash)
  if (!file) throw new BlobDamagedError(path, 'it was deleted while it was read')
  yield* readRange(file, start, end)
}

async function openNamed(
  path: string,
  key: Uint8Array,
  hash: Uint8Array,
): Promise<SealedFile | undefined> {
  const file = await openSealed(path, key)
  if (!file || Buffer.compare(file.trailer.hash, hash) === 0) return file
  await file[Symbol.asyncDispose]()
  throw new BlobDamagedError(path, 'it is another file')
}

async function verify(
  path: string,
  key: Uint8Array,
  expected: Uint8Array,
): Promise<'whole' | 'damaged' | 'missing'> {
  try {
    const blob = await openBlob(path, key, expected)
    if (!blob) return 'missing'
    const hash = createHash('sha256')
    for await (const piece of blob) hash.update(piece)
    return Buffer.compare(hash.digest(), expected) === 0 ? 'whole' : 'damaged'
  } catch (error) {
    if (error instanceof BlobDamagedError) return 'damaged'
    throw error
  }
}

async function* list(
  folder: string,
  key: Uint8Array,
  pathOf: (hash: Uint8Array) => string,
): AsyncGenerator<BlobEntry> {
  for await (const path of files(folder)) {
    const size = await sizeOf(path)
    if (size === undefined) continue
    const hash = await hashOf(path, key)
    yield { path, size, ...(hash && pathOf(hash) === path ? { hash } : {}) }
  }
}

async function hashOf(path: string, key: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    await using file = await openSealed(path, key)
    return file?.trailer.hash
  } catch (error) {
    if (error instanceof BlobDamagedError) return undefined
    throw error
  }
}

async function total(folder: string): Promise<{ readonly count: number; readonly bytes: number }> {
  let count = 0
  let bytes = 0
  for await (const path of files(folder)) {
    const size = await sizeOf(path)
    if (size === undefined) continue
    count += 1
    bytes += size
  }
  return { count, bytes }
}

async function* files(folder: string): AsyncGenerator<string> {
  for (const shard of shards) {
    for (const name of await readdir(join(folder, shard))) yield join(folder, shard, name)
  }
}

/** Plain bytes by the length of the file; a length that no blob has counts as 0. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return plainSize((await stat(path)).size) ?? 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
  } catch (error) {
    throw asNotWritable(error, path)
  }
}

function blobPath(folder: string, nameKey: Uint8Array, hash: Uint8Array): string {
  if (hash.length !== 32) throw new RangeError(`a blob's hash has 32 bytes, not ${hash.length}`)
  const name = createHmac('sha256', nameKey).update(hash).digest('hex')
  return join(folder, name.slice(0, 2), name.slice(2))
}

const shards = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'))

function temporaryFolder(folder: string): string {
  return join(folder, 'tmp')
}

function place(offset: number): number {
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RangeError(`not a place in a blob: ${offset}`)
  return offset
}
