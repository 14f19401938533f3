import { sql } from 'kysely'
import type { Draft } from '#model/deed.ts'
import type { Outbox, Parcel } from '#network/outbox.ts'
import type { Store, Transaction } from '#store/store.ts'

/** The outbox as rows beside everything else, so that a deed and its deliveries commit together. */
export function storeOutbox(store: Store): Outbox {
  return {
    async claim(networks, now, until, limit) {
      if (networks.length === 0 || !(await isDue(store, networks, now))) return []
      return await store.write((tx) => claim(tx, store.engine, networks, now, until, limit))
    },
    async expand(parcel, targets, until) {
      // One row already stands for what spreads by itself.
      if (targets.every((target) => target === parcel.target))
        return [{ ...parcel, expanded: true }]
      return await store.write((tx) => expand(tx, parcel, targets, until))
    },
    async settle(parcel, settlement) {
      if (settlement.state === 'sent' && (await isSent(store, parcel))) return
      await store.write(({ db }) =>
        db
          .updateTable('delivery')
          .set({
            state: settlement.state,
            attempt: parcel.attempt + 1,
            due_at: settlement.state === 'retry' ? settlement.due : 0,
            why: settlement.state === 'sent' ? null : settlement.why,
          })
          .where('outbox_id', '=', parcel.id)
          .where('target', '=', parcel.target)
          .execute(),
      )
    },
    async nextDue(networks) {
      if (networks.length === 0) return undefined
      const row = await store.read
        .selectFrom('delivery')
        .innerJoin('outbox', 'outbox.id', 'delivery.outbox_id')
        .select('due_at')
        .where('state', 'in', [sql.lit('waiting'), sql.lit('retry')])
        .where('network', 'in', networks)
        .orderBy('due_at')
        .limit(1)
        .executeTakeFirst()
      return row?.due_at
    },
    async release(now) {
      await store.write(({ db }) =>
        db.updateTable('delivery').set({ due_at: now }).where('state', '=', 'waiting').execute(),
      )
    },
  }
}

/** What spreads by itself was noted as sent in the transaction that stored its record. */
async function isSent(store: Store, { id, target }: Parcel): Promise<boolean> {
  if (target !== '') return false
  const row = await store.read
    .selectFrom('delivery')
    .select('state')
    .where('outbox_id', '=', id)
    .where('target', '=', '')
    .executeTakeFirst()
  return row?.state === 'sent'
}

async function isDue(store: Store, networks: readonly string[], now: number): Promise<boolean> {
  const row = await store.read
    .selectFrom('delivery')
    .innerJoin('outbox', 'outbox.id', 'delivery.outbox_id')
    .select('outbox_id')
    .where('state', 'in', [sql.lit('waiting'), sql.lit('retry')])
    .where('due_at', '<=', now)
    .where('network', 'in', networks)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

async function claim(
  { db }: Transaction,
  engine: Store['engine'],
  networks: readonly string[],
  now: number,
  until: number,
  limit: number,
): Promise<Parcel[]> {
  const due = db
    .selectFrom('delivery')
    .innerJoin('outbox', 'outbox.id', 'delivery.outbox_id')
    .leftJoin('copy', 'copy.id', 'outbox.copy_id')
    .select(['outbox.id', 'outbox.network', 'outbox.key', 'outbox.deed', 'outbox.expanded'])
    .select(['delivery.target', 'delivery.attempt', 'copy.ref'])
    .where('delivery.state', 'in', [sql.lit('waiting'), sql.lit('retry')])
    .where('delivery.due_at', '<=', now)
    .where('outbox.network', 'in', networks)
    .orderBy('delivery.due_at')
    .orderBy('outbox.id')
    .limit(limit)
  const rows = await (
    engine === 'postgres' ? due.forUpdate('delivery').skipLocked() : due
  ).execute()
  for (const { id, target } of rows) {
    await db
      .updateTable('delivery')
      .set({ due_at: until })
      .where('outbox_id', '=', id)
      .where('target', '=', target)
      .execute()
  }
  return rows.map(({ id, network, key, deed, expanded, target, attempt, ref }) => ({
    id,
    network,
    key,
    deed: JSON.parse(deed) as Draft,
    target,
    expanded: expanded === 1,
    attempt,
    ...(ref !== null && { ref: { network, id: ref } }),
  }))
}

async function expand(
  { db }: Transaction,
  parcel: Parcel,
  targets: readonly string[],
  until: number,
): Promise<Parcel[]> {
  const distinct = [...new Set(targets)]
  await db.updateTable('outbox').set({ expanded: 1 }).where('id', '=', parcel.id).execute()
  await db
    .deleteFrom('delivery')
    .where('outbox_id', '=', parcel.id)
    .where('target', '=', parcel.target)
    .execute()
  for (let i = 0; i < distinct.length; i += 500) {
    const rows = distinct.slice(i, i + 500).map((target) => ({
      outbox_id: parcel.id,
      target,
      state: 'waiting',
      due_at: until,
      attempt: 0,
    }))
    await db
      .insertInto('delivery')
      .values(rows.map((row) => ({ ...row, why: null })))
      .onConflict((c) => c.doNothing())
      .execute()
  }
  return distinct.map((target) => ({ ...parcel, target, expanded: true, attempt: 0 }))
}
