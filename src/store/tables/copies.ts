import { sql } from 'kysely'
import { bulkStatement } from '#store/bulk.ts'
import type { Transaction } from '#store/store.ts'

/** What a ref of a record stands for here. */
export type Copy = {
  readonly id: number
  /** The copy that stands for all copies of the same post. */
  readonly main: number
  /** True when an edit or deletion waits for it. */
  readonly pending: boolean
  /** True when this transaction saw the ref for the first time. */
  readonly fresh: boolean
}

const FIND = bulkStatement(
  { network: 'text', ref: 'text' },
  `select c.id, c.ref, c.main_id, c.pending from v
   join copy c on c.network = v.network and c.ref = v.ref`,
)

const ADD = bulkStatement(
  { id: 'int', network: 'text', ref: 'text' },
  'insert into copy(id, network, ref) select id, network, ref from v where true',
)

type Found = { id: number; ref: string; main_id: number | null; pending: number }

/** Copies of these refs, those that are here. */
export async function findCopies(
  tx: Transaction,
  network: string,
  refs: readonly string[],
): Promise<Map<string, Copy>> {
  const rows = await tx.bulk.all<Found>(
    FIND,
    refs.map((ref) => [network, ref]),
  )
  return new Map(
    rows.map(({ id, ref, main_id, pending }) => [
      ref,
      { id, main: main_id ?? id, pending: pending === 1, fresh: false },
    ]),
  )
}

/** Copies of these (distinct) refs; unknown ones get a row. The caller holds the lock `receive`. */
export async function internCopies(
  tx: Transaction,
  network: string,
  refs: readonly string[],
): Promise<Map<string, Copy>> {
  const copies = await findCopies(tx, network, refs)
  if (copies.size === refs.length) return copies
  let next = await nextId(tx, 'copy')
  const added: [number, string, string][] = []
  for (const ref of refs) {
    if (copies.has(ref)) continue
    copies.set(ref, { id: next, main: next, pending: false, fresh: true })
    added.push([next, network, ref])
    next += 1
  }
  await tx.bulk.run(ADD, added)
  return copies
}

/** The next free id of a table whose ids are given by us, under the lock `receive`. */
export async function nextId(
  tx: Transaction,
  table: 'copy' | 'identity' | 'conversation' | 'outbox' | 'person',
): Promise<number> {
  const { last } = await tx.db
    .selectFrom(table)
    .select(sql<number>`coalesce(max(id), 0)`.as('last'))
    .executeTakeFirstOrThrow()
  return last + 1
}
