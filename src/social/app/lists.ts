/** Lists of posts as apps ask for them: by stretches, with filters. */
import { sql, type RawBuilder } from 'kysely'
import { storedTag } from '#social/receive/posts.ts'
import { viewPosts } from '#social/read/posts.ts'
import type { Reading } from '#social/read/reading.ts'
import { newestFirst, within, type Stretch, type Window } from '#social/app/window.ts'
import type { PostView } from '#social/views.ts'

/** Which posts. */
export type PostList =
  | { readonly of: 'home' | 'favourites' | 'bookmarks' }
  | { readonly of: 'public'; readonly from?: 'local' | 'remote' }
  | { readonly of: 'tag'; readonly tag: string; readonly from?: 'local' | 'remote' }
  | { readonly of: 'list'; readonly list: number; readonly replies: 'followed' | 'list' | 'none' }
  | { readonly of: 'author'; readonly author: number; readonly tag?: string }

/** What is left out. */
export type PostFilter = { readonly onlyMedia?: boolean; readonly withoutReplies?: boolean }

type Row = { readonly id: number; readonly cursor: number }

/** Posts of a list. Private messages are in none of them. */
export async function listPosts(
  reading: Reading,
  list: PostList,
  window: Window,
  filter: PostFilter = {},
): Promise<Stretch<PostView>> {
  const { rows } = await query(reading, list, window, filter).execute(reading.store.read)
  const sorted = newestFirst(rows, window)
  const items = await viewPosts(
    reading,
    sorted.map(({ id }) => id),
  )
  const [first, last] = [sorted[0], sorted.at(-1)]
  return { items, ...(first && { newest: first.cursor }), ...(last && { oldest: last.cursor }) }
}

function query(
  reading: Reading,
  list: PostList,
  window: Window,
  filter: PostFilter,
): RawBuilder<Row> {
  const { owner, me } = reading
  const kept = sql`p.deleted = 0 ${conditions(filter)}`
  const seen = sql`p.author_id not in (select to_id from tie where from_id in (${sql.join(me)})
    and kind in ('block', 'mute') and active = 1)`
  switch (list.of) {
    case 'home':
      return sql<Row>`select p.id, h.post_id as cursor from home h join post p on p.id = h.post_id
        where h.owner_id = ${owner} and ${kept} ${within('h.post_id', window)}`
    case 'public':
      return sql<Row>`select p.id, p.id as cursor from post p
        where p.audience = 'public' and ${kept} and ${seen} ${written(list.from)}
        ${within('p.id', window)}`
    case 'tag':
      return sql<Row>`select p.id, t.post_id as cursor from tag t join post p on p.id = t.post_id
        where t.tag = ${tagOf(list.tag)} and p.audience = 'public' and ${kept} and ${seen}
        ${written(list.from)} ${within('t.post_id', window)}`
    case 'list': {
      const listed = sql`(select identity_id from list_person where list_id = ${list.list})`
      return sql<Row>`select p.id, p.id as cursor from post p
        where p.author_id in ${listed} and p.audience = 'public' and ${kept} and ${seen}
        ${answering(reading, list.replies, listed)} ${within('p.id', window)}`
    }
    case 'author':
      return sql<Row>`select p.id, p.id as cursor from post p
        where p.author_id = ${list.author} and ${kept} ${tagged(list.tag)} ${within('p.id', window)}`
    case 'favourites':
      return sql<Row>`select p.id, r.stamp as cursor from reaction r
        join copy c on c.id = r.copy_id join post p on p.nr = c.nr
        where r.actor_id in (${sql.join(me)}) and r.active = 1 and ${kept}
        ${within('r.stamp', window)}`
    case 'bookmarks':
      return sql<Row>`select p.id, b.id as cursor from bookmark b
        join copy c on c.id = b.copy_id join post p on p.nr = c.nr
        where b.owner_id = ${owner} and ${kept} ${within('b.id', window)}`
  }
}

/** Which answers are shown: none, or those to people of the list or whom the person follows. */
function answering(
  { me }: Reading,
  replies: 'followed' | 'list' | 'none',
  listed: RawBuilder<unknown>,
): RawBuilder<unknown> {
  if (replies === 'none') return sql`and p.parent_id is null`
  const followed = sql`(select to_id from tie where from_id in (${sql.join(me)}) and kind = 'follow'
    and active = 1)`
  const known = replies === 'list' ? listed : followed
  return sql`and (p.parent_id is null or exists (select 1 from copy c join post q on q.nr = c.nr
    where c.id = p.parent_id and (q.author_id in ${known} or q.author_id in (${sql.join(me)}))))`
}

function conditions({ onlyMedia, withoutReplies }: PostFilter): RawBuilder<unknown> {
  // In the stored JSON a quotation mark inside a text has a backslash before it, so this finds the field only.
  const media = onlyMedia ? sql`and p.content like '%"attachments":[%'` : sql``
  return sql`${media} ${withoutReplies ? sql`and p.parent_id is null` : sql``}`
}

function written(from: 'local' | 'remote' | undefined): RawBuilder<unknown> {
  if (from === undefined) return sql``
  const ours = sql`(select id from identity where local = 1)`
  return from === 'local' ? sql`and p.author_id in ${ours}` : sql`and p.author_id not in ${ours}`
}

function tagged(tag: string | undefined): RawBuilder<unknown> {
  if (tag === undefined) return sql``
  return sql`and p.id in (select post_id from tag where tag = ${tagOf(tag)})`
}

function tagOf(tag: string): string {
  return storedTag(tag.replace(/^#/, ''))
}
