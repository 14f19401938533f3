/** Streams over one WebSocket: `subscribe` and `unsubscribe` as JSON texts, happenings as JSON texts. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ClientContext } from '#api/mastodon/context.ts'
import { bearerOf, withToken } from '#api/oauth/tokens.ts'
import { covers } from '#api/oauth/scopes.ts'
import type { Hub } from '#api/streaming/hub.ts'
import { keyOf, mayHear, streamOf, type Stream } from '#api/streaming/streams.ts'
import { isObject } from '#base/json.ts'
import { acceptWebSocket, refuseUpgrade, type WebSocketConnection } from '#http/web-socket.ts'

/** Most streams of one connection. */
const MAX_STREAMS = 64
const MAX_CONNECTIONS = 256
const PING_MS = 30_000

/** Handles requests for an upgrade: the one address is /api/v1/streaming. */
export function streamSockets(context: ClientContext, hub: Hub) {
  const count = { open: 0 }
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    upgrade(context, hub, { request, socket, head, count }).catch((error: unknown) => {
      context.log.error('A stream could not be opened: {error}', { error })
      socket.destroy()
    })
  }
}

type Upgrade = {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly count: { open: number }
}

async function upgrade(context: ClientContext, hub: Hub, given: Upgrade): Promise<void> {
  const { request, socket, head, count } = given
  const url = URL.parse(request.url ?? '', `http://${request.headers.host ?? ''}`)
  if (!url || url.pathname.replace(/\/$/, '') !== '/api/v1/streaming') {
    return refuseUpgrade(socket, 404, 'There is no stream here.')
  }
  const protocol = request.headers['sec-websocket-protocol']?.split(',')[0]?.trim()
  const header = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const secret = url.searchParams.get('access_token') ?? header ?? protocol ?? ''
  const held = await bearerOf(context, withToken(secret))
  if (held?.token.personal !== 1) return refuseUpgrade(socket, 401, 'The access token is invalid')
  const scopes = held.token.scopes.split(' ')
  if (!covers(scopes, 'read:statuses') && !covers(scopes, 'read:notifications')) {
    return refuseUpgrade(socket, 403, 'This action is outside the authorized scopes')
  }
  if (count.open >= MAX_CONNECTIONS || context.signal.aborted) return void socket.destroy()
  const streams = new Map<string, readonly string[]>()
  const first = streamOf(
    url.searchParams.get('stream') ?? '',
    url.searchParams.get('tag') ?? undefined,
  )
  if (first) subscribe(streams, first)
  const connection = acceptWebSocket(request, socket, head, (text) => obey(streams, text), protocol)
  if (!connection) return
  count.open += 1
  try {
    await tell(context, hub, connection, url.origin, streams, scopes)
  } finally {
    count.open -= 1
    connection.close(1001)
  }
}

async function tell(
  context: ClientContext,
  hub: Hub,
  connection: WebSocketConnection,
  origin: string,
  streams: ReadonlyMap<string, readonly string[]>,
  scopes: readonly string[],
): Promise<void> {
  const beat = (): void => {
    connection.ping()
    timer = context.clock.after(PING_MS, beat)
  }
  let timer = context.clock.after(PING_MS, beat)
  try {
    for await (const happening of hub.listen(origin, connection.signal)) {
      if (!mayHear(scopes, happening)) continue
      const { event, payload } = happening
      const text = event === 'delete' ? String(payload) : JSON.stringify(payload)
      for (const key of happening.streams) {
        const stream = streams.get(key)
        if (stream && !connection.send(JSON.stringify({ stream, event, payload: text }))) return
      }
    }
  } finally {
    timer.cancel()
  }
}

function subscribe(streams: Map<string, readonly string[]>, stream: Stream): void {
  if (streams.size >= MAX_STREAMS) return
  streams.set(keyOf(stream), [stream.name, ...(stream.tag === undefined ? [] : [stream.tag])])
}

/** `{"type": "subscribe", "stream": "hashtag", "tag": "x"}`; anything else is not heard. */
function obey(streams: Map<string, readonly string[]>, text: string): void {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return
  }
  if (!isObject(value) || typeof value['stream'] !== 'string') return
  const tag = typeof value['tag'] === 'string' ? value['tag'] : undefined
  const stream = streamOf(value['stream'], tag)
  if (!stream) return
  if (value['type'] === 'subscribe') subscribe(streams, stream)
  if (value['type'] === 'unsubscribe') streams.delete(keyOf(stream))
}
