import { BadCursorError } from '#social/errors.ts'
import type { Page, PageRequest } from '#social/views.ts'

const LIMIT = 20
const MAX_LIMIT = 40

/** A page request that was checked. */
export type Paging = {
  /** How many items, from 1. */
  readonly limit: number
  /** Items come after this number; the first page has none. */
  readonly after: number | undefined
}

/**
 * Checks a request: 20 items by default, at most 40.
 *
 * @throws BadCursorError
 */
export function paging(request: PageRequest | undefined): Paging {
  const asked = request?.limit ?? LIMIT
  const limit = Number.isFinite(asked) ? Math.min(MAX_LIMIT, Math.max(1, Math.floor(asked))) : LIMIT
  const text = request?.after
  if (text === undefined) return { limit, after: undefined }
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(Number(text))) throw new BadCursorError()
  return { limit, after: Number(text) }
}

/** Cuts one row more than asked for down to a page: that there is one more makes the cursor. */
export function cut<R>(
  rows: readonly R[],
  limit: number,
  cursor: (row: R) => number,
): { readonly rows: readonly R[]; readonly next: string | undefined } {
  if (rows.length <= limit) return { rows, next: undefined }
  const kept = rows.slice(0, limit)
  return { rows: kept, next: String(cursor(kept[limit - 1]!)) }
}

/** A page of views. */
export function page<T>(items: readonly T[], next: string | undefined): Page<T> {
  return next === undefined ? { items } : { items, next }
}
