/**
 * Rebuilds everything that is derived from records: in steps that are each whole, so that it can be interrupted and goes on
 * where it ended. Ids of posts and messages stay what they were.
 */
import { sql } from 'kysely'
import type { Deed } from '#model/deed.ts'
import type { Intake } from '#network/host.ts'
import type { Network, Progress } from '#network/network.ts'
import { UNSAID } from '#store/stamp.ts'
import type { Store, Transaction } from '#store/store.ts'
import type { SocialCore } from '#social/core.ts'

/** Where a rebuild stands, as a row of `meta`: the number of the last record done. */
const KEY = 'rebuild'

/** Records done by one transaction. */
const STEP = 500

/** Tables that records make anew. */
const DERIVED = [
  'post',
  'message',
  'own',
  'home',
  'tag',
  'reaction',
  'share',
  'subscription',
  'change',
  'event',
  'attendance',
  'notification',
] as const

export type ReindexOptions = {
  readonly core: SocialCore
  readonly networks: readonly Network[]
  readonly progress?: (progress: Progress) => void
  readonly signal?: AbortSignal
}

/** True while a rebuild was begun and not finished. */
export async function isRebuilding(store: Store): Promise<boolean> {
  return (await cursorOf(store)) !== undefined
}

/**
 * Rebuilds the indexes, or goes on with a rebuild that was interrupted. Until it ends, lists answer `RebuildingError`.
 *
 * @throws the signal's reason; what was done so far is kept
 */
export async function reindex(options: ReindexOptions): Promise<void> {
  const { core, progress, signal } = options
  const { store, state } = core
  state.rebuilding = true
  let cursor = await cursorOf(store)
  if (cursor === undefined) {
    await store.write(begin)
    cursor = 0
  }
  const total = await countRecords(store)
  let done = total - (await countRecords(store, cursor))
  for (;;) {
    progress?.({ what: 'rebuilding the index', done, total })
    signal?.throwIfAborted()
    const from: number = cursor
    const step = await store.write((tx) => rebuildStep(tx, options, from))
    if (!step) break
    cursor = step.last
    done += step.count
  }
  await store.write(finish)
  state.rebuilding = false
}

async function cursorOf({ read }: Store): Promise<number | undefined> {
  const row = await read
    .selectFrom('meta')
    .select('value')
    .where('key', '=', KEY)
    .executeTakeFirst()
  return row && Number(row.value)
}

async function countRecords({ read }: Store, after = 0): Promise<number> {
  const row = await read
    .selectFrom('record')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('nr', '>', after)
    .executeTakeFirstOrThrow()
  return row.count
}

async function begin(tx: Transaction): Promise<void> {
  await tx.lock('receive')
  const { db } = tx
  await db.deleteFrom('reserved').execute()
  for (const table of ['post', 'message'] as const) {
    await db
      .insertInto('reserved')
      .columns(['copy_id', 'id'])
      .expression((e) => e.selectFrom(table).select(['copy_id', 'id']))
      .execute()
  }
  for (const table of DERIVED) await db.deleteFrom(table).execute()
  // What was never published is no one's record.
  await db.deleteFrom('tie').where('kind', '<>', 'mute').execute()
  const locals = db.selectFrom('identity').select('id').where('local', '=', sql.lit(1))
  await db.deleteFrom('reads').where('author_id', 'not in', locals).execute()
  await db
    .updateTable('identity')
    .set({ name: null, name_rank: UNSAID, about: null, about_rank: UNSAID })
    .set({ avatar: null, avatar_rank: UNSAID, moved_to: null, moved_rank: UNSAID })
    .execute()
  await db.updateTable('copy').set({ pending: 0 }).where('pending', '=', 1).execute()
  await db.updateTable('conversation').set({ last_id: 0 }).execute()
  await setCursor(tx, 0)
}

async function setCursor({ db }: Transaction, cursor: number): Promise<void> {
  const value = String(cursor)
  await db
    .insertInto('meta')
    .values({ key: KEY, value })
    .onConflict((c) => c.column('key').doUpdateSet({ value }))
    .execute()
}

async function finish({ db }: Transaction): Promise<void> {
  await db.deleteFrom('reserved').execute()
  await db.deleteFrom('meta').where('key', '=', KEY).execute()
}

type Step = { readonly last: number; readonly count: number }

async function rebuildStep(
  tx: Transaction,
  { core, networks }: ReindexOptions,
  after: number,
): Promise<Step | undefined> {
  await tx.lock('receive')
  const rows = await recordsAfter(tx, after)
  const last = rows.at(-1)
  if (!last) return undefined
  for (const [name, records] of Map.groupBy(rows, ({ network }) => network)) {
    const network = networks.find((one) => one.name === name)
    if (network) await core.receiver.rebuild(tx, name, await decodeAll(network, records))
  }
  await setCursor(tx, last.nr)
  return { last: last.nr, count: rows.length }
}

type Row = Awaited<ReturnType<typeof recordsAfter>>[number]

async function recordsAfter({ db }: Transaction, after: number) {
  return await db
    .selectFrom('record')
    .innerJoin('copy', 'copy.id', 'record.copy_id')
    .innerJoin('feed', 'feed.identity_id', 'record.feed_id')
    .innerJoin('identity', 'identity.id', 'record.feed_id')
    .select(['record.nr', 'record.sequence', 'record.bytes', 'feed.checked'])
    .select(['copy.network', 'copy.ref as id', 'identity.ref as feed'])
    .where('record.nr', '>', after)
    .orderBy('record.nr')
    .limit(STEP)
    .execute()
}

async function decodeAll(network: Network, rows: readonly Row[]): Promise<Intake> {
  const provisional: Deed[] = []
  const deeds: Deed[] = []
  for (const { id, feed, sequence, bytes, checked } of rows) {
    const place = sequence === null ? {} : { sequence }
    const found = await network.decode({ id, feed, bytes, ...place })
    const list = sequence !== null && sequence > checked ? provisional : deeds
    list.push(...found)
  }
  return { provisional, deeds }
}
