/** Reads a file from front to back with one buffer, whatever its length. */
import { open } from 'node:fs/promises'

import type { ReadOptions } from '#networks/ssb/archive/archive.ts'

/** A file being read. Views that it gives are valid until the next call. */
export interface ByteReader extends AsyncDisposable {
  /** Bytes from the start of the file that were taken. */
  readonly offset: number
  /** Bytes of the file when it was opened. */
  readonly total: number
  /** The next `length` bytes; fewer at the end. */
  take(length: number): Promise<Buffer>
  /** Up to and with the next `byte`, or to the end; undefined when that is more than `limit` bytes. */
  takeTo(byte: number, limit: number): Promise<Buffer | undefined>
}

const blockSize = 256 * 1024

/** Opens a file for reading in order. @throws the signal's reason, and what the system throws */
export async function openByteReader(path: string, options: ReadOptions = {}): Promise<ByteReader> {
  const handle = await open(path, 'r')
  const { size: total } = await handle.stat()
  let buffer = Buffer.alloc(0)
  let taken = 0
  let offset = 0
  let readTo = 0

  /** Makes at least `length` bytes available; false at the end of the file. */
  async function ensure(length: number): Promise<boolean> {
    while (buffer.length - taken < length) {
      options.signal?.throwIfAborted()
      options.progress?.(offset, total)
      const kept = buffer.subarray(taken)
      const next = Buffer.allocUnsafe(kept.length + Math.max(blockSize, length - kept.length))
      next.set(kept)
      const { bytesRead } = await handle.read(next, kept.length, next.length - kept.length, readTo)
      readTo += bytesRead
      buffer = next.subarray(0, kept.length + bytesRead)
      taken = 0
      if (bytesRead === 0) return false
    }
    return true
  }

  function cut(length: number): Buffer {
    const view = buffer.subarray(taken, taken + length)
    taken += view.length
    offset += view.length
    if (offset === total) options.progress?.(offset, total)
    return view
  }

  return {
    get offset() {
      return offset
    },
    total,
    async take(length) {
      await ensure(length)
      return cut(length)
    },
    async takeTo(byte, limit) {
      for (let searched = 0; ;) {
        const found = buffer.indexOf(byte, taken + searched)
        if (found >= 0) return found - taken < limit ? cut(found - taken + 1) : undefined
        searched = buffer.length - taken
        if (searched >= limit) return undefined
        if (!(await ensure(searched + 1))) return cut(searched)
      }
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}
