import { sql, type Kysely } from 'kysely'
import { FutureDatabaseError } from '#store/errors.ts'
import type { ColumnTypes, Migration } from '#store/migrations/migration.ts'
import { first } from '#store/migrations/0001-first.ts'
import { clientApi } from '#store/migrations/0002-client-api.ts'
import type { Schema } from '#store/schema.ts'

/** Every migration, in order. */
const MIGRATIONS: readonly Migration[] = [first, clientApi]

/**
 * Brings the schema up to date; the caller holds a transaction that nobody else shares.
 *
 * @throws FutureDatabaseError when a newer program wrote the database
 */
export async function migrate(db: Kysely<Schema>, types: ColumnTypes, now: number): Promise<void> {
  await db.schema
    .createTable('migration')
    .ifNotExists()
    .addColumn('number', types.int, (c) => c.primaryKey())
    .addColumn('name', types.text, (c) => c.notNull())
    .addColumn('applied_at', types.int, (c) => c.notNull())
    .execute()
  const { found } = await db
    .selectFrom('migration')
    .select((e) => sql<number>`coalesce(${e.fn.max('number')}, 0)`.as('found'))
    .executeTakeFirstOrThrow()
  if (found > MIGRATIONS.length) throw new FutureDatabaseError(found, MIGRATIONS.length)
  for (const { number, name, up } of MIGRATIONS.slice(found)) {
    await up(db as Kysely<unknown>, types)
    await db.insertInto('migration').values({ number, name, applied_at: now }).execute()
  }
}
