/** People as apps ask for them: their numbers, how they stand to the person, and finding them. */
import { sql } from 'kysely'
import { refKey, type Ref } from '#model/ref.ts'
import { timeOf } from '#store/stamp.ts'
import { internPeople } from '#store/tables/people.ts'
import { viewPeople } from '#social/read/people.ts'
import type { Reading } from '#social/read/reading.ts'
import { stretch, within, type Stretch, type Window } from '#social/app/window.ts'
import type { PersonView } from '#social/views.ts'

/** What is counted of a person; times in milliseconds since 1970. */
export type PersonNumbers = {
  readonly posts: number
  readonly following: number
  readonly followers: number
  readonly firstPost?: number
  readonly lastPost?: number
}

/** Counts of these people. */
export async function numbersOf(
  { store }: Reading,
  ids: readonly number[],
): Promise<Map<number, PersonNumbers>> {
  if (ids.length === 0) return new Map()
  type Row = {
    id: number
    posts: number
    following: number
    followers: number
    first: number | null
    last: number | null
  }
  const { rows } = await sql<Row>`select i.id,
    (select count(*) from post where author_id = i.id) as posts,
    (select count(*) from tie where from_id = i.id and kind = 'follow' and active = 1) as following,
    (select count(*) from tie where to_id = i.id and kind = 'follow' and active = 1) as followers,
    (select min(id) from post where author_id = i.id) as first,
    (select max(id) from post where author_id = i.id) as last
    from identity i where i.id in (${sql.join(ids)})`.execute(store.read)
  return new Map(
    rows.map(({ id, first, last, ...counts }) => [
      id,
      {
        ...counts,
        ...(first !== null && { firstPost: timeOf(first) }),
        ...(last !== null && { lastPost: timeOf(last) }),
      },
    ]),
  )
}

/** How the person and somebody else stand to each other. */
export type Standing = {
  readonly following: boolean
  readonly followedBy: boolean
  readonly blocking: boolean
  readonly blockedBy: boolean
  readonly muting: boolean
}

/** Standings to these people. */
export async function standingsTo(
  { store, me }: Reading,
  ids: readonly number[],
): Promise<Map<number, Standing>> {
  if (ids.length === 0) return new Map()
  type Row = { mine: number; other: number; kind: string }
  const { rows } = await sql<Row>`select 1 as mine, to_id as other, kind from tie
    where from_id in (${sql.join(me)}) and to_id in (${sql.join(ids)}) and active = 1
    union all select 0, from_id, kind from tie
    where to_id in (${sql.join(me)}) and from_id in (${sql.join(ids)}) and active = 1`.execute(
    store.read,
  )
  const ties = new Set(rows.map(({ mine, other, kind }) => `${mine} ${other} ${kind}`))
  return new Map(
    ids.map((id) => [
      id,
      {
        following: ties.has(`1 ${id} follow`),
        followedBy: ties.has(`0 ${id} follow`),
        blocking: ties.has(`1 ${id} block`),
        blockedBy: ties.has(`0 ${id} block`),
        muting: ties.has(`1 ${id} mute`),
      },
    ]),
  )
}

/** People at one end of ties, the newest tie first: whom `of` follows, who follows `of`, whom I block or mute. */
export async function tiedPeople(
  reading: Reading,
  tie:
    | { readonly kind: 'following' | 'followers'; readonly of: number }
    | { readonly kind: 'block' | 'mute' },
  window: Window,
): Promise<Stretch<PersonView>> {
  type Row = { id: number; cursor: number }
  const ends =
    'of' in tie
      ? tie.kind === 'following'
        ? sql`select to_id as id, stamp as cursor from tie where from_id = ${tie.of} and kind = 'follow'`
        : sql`select from_id as id, stamp as cursor from tie where to_id = ${tie.of} and kind = 'follow'`
      : sql`select to_id as id, stamp as cursor from tie
        where from_id in (${sql.join(reading.me)}) and kind = ${tie.kind}`
  const query = sql<Row>`${ends} and active = 1 ${within('stamp', window)}`
  const { rows } = await query.execute(reading.store.read)
  const people = await viewPeople(
    reading,
    rows.map(({ id }) => id),
  )
  return stretch(rows, window, (sorted) => sorted.flatMap(({ id }) => people.get(id) ?? []))
}

/** People whose name has the words in it: those that the person follows first. */
export async function searchPeople(
  { store, me }: Reading,
  words: string,
  options: { readonly limit: number; readonly offset: number; readonly following: boolean },
): Promise<readonly number[]> {
  const pattern = `%${words.toLowerCase().replaceAll(/[\\%_]/g, (found) => `\\${found}`)}%`
  const followed = sql`(select count(*) from tie t where t.to_id = i.id and t.kind = 'follow'
    and t.active = 1 and t.from_id in (${sql.join(me)}))`
  const only = options.following ? sql`and ${followed} > 0` : sql``
  const { rows } = await sql<{ id: number }>`select i.id from identity i
    where i.name is not null and lower(i.name) like ${pattern} escape '\\' ${only}
    order by ${followed} desc, length(i.name), i.id
    limit ${options.limit} offset ${options.offset}`.execute(store.read)
  return rows.map(({ id }) => id)
}

/** People by their refs, those that are known here. */
export async function peopleByRef(
  reading: Reading,
  refs: readonly Ref[],
): Promise<Map<string, PersonView>> {
  const found = new Map<string, PersonView>()
  for (const [network, some] of Map.groupBy(refs, (ref) => ref.network)) {
    const rows = await reading.store.read
      .selectFrom('identity')
      .select('id')
      .where('network', '=', network)
      .where('ref', 'in', [...new Set(some.map(({ id }) => id))])
      .execute()
    const people = await viewPeople(
      reading,
      rows.map(({ id }) => id),
    )
    for (const person of people.values()) found.set(refKey(person.ref), person)
  }
  return found
}

/** The id of a person of whom nothing may have been heard yet. */
export async function internPerson({ store }: Reading, { network, id }: Ref): Promise<number> {
  return await store.write(async (tx) => {
    await tx.lock('receive')
    return (await internPeople(tx, network, [id])).get(id)!
  })
}
