import type { Ref } from '#model/ref.ts'
import type { Store, Transaction } from '#store/store.ts'
import { nextId } from '#store/tables/copies.ts'
import { refreshReads } from '#store/tables/home.ts'
import { internPeople } from '#store/tables/people.ts'

/**
 * Makes identities those of the node's person: posts of the people they follow come home, answers to them are told.
 * Repeating it is harmless. It must be done before their networks start.
 */
export async function adoptIdentities(
  store: Store,
  refs: readonly Ref[],
  now: number,
): Promise<void> {
  await store.write(async (tx) => {
    await tx.lock('receive')
    for (const { network, id } of refs) {
      const identity = (await internPeople(tx, network, [id])).get(id)!
      await adopt(tx, identity, now)
    }
  })
}

async function adopt(tx: Transaction, identity: number, now: number): Promise<void> {
  const known = await tx.db
    .selectFrom('identity')
    .select('local')
    .where('id', '=', identity)
    .executeTakeFirstOrThrow()
  if (known.local === 1) return
  const owner = await person(tx, now)
  await tx.db
    .updateTable('identity')
    .set({ local: 1, person_id: owner })
    .where('id', '=', identity)
    .execute()
  await tx.db
    .insertInto('own')
    .columns(['copy_id', 'owner_id', 'author_id'])
    .expression((e) =>
      e
        .selectFrom('post')
        .select(['copy_id', e.val(owner).as('owner_id'), 'author_id'])
        .where('author_id', '=', identity),
    )
    .onConflict((c) => c.doNothing())
    .execute()
  const ties = await tx.db
    .selectFrom('tie')
    .select('to_id')
    .where('from_id', '=', identity)
    .execute()
  for (const author of new Set([identity, ...ties.map(({ to_id }) => to_id)])) {
    await refreshReads(tx, owner, author)
  }
}

/** The one person of this node. */
async function person(tx: Transaction, now: number): Promise<number> {
  const known = await tx.db.selectFrom('person').select('id').orderBy('id').executeTakeFirst()
  if (known) return known.id
  const id = await nextId(tx, 'person')
  await tx.db.insertInto('person').values({ id, created_at: now }).execute()
  return id
}
