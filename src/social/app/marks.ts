/** What the person marks: how far they read, and what they want to find again. */
import { sql } from 'kysely'
import type { Reading } from '#social/read/reading.ts'

/** How far a timeline is read; `version` grows with every change. */
export type MarkerView = {
  readonly timeline: 'home' | 'notifications'
  readonly lastId: string
  readonly version: number
  /** Milliseconds since 1970. */
  readonly at: number
}

/** The markers of these timelines that are set. */
export async function markersOf(
  { store, owner }: Reading,
  timelines: readonly MarkerView['timeline'][],
): Promise<readonly MarkerView[]> {
  if (timelines.length === 0) return []
  const rows = await store.read
    .selectFrom('marker')
    .selectAll()
    .where('owner_id', '=', owner)
    .where('timeline', 'in', timelines)
    .execute()
  return rows.map(({ timeline, last_id, version, updated_at }) => ({
    timeline: timeline as MarkerView['timeline'],
    lastId: String(last_id),
    version,
    at: updated_at,
  }))
}

/** Sets a marker. */
export async function setMarker(
  { store, owner }: Reading,
  timeline: MarkerView['timeline'],
  lastId: number,
  now: number,
): Promise<void> {
  await store.write(({ db }) =>
    db
      .insertInto('marker')
      .values({ owner_id: owner, timeline, last_id: lastId, version: 1, updated_at: now })
      .onConflict((c) =>
        c
          .columns(['owner_id', 'timeline'])
          .doUpdateSet({ last_id: lastId, version: sql`marker.version + 1`, updated_at: now }),
      )
      .execute(),
  )
}

/** Bookmarks a post or takes the bookmark away. */
export async function setBookmark(
  { store, owner }: Reading,
  post: number,
  on: boolean,
): Promise<void> {
  await store.write(async (tx) => {
    await tx.lock('bookmarks')
    const row = await tx.db
      .selectFrom('post')
      .select('copy_id')
      .where('id', '=', post)
      .executeTakeFirst()
    if (!row) return
    const of = { owner_id: owner, copy_id: row.copy_id }
    if (!on) {
      await tx.db
        .deleteFrom('bookmark')
        .where('owner_id', '=', owner)
        .where('copy_id', '=', row.copy_id)
        .execute()
      return
    }
    const { last } = await tx.db
      .selectFrom('bookmark')
      .select(sql<number>`coalesce(max(id), 0)`.as('last'))
      .where('owner_id', '=', owner)
      .executeTakeFirstOrThrow()
    await tx.db
      .insertInto('bookmark')
      .values({ ...of, id: last + 1 })
      .onConflict((c) => c.doNothing())
      .execute()
  })
}

/** Which of these posts are bookmarked. */
export async function bookmarkedOf(
  { store, owner }: Reading,
  posts: readonly number[],
): Promise<ReadonlySet<number>> {
  if (posts.length === 0) return new Set()
  const rows = await store.read
    .selectFrom('post')
    .innerJoin('bookmark', 'bookmark.copy_id', 'post.copy_id')
    .select('post.id')
    .where('post.id', 'in', posts)
    .where('bookmark.owner_id', '=', owner)
    .execute()
  return new Set(rows.map(({ id }) => id))
}
