import { sql, type RawBuilder } from 'kysely'

/** A stretch of a list, newest first: below `maxId`, above `sinceId`, or the nearest above `minId`. */
export type Window = {
  readonly limit: number
  readonly maxId?: number
  readonly sinceId?: number
  readonly minId?: number
}

/** What a window showed, with the numbers of its ends for the next one. */
export type Stretch<T> = {
  readonly items: readonly T[]
  readonly newest?: number
  readonly oldest?: number
}

/** The end of a query whose last condition was given: bounds, order and limit over one column. */
export function within(column: string, window: Window): RawBuilder<unknown> {
  const { limit, maxId, sinceId, minId } = window
  const by = sql.raw(column)
  const below = maxId === undefined ? sql`` : sql`and ${by} < ${maxId}`
  const floor = minId ?? sinceId
  const above = floor === undefined ? sql`` : sql`and ${by} > ${floor}`
  const order = minId === undefined ? sql`desc` : sql`asc`
  return sql`${below} ${above} order by ${by} ${order} limit ${limit}`
}

/** Rows of such a query, newest first, and what they became. */
export function stretch<R extends { readonly cursor: number }, T>(
  rows: readonly R[],
  window: Window,
  items: (rows: readonly R[]) => readonly T[],
): Stretch<T> {
  const sorted = newestFirst(rows, window)
  const first = sorted[0]
  const last = sorted.at(-1)
  if (!first || !last) return { items: [] }
  return { items: items(sorted), newest: first.cursor, oldest: last.cursor }
}

/** Rows of a window in the order in which they are shown. */
export function newestFirst<R>(rows: readonly R[], window: Window): readonly R[] {
  return window.minId === undefined ? rows : rows.toReversed()
}
