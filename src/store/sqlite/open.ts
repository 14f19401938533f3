import { Kysely, SqliteDialect, sql } from 'kysely'
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
 * @throws WrongKeyError, FutureDatabaseError
 */
export async function openSqliteStore(
  options: Pick<SqliteOptions, 'path' | 'key' | 'durability'>,
  now: number,
): Promise<Store> {
  const writer = openSqlite({ ...options, cacheKiB: WRITER_CACHE })
  const turns = takeTurns()
  const db = kysely(writer)
  const tx: Transaction = { db, bulk: sqliteBulk(writer), lock: async () => {} }
  const write = <T>(work: (tx: Transaction) => Promise<T>) =>
    turns.run(() => inTransaction(writer, () => work(tx)))
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
