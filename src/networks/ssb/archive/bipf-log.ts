/**
 * The log of ssb-db2, `db2/log.bipf`: blocks of 65,536 bytes; in a block, records of a UInt16LE length and as many bytes, ended by
 * a length of 0; a deleted record is all zeros (async-append-only-log, README "Log format"). A record is `{key, value, timestamp}`
 * in BIPF.
 */
import type { Json } from '#base/json.ts'
import {
  ArchiveDamagedError,
  messageBytes,
  type ReadOptions,
} from '#networks/ssb/archive/archive.ts'
import { BipfError, decodeBipf, encodeBipf, type BipfValue } from '#networks/ssb/archive/bipf.ts'
import { openByteReader } from '#networks/ssb/archive/byte-reader.ts'

const blockSize = 65_536
const lengthSize = 2

/**
 * Yields the messages of the log as compact JSON, in its order. The database must not be in use.
 *
 * @throws ArchiveDamagedError at the first record that is cut or not BIPF
 */
export async function* readBipfLog(
  path: string,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  await using reader = await openByteReader(path, options)
  for (;;) {
    const start = reader.offset
    const block = await reader.take(blockSize)
    if (block.length === 0) return
    for (const { at, data } of records(path, start, block)) {
      const bytes = messageBytes(decodeRecord(path, start + at, data) as Json)
      if (bytes) yield bytes
      else options.skipped?.(start + at, 'not a classic message')
    }
    if (block.length < blockSize) {
      throw new ArchiveDamagedError(path, start + block.length, 'the last block is cut')
    }
  }
}

/** Whether the start of a file (a block, or all there is) is of this format. */
export function isBipfLog(head: Buffer): boolean {
  try {
    const first = records('', 0, head.subarray(0, blockSize)).next()
    const value = first.value && decodeBipf(first.value.data)
    return typeof value === 'object' && value !== null && 'value' in value
  } catch (error) {
    if (error instanceof ArchiveDamagedError || error instanceof BipfError) return false
    throw error
  }
}

/** Packs records into blocks as the log has them. */
export function encodeBipfLog(kvts: readonly BipfValue[]): Uint8Array {
  const blocks = [Buffer.alloc(blockSize)]
  let at = 0
  for (const record of kvts.map(encodeBipf)) {
    if (record.length > blockSize - 2 * lengthSize) throw new RangeError('longer than a block')
    if (at + record.length + 2 * lengthSize > blockSize) {
      blocks.push(Buffer.alloc(blockSize))
      at = 0
    }
    const block = blocks.at(-1)
    block?.writeUInt16LE(record.length, at)
    block?.set(record, at + lengthSize)
    at += lengthSize + record.length
  }
  return Buffer.concat(blocks)
}

type LogRecord = { readonly at: number; readonly data: Buffer }

function* records(path: string, start: number, block: Buffer): Generator<LogRecord, undefined> {
  for (let at = 0; at + lengthSize <= block.length;) {
    const length = block.readUInt16LE(at)
    if (length === 0) return undefined
    const data = block.subarray(at + lengthSize, at + lengthSize + length)
    if (data.length < length) throw new ArchiveDamagedError(path, start + at, 'a record is cut')
    if (!isZero(data)) yield { at: at + lengthSize, data }
    at += lengthSize + length
  }
  return undefined
}

function decodeRecord(path: string, offset: number, data: Buffer): BipfValue {
  try {
    return decodeBipf(data)
  } catch (error) {
    if (!(error instanceof BipfError)) throw error
    throw new ArchiveDamagedError(path, offset + error.offset, error.message)
  }
}

function isZero(bytes: Uint8Array): boolean {
  // Of a message the first byte is the tag of an object, never zero: this rarely looks further.
  return bytes.every((byte) => byte === 0)
}
