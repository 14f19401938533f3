import { UNSAID } from '#store/stamp.ts'
import type { Store, Transaction } from '#store/store.ts'
import { forgetRecords } from '#social/receive/drop.ts'

/** Records forgotten by one transaction, so that others get their turn. */
const AT_ONCE = 500

/** Forgets a feed wholly: records, what came of them, and its head. Harmless when it is not known. */
export async function forgetFeed(store: Store, network: string, feed: string): Promise<void> {
  const identity = await store.read
    .selectFrom('identity')
    .select('id')
    .where('network', '=', network)
    .where('ref', '=', feed)
    .executeTakeFirst()
  if (!identity) return
  while (await store.write((tx) => forgetSome(tx, identity.id))) continue
}

/** True while there may be more. The head goes first: a feed that is half forgotten is never served. */
async function forgetSome(tx: Transaction, identity: number): Promise<boolean> {
  await tx.lock('receive')
  await tx.db.deleteFrom('feed').where('identity_id', '=', identity).execute()
  const records = await tx.db
    .selectFrom('record')
    .select(['nr', 'copy_id'])
    .where('feed_id', '=', identity)
    .limit(AT_ONCE)
    .execute()
  await forgetRecords(tx, records)
  if (records.length === AT_ONCE) return true
  await forgetPerson(tx, identity)
  return false
}

async function forgetPerson(tx: Transaction, identity: number): Promise<void> {
  for (const table of ['reaction', 'share', 'attendance', 'change', 'notification'] as const) {
    await tx.db.deleteFrom(table).where('actor_id', '=', identity).execute()
  }
  await tx.db.deleteFrom('tie').where('from_id', '=', identity).execute()
  await tx.db.deleteFrom('subscription').where('identity_id', '=', identity).execute()
  await tx.db
    .updateTable('identity')
    .set({ name: null, name_rank: UNSAID, about: null, about_rank: UNSAID })
    .set({ avatar: null, avatar_rank: UNSAID, moved_to: null, moved_rank: UNSAID })
    .where('id', '=', identity)
    .execute()
}
