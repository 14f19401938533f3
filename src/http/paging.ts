/** Paging: every list takes `limit` and `after`, and answers `items` and, where there is more, `next`. */
import { integer, list, object, optional, text, type Shape } from '#http/shape.ts'

/** Most items on one page. */
export const maxPage = 100

/** The query of a list; spread into a route's `query`. */
export const pageQuery = {
  limit: optional(integer({ min: 1, max: maxPage, help: 'Items on a page; 20 when left out' })),
  after: optional(text({ min: 1, max: 256, help: 'the `next` of the page before' })),
} as const

/** The shape of a page of `item`. */
export function pageOf<T>(item: Shape<T>) {
  return object({ items: list(item), next: optional(text()) })
}
