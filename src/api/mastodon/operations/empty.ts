/** Operations whose answer is truly nothing here, because what they list cannot exist yet; docs/client-api.md has the reasons. */
import { operation, type Access, type Operation } from '#api/mastodon/operation.ts'

export const emptyOperations: readonly Operation[] = [
  empty('/api/v1/custom_emojis', 'anybody'),
  empty('/api/v1/announcements', 'token'),
  empty('/api/v1/filters', ['read:filters']),
  empty('/api/v1/follow_requests', ['read:follows']),
  empty('/api/v1/domain_blocks', ['read:blocks']),
  empty('/api/v1/endorsements', ['read:accounts']),
  empty('/api/v1/featured_tags', ['read:accounts']),
  empty('/api/v1/featured_tags/suggestions', ['read:accounts']),
  empty('/api/v1/scheduled_statuses', ['read:statuses']),
  empty('/api/v1/suggestions', ['read']),
  empty('/api/v2/suggestions', ['read']),
  empty('/api/v1/directory', ['read:accounts']),
  empty('/api/v1/trends/tags', 'anybody'),
  empty('/api/v1/trends/statuses', 'anybody'),
  empty('/api/v1/trends/links', 'anybody'),
]

function empty(path: `/${string}`, access: Access): Operation {
  return operation(`GET ${path}`, access, async () => [])
}
