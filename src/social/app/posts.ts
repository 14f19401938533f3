/** Single posts and messages as apps name them. */
import { sql } from 'kysely'
import { peopleIn, viewMessages } from '#social/read/conversations.ts'
import { viewPosts } from '#social/read/posts.ts'
import type { Reading } from '#social/read/reading.ts'
import { within, type Stretch, type Window } from '#social/app/window.ts'
import type { MessageView, PersonView, PostView } from '#social/views.ts'

/** A private message with everybody who can read it. */
export type AddressedMessage = {
  readonly message: MessageView
  readonly people: readonly PersonView[]
}

/** Posts that are here and not deleted, in the order of the ids. */
export async function postsById(reading: Reading, ids: readonly number[]): Promise<PostView[]> {
  if (ids.length === 0) return []
  const kept = await reading.store.read
    .selectFrom('post')
    .select('id')
    .where('id', 'in', ids)
    .where('deleted', '=', 0)
    .execute()
  const here = new Set(kept.map(({ id }) => id))
  return await viewPosts(
    reading,
    ids.filter((id) => here.has(id)),
  )
}

/** Messages of conversations that the person takes part in, in the order of the ids. */
export async function messagesById(
  reading: Reading,
  ids: readonly number[],
): Promise<AddressedMessage[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<{ id: number }>`select m.id from message m
    where m.id in (${sql.join(ids)}) and m.deleted = 0 and exists (select 1 from conversation_person p
      where p.conversation_id = m.conversation_id and p.identity_id in (${sql.join(reading.me)}))`.execute(
    reading.store.read,
  )
  const here = new Set(rows.map(({ id }) => id))
  const views = await viewMessages(
    reading,
    ids.filter((id) => here.has(id)),
  )
  const people = new Map<string, readonly PersonView[]>()
  const addressed: AddressedMessage[] = []
  for (const message of views) {
    if (!message) continue
    const { conversation } = message
    let readers = people.get(conversation)
    if (!readers)
      people.set(conversation, (readers = await peopleIn(reading, Number(conversation))))
    addressed.push({ message, people: readers })
  }
  return addressed
}

/** Messages of the person's conversations, or of one. */
export async function listMessages(
  reading: Reading,
  window: Window,
  conversation?: number,
): Promise<Stretch<AddressedMessage>> {
  const one = conversation === undefined ? sql`` : sql`and m.conversation_id = ${conversation}`
  const { rows } = await sql<{ id: number }>`select m.id from message m
    where m.deleted = 0 ${one} and m.conversation_id in (select conversation_id from conversation_person
      where identity_id in (${sql.join(reading.me)}))
    and m.author_id not in (select to_id from tie where from_id in (${sql.join(reading.me)})
      and kind in ('block', 'mute') and active = 1) ${within('m.id', window)}`.execute(
    reading.store.read,
  )
  const ids = rows.map(({ id }) => id).sort((a, b) => b - a)
  const items = await messagesById(reading, ids)
  const [newest, oldest] = [ids[0], ids.at(-1)]
  return { items, ...(newest !== undefined && { newest }), ...(oldest !== undefined && { oldest }) }
}

/** Who wrote these posts, by post. */
export async function authorsOf(
  reading: Reading,
  posts: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (posts.length === 0) return new Map()
  const rows = await reading.store.read
    .selectFrom('post')
    .select(['id', 'author_id'])
    .where('id', 'in', posts)
    .execute()
  return new Map(rows.map(({ id, author_id }) => [id, author_id]))
}

/** Who reacted to a post, the newest first. */
export async function reactedBy(
  reading: Reading,
  post: number,
  window: Window,
): Promise<Stretch<number>> {
  const { rows } = await sql<{
    id: number
    cursor: number
  }>`select r.actor_id as id, r.stamp as cursor
    from post p join reaction r on r.copy_id = p.copy_id
    where p.id = ${post} and r.active = 1 ${within('r.stamp', window)}`.execute(reading.store.read)
  const sorted = rows.toSorted((a, b) => b.cursor - a.cursor)
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (!first || !last) return { items: [] }
  return { items: sorted.map(({ id }) => id), newest: first.cursor, oldest: last.cursor }
}
