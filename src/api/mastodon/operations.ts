/** Every operation of the client API that is there; docs/client-api.md says what is not. */
import type { Operation } from '#api/mastodon/operation.ts'
import { accountOperations } from '#api/mastodon/operations/accounts.ts'
import { conversationOperations } from '#api/mastodon/operations/conversations.ts'
import { credentialOperations } from '#api/mastodon/operations/credentials.ts'
import { emptyOperations } from '#api/mastodon/operations/empty.ts'
import { filterOperations } from '#api/mastodon/operations/filters.ts'
import { instanceOperations } from '#api/mastodon/operations/instance.ts'
import { listOperations } from '#api/mastodon/operations/lists.ts'
import { markOperations } from '#api/mastodon/operations/marks.ts'
import { mediaOperations } from '#api/mastodon/operations/media.ts'
import { notificationOperations } from '#api/mastodon/operations/notifications.ts'
import { searchOperations } from '#api/mastodon/operations/search.ts'
import { statusOperations } from '#api/mastodon/operations/statuses.ts'
import { tieOperations } from '#api/mastodon/operations/ties.ts'
import { timelineOperations } from '#api/mastodon/operations/timelines.ts'

/** In the order in which paths are tried: those without `{…}` come before those with. */
export const operations: readonly Operation[] = [
  ...credentialOperations,
  ...instanceOperations,
  ...accountOperations,
  ...tieOperations,
  ...statusOperations,
  ...timelineOperations,
  ...listOperations,
  ...filterOperations,
  ...notificationOperations,
  ...conversationOperations,
  ...searchOperations,
  ...mediaOperations,
  ...markOperations,
  ...emptyOperations,
].toSorted((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')))
