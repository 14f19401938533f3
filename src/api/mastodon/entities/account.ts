/** Account, CredentialAccount and Relationship. */
import type { ClientContext } from '#api/mastodon/context.ts'
import { handleOf } from '#api/mastodon/handles.ts'
import { mediaAddress } from '#api/mastodon/media-address.ts'
import { uriOf } from '#api/mastodon/native-names.ts'
import { statusHtml } from '#api/mastodon/status-html.ts'
import type { Ref } from '#model/ref.ts'
import type { PersonNumbers, Standing } from '#social/app/people.ts'
import type { PersonView } from '#social/views.ts'

type Place = { readonly context: ClientContext; readonly origin: string }

/** A person as apps see them. */
export function accountOf(
  { context, origin }: Place,
  person: PersonView,
  numbers: PersonNumbers | undefined,
) {
  const { networks } = context
  const { username, acct } = handleOf(person)
  const uri = uriOf(networks, person.ref)
  const avatar = pictureOf({ context, origin }, person.avatar)
  const header = `${origin}/media/none.svg`
  return {
    id: person.id,
    username,
    acct,
    display_name: person.name ?? shortened(person.handle),
    locked: false,
    bot: false,
    group: false,
    discoverable: null,
    indexable: false,
    created_at: new Date(numbers?.firstPost ?? 0).toISOString(),
    note: statusHtml(
      { format: 'markdown', body: person.about ?? '' },
      { origin, native: () => undefined },
    ),
    url: uri,
    uri,
    avatar,
    avatar_static: avatar,
    header,
    header_static: header,
    followers_count: numbers?.followers ?? 0,
    following_count: numbers?.following ?? 0,
    statuses_count: numbers?.posts ?? 0,
    last_status_at:
      numbers?.lastPost === undefined
        ? null
        : new Date(numbers.lastPost).toISOString().slice(0, 10),
    hide_collections: false,
    emojis: [],
    fields: [],
  }
}

/** The person of this node, with what only they see. */
export function credentialsOf(account: ReturnType<typeof accountOf>, person: PersonView) {
  return {
    ...account,
    source: {
      privacy: 'public',
      sensitive: false,
      language: null,
      note: person.about ?? '',
      fields: [],
      follow_requests_count: 0,
      indexable: false,
      discoverable: null,
      hide_collections: false,
      attribution_domains: [],
    },
    role: { id: '-99', name: '', color: '', permissions: '0', highlighted: false },
  }
}

const stranger: Standing = {
  following: false,
  followedBy: false,
  blocking: false,
  blockedBy: false,
  muting: false,
}

/** How the person and somebody else stand to each other. */
export function relationshipOf(id: number, standing: Standing = stranger) {
  return {
    id: String(id),
    following: standing.following,
    followed_by: standing.followedBy,
    blocking: standing.blocking,
    blocked_by: standing.blockedBy,
    muting: standing.muting,
    muting_notifications: standing.muting,
    muting_expires_at: null,
    showing_reblogs: standing.following,
    notifying: false,
    languages: null,
    requested: false,
    requested_by: false,
    domain_blocking: false,
    endorsed: false,
    note: '',
  }
}

/** Where a picture is served; a plain one stands for what nobody chose. */
export function pictureOf({ context, origin }: Place, ref: Ref | undefined): string {
  return (ref && mediaUrl({ context, origin }, ref)) ?? `${origin}/media/none.svg`
}

/** Where the file of that name is served. */
export function mediaUrl({ context, origin }: Place, ref: Ref): string | undefined {
  if (/^https?:\/\//.test(ref.id)) return ref.id
  const network = context.networks.find(({ name }) => name === ref.network)
  const hash = network?.blobHash?.(ref.id)
  return hash && mediaAddress(context.mediaKey, origin, hash.toHex())
}

function shortened(handle: string): string {
  return handle.length > 16 ? `${handle.slice(0, 12)}…` : handle
}
