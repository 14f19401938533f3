/** Streams as server-sent events. */
import { operation, type Call, type Operation } from '#api/mastodon/operation.ts'
import type { Hub } from '#api/streaming/hub.ts'
import { keyOf, streamOf } from '#api/streaming/streams.ts'
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
  return eventStream((until) => told(hub, call.origin, keyOf(stream), until), { clock, signal })
}

function told(hub: Hub, origin: string, key: string, signal: AbortSignal): AsyncIterable<ServerEvent> {
  const source = hub.listen(origin, signal)
  return {
    async *[Symbol.asyncIterator]() {
      for await (const { streams, event, payload } of source) {
        if (streams.includes(key)) yield { event, data: payload }
      }
    },
  }
}
