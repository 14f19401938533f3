/** What happened to the person: who named, answered, liked or follows them. */
import { sql, type RawBuilder } from 'kysely'
import { timeOf } from '#store/stamp.ts'
import { viewPeople } from '#social/read/people.ts'
import type { Reading } from '#social/read/reading.ts'
import { newestFirst, within, type Stretch, type Window } from '#social/app/window.ts'
import type { PersonView } from '#social/views.ts'

export type NotificationKind = 'mention' | 'reply' | 'message' | 'reaction' | 'follow'

/** One of them; `post` or `message` is the local id of what it is about. */
export type NotificationView = {
  readonly id: string
  readonly kind: NotificationKind
  /** Milliseconds since 1970. */
  readonly at: number
  readonly person: PersonView
  readonly post?: string
  readonly message?: string
}

export type NotificationFilter = {
  readonly kinds?: readonly NotificationKind[]
  readonly from?: number
  readonly id?: number
}

type Row = {
  readonly id: number
  readonly kind: string
  readonly actor_id: number
  readonly post: number | null
  readonly message: number | null
}

/** Notifications that were not dismissed, newest first; none of people whom the person does not want to see. */
export async function listNotifications(
  reading: Reading,
  window: Window,
  filter: NotificationFilter = {},
): Promise<Stretch<NotificationView>> {
  const { rows } = await sql<Row>`select n.id, n.kind, n.actor_id, p.id as post, m.id as message
    ${shown(reading, filter)} ${within('n.id', window)}`.execute(reading.store.read)
  const sorted = newestFirst(rows, window)
  const people = await viewPeople(
    reading,
    rows.map(({ actor_id }) => actor_id),
  )
  const items = sorted.flatMap((row): NotificationView[] => {
    const person = people.get(row.actor_id)
    if (!person) return []
    return [
      {
        id: String(row.id),
        kind: row.kind as NotificationKind,
        at: timeOf(row.id),
        person,
        ...(row.post !== null && { post: String(row.post) }),
        ...(row.message !== null && { message: String(row.message) }),
      },
    ]
  })
  const [first, last] = [sorted[0], sorted.at(-1)]
  return { items, ...(first && { newest: first.id }), ...(last && { oldest: last.id }) }
}

/** How many of them are newer than `after`, counted up to `limit`. */
export async function countNotifications(
  reading: Reading,
  after: number,
  limit: number,
  filter: NotificationFilter,
): Promise<number> {
  const { rows } = await sql<{ id: number }>`select n.id ${shown(reading, filter)}
    and n.id > ${after} limit ${limit}`.execute(reading.store.read)
  return rows.length
}

/** Dismisses one, or all that are here. */
export async function dismiss(
  { store, owner }: Reading,
  id: number | 'all',
  now: number,
): Promise<void> {
  await store.write(async ({ db }) => {
    if (id !== 'all') {
      const row = { owner_id: owner, id }
      await db
        .insertInto('notification_gone')
        .values(row)
        .onConflict((c) => c.doNothing())
        .execute()
      return
    }
    const newest = await db
      .selectFrom('notification')
      .select((e) => e.fn.max('id').as('id'))
      .where('owner_id', '=', owner)
      .executeTakeFirst()
    const last_id = newest?.id ?? 0
    await db
      .insertInto('marker')
      .values({ owner_id: owner, timeline: 'cleared', last_id, version: 1, updated_at: now })
      .onConflict((c) =>
        c.columns(['owner_id', 'timeline']).doUpdateSet({ last_id, updated_at: now }),
      )
      .execute()
    await db
      .deleteFrom('notification_gone')
      .where('owner_id', '=', owner)
      .where('id', '<=', last_id)
      .execute()
  })
}

function shown(
  { owner, me }: Reading,
  { kinds, from, id }: NotificationFilter,
): RawBuilder<unknown> {
  const oneKind =
    kinds === undefined
      ? sql``
      : kinds.length === 0
        ? sql`and 1 = 0`
        : sql`and n.kind in (${sql.join(kinds)})`
  const oneActor = from === undefined ? sql`` : sql`and n.actor_id = ${from}`
  const oneId = id === undefined ? sql`` : sql`and n.id = ${id}`
  return sql`from notification n left join copy c on c.id = n.subject_id
    left join post p on p.nr = c.nr and p.deleted = 0 left join message m on m.nr = c.nr and m.deleted = 0
    where n.owner_id = ${owner} and (n.kind = 'follow' or p.id is not null or m.id is not null)
    and n.id > coalesce((select last_id from marker where owner_id = ${owner} and timeline = 'cleared'), 0)
    and not exists (select 1 from notification_gone g where g.owner_id = n.owner_id and g.id = n.id)
    and n.actor_id not in (select to_id from tie where from_id in (${sql.join(me)})
      and kind in ('block', 'mute') and active = 1) ${oneKind} ${oneActor} ${oneId}`
}
