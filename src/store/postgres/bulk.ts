import { CompiledQuery, type Kysely } from 'kysely'
import type { Bulk, BulkKind, BulkRow, BulkStatement } from '#store/bulk.ts'
import type { Schema } from '#store/schema.ts'

const TYPES: Readonly<Record<BulkKind, string>> = {
  int: 'bigint',
  text: 'text',
  bytes: 'bytea',
}

/** Bulk work as one statement a call, with an array a column. */
export function postgresBulk(db: Kysely<Schema>): Bulk {
  async function query<T>(statement: BulkStatement, rows: readonly BulkRow[]): Promise<T[]> {
    if (rows.length === 0) return []
    const names = Object.keys(statement.columns)
    const arrays = names.map((_, column) => rows.map((row) => row[column] ?? null))
    const sources = Object.values(statement.columns).map((kind, i) => `$${i + 1}::${TYPES[kind]}[]`)
    const source = `select * from unnest(${sources.join(',')})`
    const sql = `with v(${names.join(',')}) as (${source}) ${statement.sql}`
    const result = await db.executeQuery<T>(CompiledQuery.raw(sql, arrays))
    return result.rows
  }
  return {
    run: async (statement, rows) => void (await query(statement, rows)),
    all: query,
  }
}
