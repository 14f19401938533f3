/**
 * The fast way into and out of the database for many rows at once: one SQL text for both engines.
 *
 * A statement reads its rows from a relation named `v`, which the engine makes of the given values: SQLite as a list of
 * bound values in cached prepared statements, PostgreSQL as one array a column.
 */
export type BulkKind = 'int' | 'text' | 'bytes'

/** A value as both engines take it. Booleans are 0 and 1. */
export type BulkValue = number | string | Uint8Array | null

/** Values of one row, in the order of the statement's columns. */
export type BulkRow = readonly BulkValue[]

/** A statement over a relation `v` with these columns. */
export type BulkStatement = {
  readonly columns: Readonly<Record<string, BulkKind>>
  /** What follows `with v(…) as (…)`; may refer to `v` only once where rows are written. */
  readonly sql: string
}

/** Runs statements inside one transaction. Rows of one call must not conflict with each other where they update. */
export interface Bulk {
  run(statement: BulkStatement, rows: readonly BulkRow[]): Promise<void>
  /** Rows that the statement answers; blobs come as Uint8Array, numbers as number. */
  all<T>(statement: BulkStatement, rows: readonly BulkRow[]): Promise<T[]>
}

/** Declares a statement. */
export function bulkStatement(
  columns: Readonly<Record<string, BulkKind>>,
  sql: string,
): BulkStatement {
  return { columns, sql }
}
