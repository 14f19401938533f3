/** Timelines. Private messages are only in the one that is for them. */
import { operation, type Call } from '#api/mastodon/operation.ts'
import { paged, windowOf } from '#api/mastodon/paging.ts'
import type { PostList } from '#social/app/lists.ts'

const read = ['read:statuses']

export const timelineOperations = [
  operation('GET /api/v1/timelines/home', read, (call) => timeline(call, { of: 'home' })),
  operation('GET /api/v1/timelines/public', read, (call) =>
    timeline(call, { of: 'public', ...fromOf(call) }),
  ),
  operation('GET /api/v1/timelines/tag/{hashtag}', read, (call) =>
    timeline(call, { of: 'tag', tag: call.path['hashtag'] ?? '', ...fromOf(call) }),
  ),
  operation('GET /api/v1/favourites', ['read:favourites'], (call) =>
    timeline(call, { of: 'favourites' }),
  ),
  operation('GET /api/v1/bookmarks', ['read:bookmarks'], (call) =>
    timeline(call, { of: 'bookmarks' }),
  ),
  operation('GET /api/v1/timelines/direct', read, async (call) => {
    const { items, ...ends } = await call.context.social.app.messages(windowOf(call, 20, 40))
    return paged(call, await call.show.messages(items), ends)
  }),
  operation('GET /api/v1/timelines/link', read, async () => []),
]

async function timeline(call: Call, list: PostList): Promise<Response> {
  const onlyMedia = call.params.flag('only_media') ?? false
  const { items, ...ends } = await call.context.social.app.posts(list, windowOf(call, 20, 40), {
    onlyMedia,
  })
  return paged(call, await call.show.posts(items), ends)
}

function fromOf({ params }: Call): { readonly from?: 'local' | 'remote' } {
  if (params.flag('local')) return { from: 'local' }
  return params.flag('remote') ? { from: 'remote' } : {}
}
