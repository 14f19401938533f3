/** Writes a feed dump that `readLineDump`, and other programs, read: `{"key":…,"value":…}` a line. */
import { replaceFile } from '#crypto/durable-file.ts'
import type { NativeRecord } from '#network/host.ts'

/** What was written. */
export type DumpResult = { readonly count: number; readonly bytes: number }

const batchSize = 1024 * 1024

/**
 * Writes records to a file (mode 0600) that is there whole or not at all; one that is there before is replaced at the end.
 *
 * @throws NotWritableError, the signal's reason, and what `records` throws
 */
export function writeDump(
  records: AsyncIterable<NativeRecord>,
  path: string,
  options: { readonly signal?: AbortSignal; readonly progress?: (count: number) => void } = {},
): Promise<DumpResult> {
  return replaceFile(path, 0o600, async (file) => {
    let count = 0
    let bytes = 0
    for await (const batch of batches(lines(records))) {
      options.signal?.throwIfAborted()
      await file.writeFile(Buffer.concat(batch))
      count += batch.length
      bytes += batch.reduce((sum, line) => sum + line.length, 0)
      options.progress?.(count)
    }
    return { count, bytes }
  })
}

async function* lines(records: AsyncIterable<NativeRecord>): AsyncGenerator<Uint8Array> {
  for await (const { id, bytes } of records) {
    yield Buffer.concat([Buffer.from(`{"key":${JSON.stringify(id)},"value":`), bytes, lineEnd])
  }
}

async function* batches(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
  let batch: Uint8Array[] = []
  let size = 0
  for await (const item of source) {
    batch.push(item)
    size += item.length
    if (size < batchSize) continue
    yield batch
    batch = []
    size = 0
  }
  if (batch.length > 0) yield batch
}

const lineEnd = Buffer.from('}\n')
