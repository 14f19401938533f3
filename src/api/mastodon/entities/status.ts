/** Status, of public posts and of private messages. */
import type { accountOf } from '#api/mastodon/entities/account.ts'
import type { ClientContext } from '#api/mastodon/context.ts'
import { mediaUrl } from '#api/mastodon/entities/account.ts'
import type { matcherOf } from '#api/mastodon/entities/filter.ts'
import { attachmentOf } from '#api/mastodon/entities/media.ts'
import { handleOf } from '#api/mastodon/handles.ts'
import { refIn, uriOf } from '#api/mastodon/native-names.ts'
import { statusHtml, tagAddress, type Links } from '#api/mastodon/status-html.ts'
import { escapeHtml } from '#api/local/render-text.ts'
import type { Content } from '#model/content.ts'
import { refKey, type Ref } from '#model/ref.ts'
import type { AddressedMessage } from '#social/app/posts.ts'
import type { PersonView, PostView } from '#social/views.ts'

type Account = ReturnType<typeof accountOf>

/** Everything that statuses of one answer refer to, loaded at once. */
export type Around = {
  readonly context: ClientContext
  readonly origin: string
  /** By local id. */
  readonly accounts: ReadonlyMap<string, Account>
  /** Everybody who is named, by `refKey`. */
  readonly named: ReadonlyMap<string, PersonView>
  /** Authors of posts that are answered. */
  readonly authors: ReadonlyMap<number, number>
  readonly bookmarked: ReadonlySet<number>
  /** Which filters of the person match. */
  readonly matches: ReturnType<typeof matcherOf>
}

const visibilities = { public: 'public', unlisted: 'unlisted', followers: 'private' } as const

/** A post. */
export async function postStatus(around: Around, post: PostView) {
  const parent = post.parent ?? null
  const author = parent === null ? undefined : around.authors.get(Number(parent))
  return {
    ...(await common(
      around,
      post,
      post.content.mentions.flatMap(({ ref }) => around.named.get(refKey(ref)) ?? []),
    )),
    in_reply_to_id: author === undefined ? null : parent,
    in_reply_to_account_id: author === undefined ? null : String(author),
    visibility: visibilities[post.audience],
    replies_count: post.replies,
    favourites_count: post.reactions.reduce((sum, { count }) => sum + count, 0),
    favourited: post.reactions.some(({ mine }) => mine),
    bookmarked: around.bookmarked.has(Number(post.id)),
    emoji_reactions: post.reactions.map(({ emoji, count, mine }) => ({
      name: emoji,
      count,
      me: mine,
    })),
  }
}

/** A private message: a status that only those named in it can see. */
export async function messageStatus(around: Around, { message, people }: AddressedMessage) {
  const others = people.filter(({ id }) => id !== message.author.id)
  return {
    ...(await common(around, message, others)),
    in_reply_to_id: null,
    in_reply_to_account_id: null,
    visibility: 'direct' as const,
    replies_count: 0,
    favourites_count: 0,
    favourited: false,
    bookmarked: false,
    emoji_reactions: [],
  }
}

type Written = {
  readonly id: string
  readonly ref: Ref
  readonly author: PersonView
  readonly content: Content
  readonly at: number
}

async function common(around: Around, written: Written, mentioned: readonly PersonView[]) {
  const { context, origin } = around
  const { id, ref, author, content, at } = written
  const uri = uriOf(context.networks, ref)
  return {
    id,
    uri,
    url: uri,
    created_at: new Date(at).toISOString(),
    edited_at: null,
    account: around.accounts.get(author.id),
    content: titleHtml(content) + statusHtml(content.text, linksOf(around, content)),
    sensitive: content.warning !== undefined,
    spoiler_text: content.warning ?? '',
    language: /^[a-z]{2,3}/i.exec(content.language ?? '')?.[0].toLowerCase() ?? null,
    media_attachments: await Promise.all(
      content.attachments.map((file, index) => attachmentOf({ context, origin }, id, index, file)),
    ),
    mentions: mentioned.map((person) => ({
      id: person.id,
      ...handleOf(person),
      url: uriOf(context.networks, person.ref),
    })),
    tags: content.tags.map((name) => ({ name, url: tagAddress(origin, name) })),
    emojis: [],
    reblogs_count: 0,
    reblogged: false,
    muted: false,
    pinned: false,
    reblog: null,
    poll: null,
    card: null,
    quote: null,
    quotes_count: 0,
    filtered: around.matches(id, content),
  }
}

function titleHtml({ title }: Content): string {
  return title === undefined ? '' : `<p><strong>${escapeHtml(title)}</strong></p>`
}

function linksOf(around: Around, content: Content): Links {
  const { context, origin } = around
  const { networks } = context
  return {
    origin,
    native(name) {
      const blob = refIn(networks, name, 'blob')
      if (blob) {
        if (content.attachments.some(({ ref }) => refKey(ref) === refKey(blob))) return null
        const url = mediaUrl({ context, origin }, blob)
        return url === undefined ? undefined : { url }
      }
      const person = refIn(networks, name, 'person')
      if (person) {
        const known = around.named.get(refKey(person))
        return { url: uriOf(networks, person), person: known?.id ?? '' }
      }
      const post = refIn(networks, name, 'post')
      return post && { url: uriOf(networks, post) }
    },
  }
}
