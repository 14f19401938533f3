/** Paging as Mastodon does it: windows in the query, the next ones in a Link header (RFC 8288). */
import type { Call } from '#api/mastodon/operation.ts'
import type { Stretch, Window } from '#social/app/window.ts'

/** The window that a request asks for; what is no number is as if it was not sent. */
export function windowOf({ params }: Call, usual: number, most: number): Window {
  const id = (name: string): number | undefined => numberOf(params.text(name))
  const [maxId, sinceId, minId] = [id('max_id'), id('since_id'), id('min_id')]
  return {
    limit: params.integer('limit', 1, most) ?? usual,
    ...(maxId !== undefined && { maxId }),
    ...(sinceId !== undefined && { sinceId }),
    ...(minId !== undefined && { minId }),
  }
}

/** A local id; undefined for any other text. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined
  const id = Number(text)
  return Number.isSafeInteger(id) ? id : undefined
}

/** The JSON answer with links to what is older and newer. */
export function paged(
  call: Call,
  items: readonly unknown[],
  { newest, oldest }: Omit<Stretch<unknown>, 'items'>,
): Response {
  const headers = new Headers({ 'cache-control': 'no-store' })
  const link = (name: string, id: number): string => {
    const url = new URL(call.request.url)
    const to = new URL(url.pathname + url.search, call.origin)
    for (const cursor of ['max_id', 'since_id', 'min_id']) to.searchParams.delete(cursor)
    to.searchParams.set(name, String(id))
    return `<${to.href}>`
  }
  if (newest !== undefined && oldest !== undefined) {
    headers.set(
      'link',
      `${link('max_id', oldest)}; rel="next", ${link('min_id', newest)}; rel="prev"`,
    )
  }
  return Response.json(items, { headers })
}
