/** Hashtags: those that are here, and those that the person reads. */
import { sql } from 'kysely'
import { storedTag } from '#social/receive/posts.ts'
import type { Reading } from '#social/read/reading.ts'

/** Tags that begin with these letters, in their order. */
export async function searchTags(
  { store }: Reading,
  start: string,
  options: { readonly limit: number; readonly offset: number },
): Promise<readonly string[]> {
  const from = storedTag(start.replace(/^#/, ''))
  if (from === '') return []
  const { rows } = await sql<{ tag: string }>`select distinct tag from tag
    where tag >= ${from} and tag < ${`${from}\u{10FFFF}`} order by tag
    limit ${options.limit} offset ${options.offset}`.execute(store.read)
  return rows.map(({ tag }) => tag)
}

/** Tags that the person reads; of these, where some are given. */
export async function followedTags(
  { store, me }: Reading,
  among?: readonly string[],
): Promise<readonly string[]> {
  if (among?.length === 0) return []
  let query = store.read
    .selectFrom('subscription')
    .select('tag')
    .distinct()
    .where('identity_id', 'in', me)
    .where('active', '=', 1)
    .orderBy('tag')
    .limit(1000)
  if (among) query = query.where('tag', 'in', among.map(storedTag))
  return (await query.execute()).map(({ tag }) => tag)
}
