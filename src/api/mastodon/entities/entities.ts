/** Entities of the Mastodon API, many of a kind at once: what they refer to is loaded together. */
import type { ClientContext } from '#api/mastodon/context.ts'
import { accountOf, relationshipOf } from '#api/mastodon/entities/account.ts'
import { matcherOf } from '#api/mastodon/entities/filter.ts'
import { messageStatus, postStatus, type Around } from '#api/mastodon/entities/status.ts'
import { tagAddress } from '#api/mastodon/status-html.ts'
import type { NotificationKind, NotificationView } from '#social/app/notifications.ts'
import type { AddressedMessage } from '#social/app/posts.ts'
import type { ConversationView, PersonView, PostView } from '#social/views.ts'

type Account = ReturnType<typeof accountOf>
type Status = Awaited<ReturnType<typeof postStatus>> | Awaited<ReturnType<typeof messageStatus>>

/** The type that apps know a notification by. */
export const notificationTypes: Readonly<Record<NotificationKind, string>> = {
  mention: 'mention',
  reply: 'mention',
  message: 'mention',
  reaction: 'favourite',
  follow: 'follow',
}

/** Makes entities for one request; every list keeps its order. */
export function entitiesFor(context: ClientContext, origin: string) {
  const single = singleEntities(context, origin)
  return { ...single, ...compoundEntities(context, single), ...tagEntities(context, origin) }
}

function singleEntities(context: ClientContext, origin: string) {
  const { app } = context.social
  const place = { context, origin }
  const accounts = async (people: readonly PersonView[], fresh = false): Promise<Account[]> => {
    const numbers = await app.numbers(
      people.map(({ id }) => Number(id)),
      fresh,
    )
    return people.map((person) => accountOf(place, person, numbers.get(Number(person.id))))
  }
  const posts = async (views: readonly PostView[]): Promise<Status[]> => {
    const around = await load(place, accounts, views, [])
    return await Promise.all(views.map((view) => postStatus(around, view)))
  }
  const messages = async (views: readonly AddressedMessage[]): Promise<Status[]> => {
    const around = await load(place, accounts, [], views)
    return await Promise.all(views.map((view) => messageStatus(around, view)))
  }
  return {
    accounts,
    posts,
    messages,
    /** Posts and messages of these ids that are here, by id. */
    async statusesById(ids: readonly string[]): Promise<ReadonlyMap<string, Status>> {
      const numbers = [...new Set(ids)].map(Number)
      const found = [
        ...(await posts(await app.postsById(numbers))),
        ...(await messages(await app.messagesById(numbers))),
      ]
      return new Map(found.map((status) => [status.id, status]))
    },
    async relationships(ids: readonly number[]) {
      const standings = await app.standings(ids)
      return ids.map((id) => relationshipOf(id, standings.get(id)))
    },
  }
}

function compoundEntities(
  context: ClientContext,
  { accounts, messages, statusesById }: ReturnType<typeof singleEntities>,
) {
  return {
    async notifications(views: readonly NotificationView[]) {
      const people = await accounts(views.map(({ person }) => person))
      const statuses = await statusesById(views.flatMap((view) => view.post ?? view.message ?? []))
      return views.map((view, i) => ({
        id: view.id,
        type: notificationTypes[view.kind],
        group_key: `ungrouped-${view.id}`,
        created_at: new Date(view.at).toISOString(),
        account: people[i]!,
        status: statuses.get(view.post ?? view.message ?? '') ?? null,
      }))
    },
    async conversations(views: readonly ConversationView[]) {
      const me = await context.social.me()
      const lasts = await messages(views.map(({ last, people }) => ({ message: last, people })))
      return await Promise.all(
        views.map(async (view, i) => {
          const others = view.people.filter(({ id }) => id !== me.id)
          return {
            id: view.id,
            unread: view.unread > 0,
            accounts: await accounts(others.length > 0 ? others : view.people),
            last_status: lasts[i] ?? null,
          }
        }),
      )
    },
  }
}

function tagEntities({ social }: ClientContext, origin: string) {
  return {
    async tags(names: readonly string[]) {
      const followed = new Set(await social.app.followedTags(names))
      return names.map((name) => ({
        id: name,
        name,
        url: tagAddress(origin, name),
        history: [],
        following: followed.has(name),
        featuring: false,
      }))
    },
  }
}

/** What makes entities. */
export type Entities = ReturnType<typeof entitiesFor>

async function load(
  { context, origin }: Pick<Around, 'context' | 'origin'>,
  accounts: (people: readonly PersonView[]) => Promise<Account[]>,
  posts: readonly PostView[],
  messages: readonly AddressedMessage[],
): Promise<Around> {
  const { app } = context.social
  const written = [...posts, ...messages.map(({ message }) => message)]
  const authors = new Map(written.map(({ author }) => [author.id, author]))
  const shown = await accounts([...authors.values()])
  const refs = written.flatMap(({ content }) => content.mentions.map(({ ref }) => ref))
  const parents = posts.flatMap(({ parent }) => (parent === undefined ? [] : [Number(parent)]))
  return {
    context,
    origin,
    accounts: new Map(shown.map((account) => [account.id, account])),
    named: refs.length > 0 ? await app.peopleByRef(refs) : new Map(),
    authors: await app.authorsOf(parents),
    bookmarked: await app.bookmarked(posts.map(({ id }) => Number(id))),
    matches: matcherOf(await app.filters(), context.clock.now()),
  }
}
