import type { Bulk, BulkRow, BulkStatement, BulkValue } from '#store/bulk.ts'
import type { SqliteConnection } from '#store/sqlite/connection.ts'

/** Rows bound by one call; a batch is cut into these, biggest first, so that few statements stay prepared. */
const CUTS = [64, 16, 4, 1] as const

/** Bulk work on one connection, synchronously, with cached statements. */
export function sqliteBulk(connection: SqliteConnection): Bulk {
  const texts = new Map<BulkStatement, Map<number, string>>()

  function text(statement: BulkStatement, size: number): string {
    let sizes = texts.get(statement)
    if (!sizes) texts.set(statement, (sizes = new Map()))
    let sql = sizes.get(size)
    if (!sql) sizes.set(size, (sql = compose(statement, size)))
    return sql
  }

  function each(
    statement: BulkStatement,
    rows: readonly BulkRow[],
    take: (sql: string, values: readonly BulkValue[]) => void,
  ): void {
    let at = 0
    for (const cut of CUTS) {
      while (rows.length - at >= cut) {
        const values = cut === 1 ? [...rows[at]!] : rows.slice(at, at + cut).flat()
        take(text(statement, cut), values)
        at += cut
      }
    }
  }

  return {
    async run(statement, rows) {
      each(statement, rows, (sql, values) => connection.prepare(sql).runPlain(values))
    },
    async all<T>(statement: BulkStatement, rows: readonly BulkRow[]) {
      const found: T[] = []
      each(statement, rows, (sql, values) => {
        for (const row of connection.prepare(sql).allPlain(values)) found.push(row as T)
      })
      return found
    },
  }
}

function compose(statement: BulkStatement, size: number): string {
  const names = Object.keys(statement.columns)
  const one = `(${names.map(() => '?').join(',')})`
  const values = Array.from({ length: size }, () => one).join(',')
  return `with v(${names.join(',')}) as (values ${values}) ${statement.sql}`
}
