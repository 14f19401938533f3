/** A feed dump: one message a line, each a value or `{key, value, timestamp}`. */
import type { Json } from '#base/json.ts'
import {
  ArchiveDamagedError,
  messageBytes,
  type ReadOptions,
} from '#networks/ssb/archive/archive.ts'
import { openByteReader } from '#networks/ssb/archive/byte-reader.ts'

/** Bytes of a line at most: a message has at most 8,192 UTF-16 units, a decrypted one is twice in its line. */
const lineLimit = 256 * 1024

/**
 * Yields the messages of a dump as compact JSON.
 *
 * @throws ArchiveDamagedError at the first line that is too long, not UTF-8, not JSON or not a message
 */
export async function* readLineDump(
  path: string,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  await using reader = await openByteReader(path, options)
  for (let number = 1; ; number++) {
    const offset = reader.offset
    const line = await reader.takeTo(newline, lineLimit)
    if (!line) throw damaged(path, offset, number, `is longer than ${lineLimit} bytes`)
    if (line.length === 0) return
    // This takes a byte order mark away as well.
    const text = decodeText(line)
    if (text === undefined) throw damaged(path, offset, number, 'is not UTF-8')
    if (text.trim() === '') continue
    const bytes = messageBytes(parseJson(text))
    if (!bytes) throw damaged(path, offset, number, 'is not a message')
    yield bytes
  }
}

const newline = 0x0a
const decoder = new TextDecoder('utf-8', { fatal: true })

function damaged(path: string, offset: number, number: number, why: string): ArchiveDamagedError {
  return new ArchiveDamagedError(path, offset, `line ${number} ${why}`)
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
