import type { Ref } from '#model/ref.ts'
import { NotFoundError } from '#social/errors.ts'
import { viewPosts } from '#social/read/posts.ts'
import { hiddenPeople, type Reading } from '#social/read/reading.ts'
import type { PostView } from '#social/views.ts'

/** Most posts of one thread that are shown: the oldest. */
const MAX_THREAD = 2000

export type ThreadView = {
  readonly root: PostView
  readonly replies: readonly PostView[]
  readonly missing: readonly Ref[]
}

/** The whole thread that a post belongs to, oldest first; what it refers to and is not here is named. */
export async function threadOf(reading: Reading, id: number): Promise<ThreadView> {
  const { read } = reading.store
  const asked = await read
    .selectFrom('post')
    .select(['copy_id', 'root_id'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!asked) throw new NotFoundError('post', String(id))
  const root = asked.root_id ?? asked.copy_id
  const rows = await read
    .selectFrom('post')
    .select(['id', 'copy_id', 'parent_id'])
    .where((e) =>
      e.or([
        e('root_id', '=', root),
        e('nr', 'in', e.selectFrom('copy').select('nr').where('id', '=', root)),
      ]),
    )
    .where('author_id', 'not in', hiddenPeople(reading))
    .orderBy('id')
    .limit(MAX_THREAD)
    .execute()
  const first = rows.find(({ copy_id }) => copy_id === root)
  const order = first ? [first, ...rows.filter((row) => row !== first)] : rows
  const [view, ...replies] = await viewPosts(
    reading,
    order.map((row) => row.id),
  )
  if (!view) throw new NotFoundError('post', String(id))
  const here = new Set(rows.map(({ copy_id }) => copy_id))
  const named = new Set([root, ...rows.flatMap(({ parent_id }) => parent_id ?? [])])
  const missing = await missingRefs(reading, [...named.difference(here)])
  return { root: view, replies, missing }
}

/** Refs of those of these copies that are no posts here. */
async function missingRefs({ store }: Reading, copies: readonly number[]): Promise<Ref[]> {
  if (copies.length === 0) return []
  const rows = await store.read
    .selectFrom('copy')
    .leftJoin('post', 'post.nr', 'copy.nr')
    .select(['copy.network', 'copy.ref'])
    .where('copy.id', 'in', copies)
    .where('post.id', 'is', null)
    .orderBy('copy.id')
    .execute()
  return rows.map(({ network, ref }) => ({ network, id: ref }))
}
