/** Filters: words and posts that the person does not want to meet, or only behind a warning. */
import { sql } from 'kysely'
import { RefusedError } from '#social/errors.ts'
import type { Reading } from '#social/read/reading.ts'

/** Where a filter works; each keyword and post of it has an id of its own. */
export type PostFilterRule = {
  readonly id: string
  readonly title: string
  /** `home`, `notifications`, `public`, `thread`, `account`. */
  readonly contexts: readonly string[]
  readonly action: 'warn' | 'hide' | 'blur'
  /** Milliseconds since 1970; absent: for ever. */
  readonly until?: number
  readonly keywords: readonly {
    readonly id: string
    readonly keyword: string
    readonly whole: boolean
  }[]
  readonly posts: readonly { readonly id: string; readonly post: string }[]
}

const MAX_FILTERS = 200
/** Keywords and posts of one filter; their ids are the filter's with three more digits. */
const MAX_PARTS = 500
const PARTS = 1000

/** The person's filters by age. */
export async function filtersOf({ store, owner }: Reading): Promise<readonly PostFilterRule[]> {
  const rows = await store.read
    .selectFrom('filter')
    .selectAll()
    .where('owner_id', '=', owner)
    .orderBy('id')
    .limit(MAX_FILTERS)
    .execute()
  return rows.map(({ id, title, rules, expires_at }) => ({
    ...(JSON.parse(rules) as Omit<PostFilterRule, 'id' | 'title' | 'until'>),
    id: String(id),
    title,
    ...(expires_at !== null && { until: expires_at }),
  }))
}

/**
 * Makes a filter or changes one: new keywords and posts come without an id.
 *
 * @throws RefusedError when there are too many
 */
export async function keepFilter(
  { store, owner }: Reading,
  filter: PostFilterRule,
): Promise<PostFilterRule> {
  if (filter.keywords.length + filter.posts.length > MAX_PARTS) {
    throw new RefusedError(`A filter has at most ${MAX_PARTS} keywords and posts.`)
  }
  return await store.write(async (tx) => {
    await tx.lock('filters')
    const id = filter.id === '' ? await nextId() : Number(filter.id)
    const kept = numbered({ ...filter, id: String(id) })
    const { contexts, action, keywords, posts } = kept
    const rules = JSON.stringify({ contexts, action, keywords, posts })
    const row = { title: filter.title, rules, expires_at: filter.until ?? null }
    if (filter.id === '')
      await tx.db
        .insertInto('filter')
        .values({ id, owner_id: owner, ...row })
        .execute()
    else {
      const own = tx.db.updateTable('filter').set(row).where('id', '=', id)
      await own.where('owner_id', '=', owner).execute()
    }
    return kept

    async function nextId(): Promise<number> {
      const { last, count } = await tx.db
        .selectFrom('filter')
        .select(sql<number>`coalesce(max(id), 0)`.as('last'))
        .select((e) => e.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      if (count >= MAX_FILTERS)
        throw new RefusedError(`There are ${MAX_FILTERS} filters. Delete one first.`)
      return last + 1
    }
  })
}

/** Deletes a filter that is the person's. */
export async function dropFilter({ store, owner }: Reading, id: number): Promise<void> {
  await store.write(({ db }) =>
    db.deleteFrom('filter').where('id', '=', id).where('owner_id', '=', owner).execute(),
  )
}

function numbered(filter: PostFilterRule): PostFilterRule {
  const used = new Set([...filter.keywords, ...filter.posts].map(({ id }) => id))
  let next = 0
  const fresh = (id: string): string => {
    if (id !== '') return id
    while (used.has(String(Number(filter.id) * PARTS + next))) next += 1
    const made = String(Number(filter.id) * PARTS + next)
    used.add(made)
    return made
  }
  return {
    ...filter,
    keywords: filter.keywords.map((one) => ({ ...one, id: fresh(one.id) })),
    posts: filter.posts.map((one) => ({ ...one, id: fresh(one.id) })),
  }
}
