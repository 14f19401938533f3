import type { Intake } from '#network/host.ts'
import type { Transaction } from '#store/store.ts'
import { keepFeeds, loadFeeds, type Feed } from '#store/tables/records.ts'

/** Cuts feeds: unchecked records from a sequence on go away, with the posts and messages that came of them. */
export async function dropFeeds(
  tx: Transaction,
  network: string,
  dropped: Intake['dropped'],
): Promise<void> {
  for (const { feed, sequence } of dropped ?? []) {
    const identity = await tx.db
      .selectFrom('identity')
      .select('id')
      .where('network', '=', network)
      .where('ref', '=', feed)
      .executeTakeFirst()
    if (!identity) continue
    const known = (await loadFeeds(tx, network, [identity.id])).get(identity.id)!
    const from = Math.max(sequence, known.checked + 1)
    if (from > known.sequence) continue
    await dropFrom(tx, known, from)
  }
}

async function dropFrom(tx: Transaction, feed: Feed, from: number): Promise<void> {
  const records = await tx.db
    .selectFrom('record')
    .select(['nr', 'copy_id', 'bytes'])
    .where('feed_id', '=', feed.identity)
    .where('sequence', '>=', from)
    .execute()
  for (let i = 0; i < records.length; i += 500) await forgetRecords(tx, records.slice(i, i + 500))
  const head = await tx.db
    .selectFrom('record')
    .select(['copy_id', 'sequence'])
    .where('feed_id', '=', feed.identity)
    .where('sequence', 'is not', null)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  feed.sequence = head?.sequence ?? 0
  feed.head = head?.copy_id ?? null
  feed.bytes -= records.reduce((sum, { bytes }) => sum + bytes.length, 0)
  feed.records -= records.length
  await keepFeeds(tx, [feed])
}

/** Forgets records with the posts and messages that came of them. */
export async function forgetRecords(
  tx: Transaction,
  records: readonly { readonly nr: number; readonly copy_id: number }[],
): Promise<void> {
  if (records.length === 0) return
  const nrs = records.map(({ nr }) => nr)
  const copies = records.map(({ copy_id }) => copy_id)
  const posts = tx.db.selectFrom('post').select('id').where('nr', 'in', nrs)
  await tx.db.deleteFrom('home').where('post_id', 'in', posts).execute()
  await tx.db.deleteFrom('tag').where('post_id', 'in', posts).execute()
  const talks = await tx.db
    .selectFrom('message')
    .select('conversation_id')
    .distinct()
    .where('nr', 'in', nrs)
    .execute()
  for (const table of ['post', 'message', 'record'] as const) {
    await tx.db.deleteFrom(table).where('nr', 'in', nrs).execute()
  }
  for (const table of ['own', 'share', 'keyed'] as const) {
    await tx.db.deleteFrom(table).where('copy_id', 'in', copies).execute()
  }
  await tx.db.updateTable('copy').set({ nr: null }).where('id', 'in', copies).execute()
  await tx.db.deleteFrom('notification').where('subject_id', 'in', copies).execute()
  for (const { conversation_id } of talks) await refreshLast(tx, conversation_id)
}

async function refreshLast(tx: Transaction, conversation: number): Promise<void> {
  const last = await tx.db
    .selectFrom('message')
    .select((e) => e.fn.max('id').as('id'))
    .where('conversation_id', '=', conversation)
    .executeTakeFirst()
  await tx.db
    .updateTable('conversation')
    .set({ last_id: last?.id ?? 0 })
    .where('id', '=', conversation)
    .execute()
}
