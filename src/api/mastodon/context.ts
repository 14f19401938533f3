/** What the client API stands on; the composition root gives it. */
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/log.ts'
import type { ClientBlobs, ClientNetwork } from '#api/mastodon/ports.ts'
import type { OauthStore } from '#api/oauth/ports.ts'
import type { Sessions } from '#http/sessions.ts'
import type { AppSocial } from '#social/app/app-social.ts'
import type { Social } from '#social/social.ts'

/** The parts of a node that apps reach. */
export type ClientContext = {
  readonly version: string
  readonly clock: Clock
  readonly log: Logger
  /** Ends with the node. */
  readonly signal: AbortSignal
  readonly social: Social & { readonly app: AppSocial }
  readonly networks: readonly ClientNetwork[]
  readonly blobs: ClientBlobs
  readonly oauth: OauthStore
  readonly sessions: Sessions
  /** 32 bytes that sign the addresses of media. */
  readonly mediaKey: Uint8Array
}
