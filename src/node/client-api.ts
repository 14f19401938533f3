/** The client API over a running node: what its apps stand on. */
import { createHmac } from 'node:crypto'
import type { Hono } from 'hono'
import { mountClient } from '#api/mastodon/app.ts'
import { openHub } from '#api/streaming/hub.ts'
import { streamSockets } from '#api/streaming/sockets.ts'
import type { Logger } from '#base/log.ts'
import type { Sessions } from '#http/sessions.ts'
import type { Core } from '#node/core.ts'

/** `mount` puts it on an app, `upgrade` takes requests for a WebSocket; both end with the core's signal. */
export function clientApi(
  core: Pick<Core, 'client' | 'sessionKey'>,
  sessions: Sessions,
  log: Logger,
) {
  const mediaKey = createHmac('sha256', core.sessionKey).update('client media').digest()
  const context = { ...core.client, sessions, log, mediaKey }
  const hub = openHub(context)
  return {
    mount: (app: Hono): void => mountClient(app, context, hub),
    upgrade: streamSockets(context, hub),
  }
}
