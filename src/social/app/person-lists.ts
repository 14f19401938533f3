/** Lists of people whom the person reads together. They stay here: nobody is told. */
import { sql } from 'kysely'
import { viewPeople } from '#social/read/people.ts'
import type { Reading } from '#social/read/reading.ts'
import { stretch, within, type Stretch, type Window } from '#social/app/window.ts'
import { RefusedError } from '#social/errors.ts'
import type { PersonView } from '#social/views.ts'

/** `replies`: answers to whom are shown in it. */
export type PersonList = {
  readonly id: string
  readonly title: string
  readonly replies: 'followed' | 'list' | 'none'
}

/** Most lists, and most people of one. */
const MAX_LISTS = 100
const MAX_PEOPLE = 5_000

/** The person's lists by age; or those with somebody. */
export async function personLists(
  { store, owner }: Reading,
  having?: number,
): Promise<readonly PersonList[]> {
  let query = store.read
    .selectFrom('list')
    .selectAll()
    .where('owner_id', '=', owner)
    .orderBy('id')
    .limit(MAX_LISTS)
  if (having !== undefined) {
    query = query.where('id', 'in', (e) =>
      e.selectFrom('list_person').select('list_id').where('identity_id', '=', having),
    )
  }
  return (await query.execute()).map(({ id, title, replies }) => {
    return { id: String(id), title, replies: replies as PersonList['replies'] }
  })
}

/** Makes a list. @throws RefusedError when there are too many */
export async function addList(
  { store, owner }: Reading,
  list: Omit<PersonList, 'id'>,
): Promise<PersonList> {
  return await store.write(async (tx) => {
    await tx.lock('lists')
    const { last, count } = await tx.db
      .selectFrom('list')
      .select(sql<number>`coalesce(max(id), 0)`.as('last'))
      .select((e) => e.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    if (count >= MAX_LISTS)
      throw new RefusedError(`There are ${MAX_LISTS} lists. Delete one first.`)
    const id = last + 1
    await tx.db
      .insertInto('list')
      .values({ id, owner_id: owner, ...list })
      .execute()
    return { id: String(id), ...list }
  })
}

/** Changes a list that is the person's. */
export async function changeList(
  { store, owner }: Reading,
  { id, title, replies }: PersonList,
): Promise<void> {
  await store.write(({ db }) =>
    db
      .updateTable('list')
      .set({ title, replies })
      .where('id', '=', Number(id))
      .where('owner_id', '=', owner)
      .execute(),
  )
}

/** Deletes a list that is the person's. */
export async function dropList({ store, owner }: Reading, id: number): Promise<void> {
  await store.write(async ({ db }) => {
    const gone = await db
      .deleteFrom('list')
      .where('id', '=', id)
      .where('owner_id', '=', owner)
      .executeTakeFirst()
    if (gone.numDeletedRows > 0n)
      await db.deleteFrom('list_person').where('list_id', '=', id).execute()
  })
}

/** Puts people on a list that the caller knows to be the person's, or takes them off. */
export async function setListed(
  { store }: Reading,
  list: number,
  people: readonly number[],
  on: boolean,
): Promise<void> {
  if (people.length === 0) return
  await store.write(async (tx) => {
    await tx.lock('lists')
    const of = tx.db.deleteFrom('list_person').where('list_id', '=', list)
    await of.where('identity_id', 'in', people).execute()
    if (!on) return
    const { count } = await tx.db
      .selectFrom('list_person')
      .select((e) => e.fn.countAll<number>().as('count'))
      .where('list_id', '=', list)
      .executeTakeFirstOrThrow()
    if (count + people.length > MAX_PEOPLE) {
      throw new RefusedError(`A list has at most ${MAX_PEOPLE} people.`)
    }
    const rows = [...new Set(people)].map((identity_id) => ({ list_id: list, identity_id }))
    await tx.db.insertInto('list_person').values(rows).execute()
  })
}

/** Who is on a list that the caller knows to be the person's. */
export async function listedPeople(
  reading: Reading,
  list: number,
  window: Window,
): Promise<Stretch<PersonView>> {
  type Row = { id: number; cursor: number }
  const { rows } = await sql<Row>`select identity_id as id, identity_id as cursor from list_person
    where list_id = ${list} ${within('identity_id', window)}`.execute(reading.store.read)
  const people = await viewPeople(
    reading,
    rows.map(({ id }) => id),
  )
  return stretch(rows, window, (sorted) => sorted.flatMap(({ id }) => people.get(id) ?? []))
}
