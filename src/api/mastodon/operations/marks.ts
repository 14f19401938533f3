/** What the person marks: read positions, hashtags that they read. */
import { operation, type Call } from '#api/mastodon/operation.ts'
import { numberOf } from '#api/mastodon/paging.ts'
import { invalid } from '#api/mastodon/parameters.ts'
import type { MarkerView } from '#social/app/marks.ts'

const timelines = ['home', 'notifications'] as const

export const markOperations = [
  operation('GET /api/v1/markers', ['read:statuses'], async (call) => {
    const asked = call.params.texts('timeline') ?? []
    return await markersOf(
      call,
      timelines.filter((name) => asked.includes(name)),
    )
  }),
  operation('POST /api/v1/markers', ['write:statuses'], async (call) => {
    const set: MarkerView['timeline'][] = []
    for (const timeline of timelines) {
      const text = call.params.inside(timeline)?.text('last_read_id')
      if (text === undefined) continue
      const id = numberOf(text)
      if (id === undefined) throw invalid('“last_read_id” is no id.')
      await call.context.social.app.setMarker(timeline, id)
      set.push(timeline)
    }
    return await markersOf(call, set)
  }),
  operation('GET /api/v1/followed_tags', ['read:follows'], async ({ context, show }) =>
    show.tags(await context.social.app.followedTags()),
  ),
  operation(
    'GET /api/v1/tags/{name}',
    'token',
    async ({ path, show }) => (await show.tags([tagOf(path)]))[0],
  ),
  subscription('follow', true),
  subscription('unfollow', false),
]

async function markersOf({ context }: Call, asked: readonly MarkerView['timeline'][]) {
  const markers = await context.social.app.markers(asked)
  return Object.fromEntries(
    markers.map(({ timeline, lastId, version, at }) => [
      timeline,
      { last_read_id: lastId, version, updated_at: new Date(at).toISOString() },
    ]),
  )
}

function subscription(name: string, on: boolean) {
  return operation(`POST /api/v1/tags/{name}/${name}`, ['write:follows'], async (call) => {
    const tag = tagOf(call.path)
    await call.context.social.subscribe(tag, on)
    return (await call.show.tags([tag]))[0]
  })
}

function tagOf(path: Call['path']): string {
  const tag = (path['name'] ?? '').replace(/^#/, '').toLowerCase()
  if (!/^[\p{L}\p{N}_-]{1,100}$/u.test(tag))
    throw invalid('This is no hashtag: use letters, digits, - and _.')
  return tag
}
