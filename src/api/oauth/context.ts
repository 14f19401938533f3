/** What OAuth stands on. */
import type { Clock } from '#base/clock.ts'
import type { OauthStore } from '#api/oauth/ports.ts'
import type { Sessions } from '#http/sessions.ts'
import type { PersonView } from '#social/views.ts'

export type OauthContext = {
  readonly oauth: OauthStore
  readonly sessions: Sessions
  readonly clock: Clock
  readonly me: () => Promise<PersonView>
}
