/** Conversations as apps ask for them. */
import { sql } from 'kysely'
import { countUnread, peopleIn, viewMessages } from '#social/read/conversations.ts'
import type { Reading } from '#social/read/reading.ts'
import { newestFirst, within, type Stretch, type Window } from '#social/app/window.ts'
import type { ConversationView } from '#social/views.ts'

type Row = { readonly id: number; readonly cursor: number; readonly read_id: number }

/** Those that are not hidden, the one with the newest message first; or the one of that id. */
export async function listConversations(
  reading: Reading,
  window: Window,
  id?: number,
): Promise<Stretch<ConversationView>> {
  const one = id === undefined ? sql`` : sql`and c.id = ${id}`
  const { rows } = await sql<Row>`select c.id, c.last_id as cursor, c.read_id from conversation c
    where c.last_id > 0 and exists (select 1 from conversation_person p
      where p.conversation_id = c.id and p.identity_id in (${sql.join(reading.me)}))
    and not exists (select 1 from conversation_hidden h
      where h.conversation_id = c.id and h.until_id >= c.last_id)
    ${one} ${within('c.last_id', window)}`.execute(reading.store.read)
  const sorted = newestFirst(rows, window)
  const lasts = await viewMessages(
    reading,
    sorted.map(({ cursor }) => cursor),
  )
  const items: ConversationView[] = []
  for (const [i, row] of sorted.entries()) {
    const last = lasts[i]
    if (!last) continue
    const unread = await countUnread(reading, row.id, row.read_id)
    items.push({ id: String(row.id), people: await peopleIn(reading, row.id), last, unread })
  }
  const [first, end] = [sorted[0], sorted.at(-1)]
  return { items, ...(first && { newest: first.cursor }), ...(end && { oldest: end.cursor }) }
}

/** Everything in it is read. The caller knows that the person takes part in it. */
export async function markRead({ store }: Reading, id: number): Promise<void> {
  await store.write(({ db }) =>
    db
      .updateTable('conversation')
      .set((e) => ({ read_id: e.ref('last_id') }))
      .where('id', '=', id)
      .execute(),
  )
}

/** Hides it until something new comes. */
export async function hideConversation({ store }: Reading, id: number): Promise<void> {
  await store.write(async ({ db }) => {
    const row = await db
      .selectFrom('conversation')
      .select('last_id as until_id')
      .where('id', '=', id)
      .executeTakeFirst()
    if (!row) return
    await db
      .insertInto('conversation_hidden')
      .values({ conversation_id: id, ...row })
      .onConflict((c) => c.column('conversation_id').doUpdateSet(row))
      .execute()
  })
}
