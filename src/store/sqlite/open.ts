import { Kysely, SqliteDialect, sql } from 'kysely'
import { NotWritableError } from '#crypto/durable-file.ts'
import { StoreClosedError } from '#store/errors.ts'
import { migrate } from '#store/migrations/migrate.ts'
import type { ColumnTypes } from '#store/migrations/migration.ts'
import type { Schema } from '#store/schema.ts'
import { sqliteBulk } from '#store/sqlite/bulk.ts'
import { openSqlite, type SqliteConnection, type SqliteOptions } from '#store/sqlite/connection.ts'
import type { Store, Transaction } from '#store/store.ts'

const TYPES: ColumnTypes = {
  int: 'integer',
  text: sql`text`,
  bytes: 'blob',
  clustered: sql`without rowid`,
}

/** How much each connection keeps of the file, in KiB: together well under the memory budget of a small server. */
const WRITER_CACHE = 24 * 1024
const READER_CACHE = 12 * 1024

/**
 * The embedded engine: one connection that writes, one transaction at a time, and one that reads what is committed, so
 * that a read never waits for an open transaction.
 *
 * @throws WrongKeyError, FutureDatabaseError, NotWritableError (also of every write)
 */
export async function openSqliteStore(
  options: Pick<SqliteOptions, 'path' | 'key' | 'durability'>,
  now: number,
): Promise<Store> {
  const writer = openSqlite({ ...options, cacheKiB: WRITER_CACHE })
  const turns = takeTurns()
  const db = kysely(writer)
  const tx: Transaction = { db, bulk: sqliteBulk(writer), lock: async () => {} }
  const write = async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
    try {
      return await turns.run(() => inTransaction(writer, () => work(tx)))
    } catch (cause) {
      throw asNotWritable(cause, options.path)
    }
  }
  try {
    await write(() => migrate(db, TYPES, now))
  } catch (cause) {
    writer.close()
    throw cause
  }
  const reader = openSqlite({ ...options, cacheKiB: READER_CACHE, readOnly: true })
  const read = kysely(reader)
  return {
    engine: 'sqlite',
    read,
    lookup: sqliteBulk(reader),
    write,
    async [Symbol.asyncDispose]() {
      if (!(await turns.close())) return
      reader.close()
      writer.close()
    },
  }
}

function kysely(database: SqliteConnection): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database }) })
}

async function inTransaction<T>(connection: SqliteConnection, work: () => Promise<T>): Promise<T> {
  connection.exec('begin immediate')
  try {
    const result = await work()
    connection.exec('commit')
    return result
  } catch (cause) {
    // A full disk already rolled it back.
    if (connection.inTransaction) connection.exec('rollback')
    throw cause
  }
}

/** What the disk refuses, said for people; other errors come back as they are. */
function asNotWritable(cause: unknown, path: string): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'SQLITE_FULL') return new NotWritableError(path, 'full', cause)
  if (code.startsWith('SQLITE_READONLY')) return new NotWritableError(path, 'read-only', cause)
  return cause
}

type Turns = {
  run<T>(work: () => Promise<T>): Promise<T>
  /** Lets the running work end; false when it was closed before. */
  close(): Promise<boolean>
}

/** Work one after the other, in the order it came. */
function takeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  let closed = false
  return {
    run(work) {
      if (closed) return Promise.reject(new StoreClosedError())
      const result = last.then(work)
      last = result.catch(() => {})
      return result
    },
    async close() {
      if (closed) return false
      closed = true
      await last
      return true
    },
  }
}
