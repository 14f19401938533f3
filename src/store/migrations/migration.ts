import type { Kysely, RawBuilder } from 'kysely'

/** Column types that differ between the engines. */
export type ColumnTypes = {
  /** A safe integer. */
  readonly int: 'integer' | 'bigint'
  /** Text compared byte by byte. */
  readonly text: RawBuilder<unknown>
  readonly bytes: 'blob' | 'bytea'
  /** What ends a table whose rows live in its primary key. */
  readonly clustered: RawBuilder<unknown>
}

/** One step of the schema, for both engines; never edited once released. */
export type Migration = {
  readonly number: number
  readonly name: string
  readonly up: (db: Kysely<unknown>, types: ColumnTypes) => Promise<void>
}
