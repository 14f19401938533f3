/** Streams as server-sent events. */
import { operation, type Call, type Operation } from '#api/mastodon/operation.ts'
import type { Hub } from '#api/streaming/hub.ts'
import { keyOf, mayHear, streamOf, type Happening } from '#api/streaming/streams.ts'
import { eventStream, type ServerEvent } from '#http/event-stream.ts'
import { notFound } from '#http/http-error.ts'

const paths = {
  user: 'user',
  'user/notification': 'user:notification',
  public: 'public',
  'public/local': 'public:local',
  'public/remote': 'public:remote',
  hashtag: 'hashtag',
  'hashtag/local': 'hashtag:local',
  direct: 'direct',
} as const

/** The operations under /api/v1/streaming. */
export function streamOperations(hub: Hub): readonly Operation[] {
  return [
    operation('GET /api/v1/streaming/health', 'anybody', async () => new Response('OK')),
    ...Object.entries(paths).map(([path, name]) =>
      operation(
        `GET /api/v1/streaming/${path}`,
        name.startsWith('user') ? ['read:statuses', 'read:notifications'] : ['read:statuses'],
        async (call) => events(hub, call, name),
      ),
    ),
    operation('GET /api/v1/streaming/list', ['read:statuses'], async () => {
      throw notFound('Record not found')
    }),
  ]
}

function events(hub: Hub, call: Call, name: string): Response {
  const media = call.params.flag('only_media') && name.startsWith('public') ? ':media' : ''
  const stream = streamOf(name + media, call.params.text('tag'))
  if (!stream) throw notFound('This stream needs a tag.')
  const { clock, signal } = call.context
  const scopes = call.held?.token.scopes.split(' ') ?? []
  const open = (until: AbortSignal) => told(hub.listen(call.origin, until), keyOf(stream), scopes)
  return eventStream(open, { clock, signal })
}

async function* told(
  source: AsyncIterable<Happening>,
  key: string,
  scopes: readonly string[],
): AsyncGenerator<ServerEvent> {
  for await (const happening of source) {
    if (!happening.streams.includes(key) || !mayHear(scopes, happening)) continue
    yield { event: happening.event, data: happening.payload }
  }
}
