/**
 * The log of ssb-server, `flume/log.offset`: records of `length | JSON | length | end`, where the lengths are UInt32BE and `end` is
 * where the record ends in the file, in 4, 6 or 8 bytes, big-endian (flumelog-offset 3, README "recoverable framing"; versions
 * before have no `end`). A deleted record is all zeros.
 */
import type { Json } from '#base/json.ts'
import {
  ArchiveDamagedError,
  messageBytes,
  type ReadOptions,
} from '#networks/ssb/archive/archive.ts'
import { openByteReader, type ByteReader } from '#networks/ssb/archive/byte-reader.ts'

/** Bytes of the pointer behind each record. */
export type PointerWidth = 0 | 4 | 6 | 8

const recordLimit = 1024 * 1024

/**
 * Yields the messages of the log as compact JSON, in its order. The database must not be in use.
 *
 * @throws ArchiveDamagedError at the first record that is cut or whose frame or JSON is not right
 */
export async function* readFlumeLog(
  path: string,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const width = await pointerWidth(path)
  await using reader = await openByteReader(path, options)
  while (reader.offset < reader.total) {
    const offset = reader.offset
    const data = await readRecord(path, reader, width)
    if (data[0] === 0 && data.every((byte) => byte === 0)) continue
    const record = parseJson(data)
    if (record === undefined)
      throw new ArchiveDamagedError(path, offset + 4, 'a record is not JSON')
    const bytes = messageBytes(record)
    if (bytes) yield bytes
    else options.skipped?.(offset, 'not a classic message')
  }
}

/** Whether a file starts with a record of this format. */
export async function isFlumeLog(path: string): Promise<boolean> {
  try {
    await using reader = await openByteReader(path)
    return reader.total > 0 && (await pointerWidth(path)) >= 0
  } catch (error) {
    if (error instanceof ArchiveDamagedError) return false
    throw error
  }
}

/** Frames records as the log has them. */
export function encodeFlumeLog(records: readonly Uint8Array[], width: PointerWidth): Uint8Array {
  let end = 0
  return Buffer.concat(
    records.map((data) => {
      end += 8 + data.length + width
      const frame = Buffer.alloc(8 + data.length + width)
      frame.writeUInt32BE(data.length, 0)
      frame.set(data, 4)
      frame.writeUInt32BE(data.length, 4 + data.length)
      if (width > 0) frame.writeUIntBE(end, frame.length - Math.min(width, 6), Math.min(width, 6))
      return frame
    }),
  )
}

/** The first record shows it: its end is its own length. */
async function pointerWidth(path: string): Promise<PointerWidth> {
  await using reader = await openByteReader(path)
  if (reader.total === 0) return 4
  const length = await readLength(path, reader)
  await reader.take(length)
  const frame = await reader.take(4 + 8)
  if (frame.length < 4 || frame.readUInt32BE(0) !== length) {
    throw new ArchiveDamagedError(path, 0, 'it does not start with a record of this format')
  }
  const pointer = frame.subarray(4)
  for (const width of [4, 6, 8] as const) {
    if (pointer.length >= width && readPointer(pointer, width) === 8 + length + width) return width
  }
  return 0
}

async function readRecord(path: string, reader: ByteReader, width: PointerWidth): Promise<Buffer> {
  const start = reader.offset
  const length = await readLength(path, reader)
  const frame = await reader.take(length + 4 + width)
  if (frame.length < length + 4 + width)
    throw new ArchiveDamagedError(path, start, 'a record is cut')
  if (frame.readUInt32BE(length) !== length) {
    throw new ArchiveDamagedError(path, start, 'the two lengths of a record differ')
  }
  if (width !== 0 && readPointer(frame.subarray(length + 4), width) !== reader.offset) {
    throw new ArchiveDamagedError(path, start, 'a record does not end where it says')
  }
  return frame.subarray(0, length)
}

async function readLength(path: string, reader: ByteReader): Promise<number> {
  const start = reader.offset
  const bytes = await reader.take(4)
  if (bytes.length < 4) throw new ArchiveDamagedError(path, start, 'a record is cut')
  const length = bytes.readUInt32BE(0)
  if (length > recordLimit) {
    throw new ArchiveDamagedError(
      path,
      start,
      `a record claims ${length} bytes, more than ${recordLimit}`,
    )
  }
  return length
}

function readPointer(bytes: Buffer, width: 4 | 6 | 8): number {
  return width === 8 ? Number(bytes.readBigUInt64BE(0)) : bytes.readUIntBE(0, width)
}

function parseJson(bytes: Buffer): Json | undefined {
  try {
    return JSON.parse(bytes.toString()) as Json
  } catch {
    return undefined
  }
}
