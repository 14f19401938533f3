import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { StoreClosedError } from '#store/errors.ts'
import { migrate } from '#store/migrations/migrate.ts'
import type { ColumnTypes } from '#store/migrations/migration.ts'
import { postgresBulk } from '#store/postgres/bulk.ts'
import type { Schema } from '#store/schema.ts'
import type { Store } from '#store/store.ts'

const TYPES: ColumnTypes = {
  int: 'bigint',
  text: sql`text collate "C"`,
  bytes: 'bytea',
  clustered: sql``,
}

/** PostgreSQL's numbers of the types int8 and numeric (what sum() of int8 answers): they come as text by default. */
const INT8 = 20
const NUMERIC = 1700

/** Names of advisory locks; the number is "metalife" as far as it fits. */
const LOCK_SPACE = 0x6d65_7461

/**
 * The engine of nodes that outgrow one process: any number of processes on one database.
 *
 * @throws FutureDatabaseError, or what the driver says when the server cannot be reached
 */
export async function openPostgresStore(
  options: { readonly url: string; readonly durability: 'process' | 'power' },
  now: number,
): Promise<Store> {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: 8,
    types: { getTypeParser: parser as typeof pg.types.getTypeParser },
  })
  // A connection that breaks while idle is replaced; what runs on a broken one is told by its own promise.
  pool.on('error', () => {})
  const read = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  let closed = false
  const write: Store['write'] = (work) => {
    if (closed) return Promise.reject(new StoreClosedError())
    return read.transaction().execute(async (db) => {
      // A killed process loses nothing either way; only a failing machine can lose the last moment.
      if (options.durability === 'process')
        await sql`set local synchronous_commit = off`.execute(db)
      const lock = async (name: string) => {
        await sql`select pg_advisory_xact_lock(${LOCK_SPACE}::int, hashtext(${name}))`.execute(db)
      }
      return await work({ db, bulk: postgresBulk(db), lock })
    })
  }
  try {
    await write(async ({ db, lock }) => {
      await lock('migrate')
      await migrate(db, TYPES, now)
    })
  } catch (cause) {
    await read.destroy()
    throw cause
  }
  return {
    engine: 'postgres',
    read,
    lookup: postgresBulk(read),
    write,
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      await read.destroy()
    },
  }
}

function parser(type: number, format?: 'text' | 'binary'): unknown {
  if (type === INT8 || type === NUMERIC) return Number
  return pg.types.getTypeParser(type, format as 'text')
}
