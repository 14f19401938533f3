import { bulkStatement } from '#store/bulk.ts'
import type { Transaction } from '#store/store.ts'

const REMEMBER = bulkStatement(
  { network: 'text', key: 'text', copy_id: 'int' },
  `insert into keyed(network, key, copy_id) select network, key, copy_id from v where true
   on conflict do nothing`,
)

const OF_KEY = bulkStatement(
  { key: 'text' },
  `select o.id, o.network, o.copy_id, c.main_id from v join outbox o on o.key = v.key
   left join copy c on c.id = o.copy_id order by o.id`,
)

const LINK = bulkStatement(
  { id: 'int', copy_id: 'int' },
  'update outbox set copy_id = v.copy_id from v where outbox.id = v.id',
)

const SENT = bulkStatement(
  { id: 'int' },
  `update delivery set state = 'sent', why = null, due_at = 0 from v
   where delivery.outbox_id = v.id and delivery.target = ''`,
)

/** A deed of ours on its way into one network. */
export type KeyedDeed = {
  readonly id: number
  readonly network: string
  /** The record that came of it. */
  readonly copy_id: number | null
  /** The copy that stands for it. */
  readonly main_id: number | null
}

/** Remembers which record came of a key; the first stays. */
export async function rememberKey(
  tx: Transaction,
  network: string,
  key: string,
  copy: number,
): Promise<void> {
  await tx.bulk.run(REMEMBER, [[network, key, copy]])
}

/** The deed of this key in every network, in the order of its rows. */
export async function deedsOfKey(tx: Transaction, key: string): Promise<KeyedDeed[]> {
  return await tx.bulk.all<KeyedDeed>(OF_KEY, [[key]])
}

/** Notes the record of a deed; what spreads by itself is sent with that. */
export async function linkRecord(tx: Transaction, deed: number, copy: number): Promise<void> {
  await tx.bulk.run(LINK, [[deed, copy]])
  await tx.bulk.run(SENT, [[deed]])
}
