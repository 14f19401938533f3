/** What the client API stands on, over a store with a sample person, without a server. */
import type { ClientContext } from '#api/mastodon/context.ts'
import type { Clock } from '#base/clock.ts'
import { logger } from '#base/log.ts'
import { openSessions } from '#http/sessions.ts'
import type { DataNode } from '#rig/data-node.ts'
import { oauthTables } from '#store/tables/oauth.ts'

/** Media are not part of it: none is here, none is taken. */
export function clientContext(node: DataNode, clock: Clock): ClientContext {
  const key = Buffer.alloc(32, 7)
  return {
    version: '0',
    clock,
    log: logger('test'),
    signal: new AbortController().signal,
    social: node.social,
    networks: node.networks,
    blobs: {
      size: async () => undefined,
      open: async () => undefined,
      put: () => Promise.reject(new Error('no blobs')),
    },
    oauth: oauthTables(node.core.store),
    sessions: openSessions({ token: 't', key, scope: 's', clock }),
    mediaKey: key,
  }
}
