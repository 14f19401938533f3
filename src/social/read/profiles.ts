import { sql } from 'kysely'
import { NotFoundError } from '#social/errors.ts'
import { cut, page, paging } from '#social/read/paging.ts'
import { viewPeople } from '#social/read/people.ts'
import type { Reading } from '#social/read/reading.ts'
import type { Page, PageRequest, PersonView, ProfileView } from '#social/views.ts'

/** A person with what counts: posts, ties, and how they stand to the one who asks. */
export async function profileOf(reading: Reading, id: number): Promise<ProfileView> {
  const person = (await viewPeople(reading, [id])).get(id)
  if (!person) throw new NotFoundError('person', String(id))
  const { posts, following, followers, stored } = await counts(reading, id)
  const ties = await tiesWith(reading, id)
  return {
    ...person,
    posts,
    following,
    followers,
    stored,
    followed: ties.some(({ from_id, kind }) => from_id !== id && kind === 'follow'),
    blocked: ties.some(({ from_id, kind }) => from_id !== id && kind === 'block'),
    followsBack: ties.some(({ from_id, kind }) => from_id === id && kind === 'follow'),
  }
}

type Counts = Pick<ProfileView, 'posts' | 'following' | 'followers' | 'stored'>

async function counts({ store }: Reading, id: number): Promise<Counts> {
  const result = await sql<Counts>`select
    (select count(*) from post where author_id = ${id}) as posts,
    (select count(*) from tie where from_id = ${id} and kind = 'follow' and active = 1) as following,
    (select count(*) from tie where to_id = ${id} and kind = 'follow' and active = 1) as followers,
    coalesce((select bytes from feed where identity_id = ${id}), 0) as stored`.execute(store.read)
  return result.rows[0]!
}

async function tiesWith({ store, me }: Reading, id: number) {
  return await store.read
    .selectFrom('tie')
    .select(['from_id', 'kind'])
    .where('active', '=', 1)
    .where((e) =>
      e.or([
        e.and([e('from_id', 'in', me), e('to_id', '=', id)]),
        e.and([e('from_id', '=', id), e('to_id', 'in', me)]),
      ]),
    )
    .where('from_id', '<>', (e) => e.ref('to_id'))
    .execute()
}

/** Whom a person follows, by id. */
export async function followedBy(
  reading: Reading,
  id: number,
  request?: PageRequest,
): Promise<Page<PersonView>> {
  const asked = paging(request)
  const found = await reading.store.read
    .selectFrom('tie')
    .select('to_id')
    .where('from_id', '=', id)
    .where('kind', '=', 'follow')
    .where('active', '=', 1)
    .where('to_id', '>', asked.after ?? 0)
    .orderBy('to_id')
    .limit(asked.limit + 1)
    .execute()
  const { rows, next } = cut(found, asked.limit, ({ to_id }) => to_id)
  const people = await viewPeople(
    reading,
    rows.map(({ to_id }) => to_id),
  )
  return page(
    rows.flatMap(({ to_id }) => people.get(to_id) ?? []),
    next,
  )
}
