import { sql } from 'kysely'
import { bulkStatement } from '#store/bulk.ts'
import type { Transaction } from '#store/store.ts'

const READERS = bulkStatement(
  { id: 'int' },
  'select r.author_id, r.owner_id from v join reads r on r.author_id = v.id',
)

const ADD = bulkStatement(
  { owner_id: 'int', post_id: 'int' },
  'insert into home(owner_id, post_id) select owner_id, post_id from v where true on conflict do nothing',
)

/** Local people (their person ids) who read these authors, by author. */
export async function readersOf(
  tx: Transaction,
  authors: readonly number[],
): Promise<Map<number, number[]>> {
  const rows = await tx.bulk.all<{ author_id: number; owner_id: number }>(
    READERS,
    authors.map((id) => [id]),
  )
  const readers = new Map<number, number[]>()
  for (const { author_id, owner_id } of rows) {
    const owners = readers.get(author_id)
    if (owners) owners.push(owner_id)
    else readers.set(author_id, [owner_id])
  }
  return readers
}

/** Puts posts on home timelines. */
export async function addToHome(
  tx: Transaction,
  rows: readonly (readonly [owner: number, post: number])[],
): Promise<void> {
  await tx.bulk.run(ADD, rows)
}

/**
 * Makes what a local person reads agree with their ties: an author newly read comes with everything that is here of
 * them, one no longer read goes wholly.
 */
export async function refreshReads(tx: Transaction, owner: number, author: number): Promise<void> {
  const ties = await tx.db
    .selectFrom('tie')
    .select('kind')
    .where('from_id', 'in', identitiesOf(tx, owner))
    .where('to_id', '=', author)
    .where('active', '=', 1)
    .execute()
  const kinds = new Set(ties.map(({ kind }) => kind))
  const self = await identitiesOf(tx, owner).where('id', '=', author).executeTakeFirst()
  const hidden = kinds.has('block') || kinds.has('mute')
  const wanted = self !== undefined || (kinds.has('follow') && !hidden)
  const known = await tx.db
    .selectFrom('reads')
    .select('owner_id')
    .where('author_id', '=', author)
    .where('owner_id', '=', owner)
    .executeTakeFirst()
  if (wanted && !known) await startReading(tx, owner, author)
  if (!wanted && known) await stopReading(tx, owner, author)
}

function identitiesOf(tx: Transaction, owner: number) {
  return tx.db
    .selectFrom('identity')
    .select('id')
    .where('person_id', '=', owner)
    .where('local', '=', sql.lit(1))
}

async function startReading(tx: Transaction, owner: number, author: number): Promise<void> {
  await tx.db.insertInto('reads').values({ author_id: author, owner_id: owner }).execute()
  await tx.db
    .insertInto('home')
    .columns(['owner_id', 'post_id'])
    .expression((e) =>
      e
        .selectFrom('post')
        .select([e.val(owner).as('owner_id'), 'id as post_id'])
        .where('author_id', '=', author)
        .where('deleted', '=', 0),
    )
    .onConflict((c) => c.doNothing())
    .execute()
}

async function stopReading(tx: Transaction, owner: number, author: number): Promise<void> {
  await tx.db
    .deleteFrom('reads')
    .where('author_id', '=', author)
    .where('owner_id', '=', owner)
    .execute()
  await tx.db
    .deleteFrom('home')
    .where('owner_id', '=', owner)
    .where('post_id', 'in', (e) =>
      e.selectFrom('post').select('id').where('author_id', '=', author),
    )
    .execute()
}
