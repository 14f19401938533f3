import { sql } from 'kysely'
import type { Audience } from '#model/audience.ts'
import { bulkStatement } from '#store/bulk.ts'
import { unpackContent } from '#store/content.ts'
import { viewPeople } from '#social/read/people.ts'
import type { Reading } from '#social/read/reading.ts'
import type { PostView, ReactionView } from '#social/views.ts'

/** What a post's view is made of. */
type Row = {
  readonly copy_id: number
  readonly id: number
  readonly author_id: number
  readonly root_id: number | null
  readonly parent_id: number | null
  readonly audience: string
  readonly at: number
  readonly content: string
  readonly network: string
  readonly ref: string
  readonly root: number | null
  readonly parent: number | null
  readonly provisional: number
}

const FIND = bulkStatement(
  { id: 'int' },
  `select p.copy_id, p.id, p.author_id, p.root_id, p.parent_id, p.audience, p.at, p.content,
     c.network, c.ref, a.id as root, b.id as parent,
     case when r.sequence > f.checked then 1 else 0 end as provisional
   from v join post p on p.id = v.id
   join copy c on c.id = p.copy_id
   left join copy ac on ac.id = p.root_id
   left join post a on a.nr = ac.nr
   left join copy bc on bc.id = p.parent_id
   left join post b on b.nr = bc.nr
   left join record r on r.nr = p.nr
   left join feed f on f.identity_id = r.feed_id`,
)

/** Views of these posts, in the order of the ids; those that are gone are left out. */
export async function viewPosts(reading: Reading, ids: readonly number[]): Promise<PostView[]> {
  const found = await reading.store.lookup.all<Row>(
    FIND,
    ids.map((id) => [id]),
  )
  const rows = new Map(found.map((row) => [row.id, row]))
  const people = await viewPeople(
    reading,
    found.map((row) => row.author_id),
  )
  const reactions = await reactionsTo(reading, found)
  const replies = await countReplies(reading, found)
  const views: PostView[] = []
  for (const id of ids) {
    const row = rows.get(id)
    const author = row && people.get(row.author_id)
    if (!author) continue
    views.push({
      id: String(id),
      ref: { network: row.network, id: row.ref },
      author,
      content: unpackContent(row.content),
      audience: row.audience as Audience,
      at: row.at,
      ...(row.root !== null && { root: String(row.root) }),
      ...(row.parent !== null && { parent: String(row.parent) }),
      replies: replies.get(row.copy_id) ?? 0,
      reactions: reactions.get(row.copy_id) ?? [],
      provisional: row.provisional === 1,
    })
  }
  return views
}

async function reactionsTo(
  { store, me }: Reading,
  rows: readonly Row[],
): Promise<Map<number, ReactionView[]>> {
  const found = new Map<number, ReactionView[]>()
  if (rows.length === 0) return found
  const counted = await store.read
    .selectFrom('reaction')
    .select(['copy_id', 'emoji', (e) => e.fn.countAll<number>().as('count')])
    .select(sql<number>`max(case when actor_id in (${sql.join(me)}) then 1 else 0 end)`.as('mine'))
    .where('active', '=', 1)
    .where(
      'copy_id',
      'in',
      rows.map((row) => row.copy_id),
    )
    .groupBy(['copy_id', 'emoji'])
    .orderBy('copy_id')
    .orderBy('count', 'desc')
    .orderBy('emoji')
    .execute()
  for (const { copy_id, emoji, count, mine } of counted) {
    const view = { emoji, count, mine: mine === 1 }
    const views = found.get(copy_id)
    if (views) views.push(view)
    else found.set(copy_id, [view])
  }
  return found
}

const IN_THREAD = bulkStatement(
  { id: 'int' },
  `select v.id, count(*) as n from v join post p on p.root_id = v.id group by v.id`,
)
const ANSWERS = bulkStatement(
  { root: 'int', id: 'int' },
  `select v.id, count(*) as n from v
   join post p on p.root_id = v.root and p.parent_id = v.id group by v.id`,
)

/** Of a thread's first post everything in the thread counts, of an answer the answers to it. */
async function countReplies(
  { store }: Reading,
  rows: readonly Row[],
): Promise<Map<number, number>> {
  type Count = { id: number; n: number }
  const roots = rows.filter((row) => row.root_id === null).map((row) => [row.copy_id])
  const others = rows.flatMap((row) => (row.root_id === null ? [] : [[row.root_id, row.copy_id]]))
  const counts = [
    ...(await store.lookup.all<Count>(IN_THREAD, roots)),
    ...(await store.lookup.all<Count>(ANSWERS, others)),
  ]
  return new Map(counts.map(({ id, n }) => [id, n]))
}
