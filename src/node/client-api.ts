/** The client API over a running node: what its apps stand on. */
import { createHmac } from 'node:crypto'
import { mountClient } from '#api/mastodon/app.ts'
import type { Logger } from '#base/log.ts'
import type { Sessions } from '#http/sessions.ts'
import type { Core } from '#node/core.ts'
import type { Hono } from 'hono'

/** What `mountClient` needs beside the core, put on an app. */
export function clientApi(
  core: Pick<Core, 'client' | 'sessionKey'>,
  sessions: Sessions,
  log: Logger,
) {
  const mediaKey = createHmac('sha256', core.sessionKey).update('client media').digest()
  return (app: Hono): void => mountClient(app, { ...core.client, sessions, log, mediaKey })
}
