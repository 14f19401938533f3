/**
 * The tables as Kysely sees them. Truths are 0 and 1, times are milliseconds since 1970 and every id is a safe integer.
 *
 * An owner is a local person (of `person`), an author or actor an identity. Only `identity` and `copy` hold a network's refs; everything else points at their rows. A `rank` orders deeds of one
 * actor about one thing, a `stamp` orders things by time (see stamp.ts).
 */
export type Schema = {
  migration: { number: number; name: string; applied_at: number }
  meta: { key: string; value: string }
  person: { id: number; created_at: number }
  identity: IdentityRow
  feed: FeedRow
  copy: CopyRow
  record: RecordRow
  post: PostRow
  /** Posts of local people. */
  own: { copy_id: number; owner_id: number; author_id: number }
  reads: { author_id: number; owner_id: number }
  home: { owner_id: number; post_id: number }
  tag: { tag: string; post_id: number }
  reaction: ReactionRow
  share: { copy_id: number; of_id: number; actor_id: number; stamp: number }
  tie: TieRow
  subscription: { identity_id: number; tag: string; active: number; rank: number }
  conversation: { id: number; people: string; last_id: number; read_id: number }
  conversation_person: { conversation_id: number; identity_id: number }
  message: MessageRow
  change: ChangeRow
  event: EventRow
  attendance: { copy_id: number; actor_id: number; active: number; rank: number }
  notification: NotificationRow
  outbox: OutboxRow
  delivery: DeliveryRow
  /** Which record came of a key of `Network.send`. */
  keyed: { network: string; key: string; copy_id: number }
  state_box: { network: string; key: string; value: Uint8Array }
  reserved: { copy_id: number; id: number }
  oauth_app: OauthAppRow
  oauth_code: OauthCodeRow
  oauth_token: OauthTokenRow
  /** How far somebody has read (`home`, `notifications`), or cleared (`cleared`). */
  marker: MarkerRow
  /** `id` grows with the time of bookmarking. */
  bookmark: { owner_id: number; copy_id: number; id: number }
  notification_gone: { owner_id: number; id: number }
  /** Hidden until a message newer than `until_id` comes. */
  conversation_hidden: { conversation_id: number; until_id: number }
  upload: UploadRow
  /** People whom somebody reads together; `replies`: which answers are shown, `followed`, `list` or `none`. */
  list: { id: number; owner_id: number; title: string; replies: string }
  list_person: { list_id: number; identity_id: number }
  /** `rules` is JSON of what it looks for and what then happens. */
  filter: { id: number; owner_id: number; title: string; rules: string; expires_at: number | null }
}

/** Secrets are kept as their SHA-256 in hexadecimal. */
export type OauthAppRow = {
  id: number
  client: string
  secret: string
  name: string
  website: string | null
  /** JSON list. */
  redirects: string
  /** Separated by spaces. */
  scopes: string
  created_at: number
}

export type OauthCodeRow = {
  hash: string
  app_id: number
  redirect: string
  scopes: string
  challenge: string | null
  expires_at: number
  /** The token that was given for it. */
  token_id: number | null
}

/** `personal` is 1 for a token of the person, 0 for one of the app alone. */
export type OauthTokenRow = {
  id: number
  hash: string
  app_id: number
  personal: number
  scopes: string
  created_at: number
  used_at: number
}

export type MarkerRow = {
  owner_id: number
  timeline: string
  last_id: number
  version: number
  updated_at: number
}

/** A file that an app sent, before or after it became part of a post. */
export type UploadRow = {
  id: number
  owner_id: number
  /** SHA-256 in hexadecimal. */
  hash: string
  type: string
  size: number
  name: string | null
  description: string | null
  /** Two numbers from -1 to 1, separated by a comma. */
  focus: string | null
  created_at: number
}

export type IdentityRow = {
  id: number
  network: string
  ref: string
  person_id: number | null
  local: number
  name: string | null
  name_rank: number
  about: string | null
  about_rank: number
  /** JSON of a Ref. */
  avatar: string | null
  avatar_rank: number
  moved_to: number | null
  moved_rank: number
}

/** How far the records of an identity are known; `sequence` stays 0 where records have no order. */
export type FeedRow = {
  identity_id: number
  network: string
  sequence: number
  head_id: number | null
  checked: number
  bytes: number
  records: number
}

/** The interning table for refs of records: a row may be there before what it names arrives. */
export type CopyRow = {
  id: number
  network: string
  ref: string
  /** 48 bits of the SHA-256 of the ref: a quarter of the index that the text would need. */
  hash: number
  /** The copy that stands for all copies of one post; null when this is it. */
  main_id: number | null
  /** 1: an edit or deletion came before the post itself. */
  pending: number
  /** Where its record, post or message is: numbers of arrival, so that big rows are only ever appended. */
  nr: number | null
}

export type RecordRow = {
  nr: number
  copy_id: number
  feed_id: number
  sequence: number | null
  bytes: Uint8Array
  arrived: number
}

export type PostRow = {
  nr: number
  /** Main copy. */
  copy_id: number
  id: number
  author_id: number
  root_id: number | null
  parent_id: number | null
  fork_id: number | null
  audience: string
  at: number
  /** Compact JSON of Content (see content.ts). */
  content: string
  deleted: number
}

export type MessageRow = {
  nr: number
  copy_id: number
  id: number
  conversation_id: number
  author_id: number
  root_id: number | null
  parent_id: number | null
  at: number
  content: string
  deleted: number
}

export type ReactionRow = {
  copy_id: number
  actor_id: number
  emoji: string
  active: number
  rank: number
  stamp: number
}

export type TieRow = {
  from_id: number
  kind: string
  to_id: number
  active: number
  rank: number
  stamp: number
}

export type ChangeRow = {
  copy_id: number
  actor_id: number
  kind: string
  rank: number
  content: string | null
}

export type EventRow = {
  copy_id: number
  title: string | null
  title_rank: number
  about: string | null
  about_rank: number
  place: string | null
  place_rank: number
  starts: number | null
  starts_rank: number
  image: string | null
  image_rank: number
}

/** Subject: the post or message that names or answers the owner, the post reacted to, or 0 for a follow. */
export type NotificationRow = {
  owner_id: number
  subject_id: number
  actor_id: number
  kind: string
  id: number
}

export type OutboxRow = {
  id: number
  key: string
  network: string
  kind: string
  /** JSON of a Draft in that network's refs. */
  deed: string
  created_at: number
  /** The record that came of it. */
  copy_id: number | null
  /** 1 when delivery rows stand for every target. */
  expanded: number
}

export type DeliveryRow = {
  outbox_id: number
  target: string
  state: string
  attempt: number
  due_at: number
  why: string | null
}
