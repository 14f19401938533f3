import { storedTag } from '#social/receive/posts.ts'
import { cut, page, paging, type Paging } from '#social/read/paging.ts'
import { viewPosts } from '#social/read/posts.ts'
import { hiddenPeople, type Reading } from '#social/read/reading.ts'
import type { Page, PageRequest, PostView } from '#social/views.ts'

/** Newest of all stamps, where a list begins. */
const TOP = Number.MAX_SAFE_INTEGER

/** Posts of the people that the person follows, and their own. */
export async function homeTimeline(
  reading: Reading,
  request?: PageRequest,
): Promise<Page<PostView>> {
  const asked = paging(request)
  const rows = await reading.store.read
    .selectFrom('home')
    .select('post_id as id')
    .where('owner_id', '=', reading.owner)
    .where('post_id', '<', asked.after ?? TOP)
    .orderBy('post_id', 'desc')
    .limit(asked.limit + 1)
    .execute()
  return await pageOf(reading, rows, asked)
}

/** Every public post, without those of people that the person does not want to see. */
export async function publicTimeline(
  reading: Reading,
  request?: PageRequest,
): Promise<Page<PostView>> {
  const asked = paging(request)
  const rows = await posts(reading, asked).where('post.audience', '=', 'public').execute()
  return await pageOf(reading, rows, asked)
}

/** Posts under a hashtag. */
export async function tagTimeline(
  reading: Reading,
  tag: string,
  request?: PageRequest,
): Promise<Page<PostView>> {
  const asked = paging(request)
  const rows = await reading.store.read
    .selectFrom('tag')
    .innerJoin('post', 'post.id', 'tag.post_id')
    .select('tag.post_id as id')
    .where('tag.tag', '=', storedTag(tag.replace(/^#/, '')))
    .where('tag.post_id', '<', asked.after ?? TOP)
    .where('post.author_id', 'not in', hiddenPeople(reading))
    .orderBy('tag.post_id', 'desc')
    .limit(asked.limit + 1)
    .execute()
  return await pageOf(reading, rows, asked)
}

/** Posts of one identity. */
export async function authorTimeline(
  reading: Reading,
  author: number,
  request?: PageRequest,
): Promise<Page<PostView>> {
  const asked = paging(request)
  const rows = await posts(reading, asked).where('post.author_id', '=', author).execute()
  return await pageOf(reading, rows, asked)
}

function posts(reading: Reading, asked: Paging) {
  return reading.store.read
    .selectFrom('post')
    .select('post.id')
    .where('post.deleted', '=', 0)
    .where('post.id', '<', asked.after ?? TOP)
    .where('post.author_id', 'not in', hiddenPeople(reading))
    .orderBy('post.id', 'desc')
    .limit(asked.limit + 1)
}

async function pageOf(
  reading: Reading,
  found: readonly { readonly id: number }[],
  asked: Paging,
): Promise<Page<PostView>> {
  const { rows, next } = cut(found, asked.limit, ({ id }) => id)
  const items = await viewPosts(
    reading,
    rows.map(({ id }) => id),
  )
  return page(items, next)
}
