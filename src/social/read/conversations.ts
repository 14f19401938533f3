import { unpackContent } from '#store/content.ts'
import { NotFoundError } from '#social/errors.ts'
import { cut, page, paging } from '#social/read/paging.ts'
import { viewPeople } from '#social/read/people.ts'
import { hiddenPeople, type Reading } from '#social/read/reading.ts'
import type { ConversationView, MessageView, Page, PageRequest } from '#social/views.ts'

/** Conversations that the person takes part in, the one with the newest message first. */
export async function conversationsOf(
  reading: Reading,
  request?: PageRequest,
): Promise<Page<ConversationView>> {
  const asked = paging(request)
  const found = await reading.store.read
    .selectFrom('conversation as c')
    .select(['c.id', 'c.last_id', 'c.read_id'])
    .where('c.last_id', '>', 0)
    .where('c.last_id', '<', asked.after ?? Number.MAX_SAFE_INTEGER)
    .where((e) =>
      e.exists(
        e
          .selectFrom('conversation_person as p')
          .select('p.identity_id')
          .whereRef('p.conversation_id', '=', 'c.id')
          .where('p.identity_id', 'in', reading.me),
      ),
    )
    .orderBy('c.last_id', 'desc')
    .limit(asked.limit + 1)
    .execute()
  const { rows, next } = cut(found, asked.limit, ({ last_id }) => last_id)
  const lasts = await viewMessages(
    reading,
    rows.map(({ last_id }) => last_id),
  )
  const items: ConversationView[] = []
  for (const [i, { id, read_id }] of rows.entries()) {
    const last = lasts[i]
    if (!last) continue
    const people = await peopleIn(reading, id)
    items.push({ id: String(id), people, last, unread: await countUnread(reading, id, read_id) })
  }
  return page(items, next)
}

/** Everybody in a conversation, by id. */
export async function peopleIn(reading: Reading, conversation: number) {
  const rows = await reading.store.read
    .selectFrom('conversation_person')
    .select('identity_id')
    .where('conversation_id', '=', conversation)
    .orderBy('identity_id')
    .execute()
  const ids = rows.map(({ identity_id }) => identity_id)
  return [...(await viewPeople(reading, ids)).values()]
}

/** Most unread messages that are counted. */
const MAX_UNREAD = 100

/** Messages of others in a conversation after one of them, counted up to a limit. */
export async function countUnread(
  { store, me }: Reading,
  id: number,
  after: number,
): Promise<number> {
  const rows = await store.read
    .selectFrom('message')
    .select('id')
    .where('conversation_id', '=', id)
    .where('id', '>', after)
    .where('author_id', 'not in', me)
    .limit(MAX_UNREAD)
    .execute()
  return rows.length
}

/** Messages of a conversation, newest first. */
export async function messagesIn(
  reading: Reading,
  conversation: number,
  request?: PageRequest,
): Promise<Page<MessageView>> {
  const asked = paging(request)
  const { read } = reading.store
  const member = await read
    .selectFrom('conversation_person')
    .select('identity_id')
    .where('conversation_id', '=', conversation)
    .where('identity_id', 'in', reading.me)
    .executeTakeFirst()
  if (!member) throw new NotFoundError('conversation', String(conversation))
  const found = await read
    .selectFrom('message')
    .select('id')
    .where('conversation_id', '=', conversation)
    .where('deleted', '=', 0)
    .where('id', '<', asked.after ?? Number.MAX_SAFE_INTEGER)
    .where('author_id', 'not in', hiddenPeople(reading))
    .orderBy('id', 'desc')
    .limit(asked.limit + 1)
    .execute()
  const { rows, next } = cut(found, asked.limit, ({ id }) => id)
  const views = await viewMessages(
    reading,
    rows.map(({ id }) => id),
  )
  return page(
    views.filter((view) => view !== undefined),
    next,
  )
}

/** Views of these messages, in the order of the ids. */
export async function viewMessages(
  reading: Reading,
  ids: readonly number[],
): Promise<(MessageView | undefined)[]> {
  if (ids.length === 0) return []
  const found = await reading.store.read
    .selectFrom('message')
    .innerJoin('copy', 'copy.id', 'message.copy_id')
    .selectAll('message')
    .select(['copy.network', 'copy.ref'])
    .where('message.id', 'in', ids)
    .execute()
  const rows = new Map(found.map((row) => [row.id, row]))
  const people = await viewPeople(
    reading,
    found.map((row) => row.author_id),
  )
  return ids.map((id) => {
    const row = rows.get(id)
    const author = row && people.get(row.author_id)
    if (!author) return undefined
    return {
      id: String(id),
      ref: { network: row.network, id: row.ref },
      author,
      content: unpackContent(row.content),
      at: row.at,
      conversation: String(row.conversation_id),
    }
  })
}
