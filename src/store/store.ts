import type { Clock } from '#base/clock.ts'
import type { Kysely } from 'kysely'
import type { Bulk } from '#store/bulk.ts'
import { openPostgresStore } from '#store/postgres/open.ts'
import type { Schema } from '#store/schema.ts'
import { openSqliteStore } from '#store/sqlite/open.ts'

/** The database of one node, whatever engine carries it. */
export interface Store extends AsyncDisposable {
  readonly engine: 'sqlite' | 'postgres'
  /** Reads what is committed; never waits for an open write. */
  readonly read: Kysely<Schema>
  /** Reads for many keys at once; never writes. */
  readonly lookup: Pick<Bulk, 'all'>
  /**
   * Runs `work` in one transaction: everything it did is kept when it resolves, nothing when it throws.
   *
   * On SQLite one runs at a time; `work` must not call `write` itself.
   *
   * @throws StoreClosedError after disposal
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
}

/** What one transaction works with. */
export type Transaction = {
  readonly db: Kysely<Schema>
  readonly bulk: Bulk
  /** Waits until no other transaction of any process holds this name; held until the end. */
  lock(name: string): Promise<void>
}

export type StoreOptions = {
  readonly clock: Clock
  /**
   * `process`: what is committed outlives the process (kill -9). `power`: also a machine that loses power, at the cost
   * of one disk sync a transaction.
   */
  readonly durability?: 'process' | 'power'
} & (
  | {
      /** Where the database file is or will be. */
      readonly path: string
      /** 32 bytes that encrypt the whole file. */
      readonly key?: Uint8Array
    }
  | {
      /** `postgres://…` */
      readonly url: string
    }
)

/**
 * Opens the database and brings its schema up to date.
 *
 * @throws WrongKeyError, FutureDatabaseError, or the engine's error when the file or server cannot be reached
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const durability = options.durability ?? 'process'
  const now = options.clock.now()
  if ('url' in options) return await openPostgresStore({ url: options.url, durability }, now)
  return await openSqliteStore({ path: options.path, key: options.key, durability }, now)
}
