/** Finds out what an archive is by looking at it, and reads it. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import { MetaLifeError } from '#base/errors.ts'
import type { ReadOptions } from '#networks/ssb/archive/archive.ts'
import { isBipfLog, readBipfLog } from '#networks/ssb/archive/bipf-log.ts'
import { openByteReader } from '#networks/ssb/archive/byte-reader.ts'
import { isFlumeLog, readFlumeLog } from '#networks/ssb/archive/flume-log.ts'
import { readLineDump } from '#networks/ssb/archive/line-dump.ts'

/** A file with messages. */
export type Archive = {
  readonly kind: 'line-dump' | 'bipf-log' | 'flume-log'
  readonly path: string
  /** Bytes. */
  readonly size: number
}

/** A path leads to nothing that can be imported. */
export class UnknownArchiveError extends MetaLifeError {
  override name = 'UnknownArchiveError'
  override readonly exitCode = 2

  constructor(path: string, why: string) {
    super(
      `Cannot import ${path}: ${why}. Give a feed dump (one message a line), a log.bipf or log.offset file, or the folder of an ssb-db2 or ssb-server database.`,
    )
  }
}

/**
 * Finds the archive at a path: a file, or the folder of a database. A folder with both logs was migrated, and the newer counts.
 *
 * @throws UnknownArchiveError
 */
export async function sniffArchive(path: string): Promise<Archive> {
  const found = await stat(path).catch(() => undefined)
  if (!found) throw new UnknownArchiveError(path, 'there is no such file or folder')
  if (!found.isDirectory()) return sniffFile(path, found.size)
  for (const name of ['db2/log.bipf', 'log.bipf', 'flume/log.offset', 'log.offset']) {
    const file = join(path, name)
    const size = (await stat(file).catch(() => undefined))?.size
    if (size) return sniffFile(file, size)
  }
  throw new UnknownArchiveError(path, 'the folder holds no log of a database')
}

/** Yields the messages of an archive as compact JSON in UTF-8. @throws ArchiveDamagedError */
export function readArchive(
  archive: Archive,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const readers = { 'line-dump': readLineDump, 'bipf-log': readBipfLog, 'flume-log': readFlumeLog }
  return readers[archive.kind](archive.path, options)
}

async function sniffFile(path: string, size: number): Promise<Archive> {
  const kind = await kindOf(path)
  if (!kind)
    throw new UnknownArchiveError(path, size ? 'it is none of the known formats' : 'it is empty')
  return { kind, path, size }
}

async function kindOf(path: string): Promise<Archive['kind'] | undefined> {
  await using reader = await openByteReader(path)
  const head = await reader.take(65_536)
  if (/^\uFEFF?\s*\{/.test(head.toString('utf8', 0, 1024))) return 'line-dump'
  if (await isFlumeLog(path)) return 'flume-log'
  return isBipfLog(head) ? 'bipf-log' : undefined
}
