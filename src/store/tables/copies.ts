import { sql } from 'kysely'
import { bulkStatement } from '#store/bulk.ts'
import { hashRef } from '#store/stamp.ts'
import type { Transaction } from '#store/store.ts'

/** What a ref of a record stands for here. */
export type Copy = {
  readonly id: number
  /** Of the ref. */
  readonly hash: number
  /** The copy that stands for all copies of the same post. */
  readonly main: number
  /** True when an edit or deletion waits for it. */
  readonly pending: boolean
  /** Number of its arrival; null while it is only referred to. */
  readonly nr: number | null
  /** True when something referred to it, or it came, before this intake. */
  readonly known: boolean
}

const FIND = bulkStatement(
  { hash: 'int' },
  `select c.id, c.network, c.ref, c.hash, c.main_id, c.pending, c.nr from v
   join copy c on c.hash = v.hash`,
)

const ADD = bulkStatement(
  { id: 'int', network: 'text', ref: 'text', hash: 'int', nr: 'int' },
  `insert into copy(id, network, ref, hash, nr)
   select id, network, ref, hash, nr from v where true`,
)

const ARRIVE = bulkStatement(
  { id: 'int', nr: 'int' },
  'update copy set nr = v.nr from v where copy.id = v.id',
)

type Found = {
  id: number
  network: string
  ref: string
  hash: number
  main_id: number | null
  pending: number
  nr: number | null
}

/** Gives numbers of arrival, growing within a transaction that holds the lock `receive`. */
export type Arrivals = { next: number }

/** Copies of these refs, those that are here. */
export async function findCopies(
  tx: Pick<Transaction, 'bulk'>,
  network: string,
  refs: readonly string[],
  hashes: readonly number[] = refs.map(hashRef),
): Promise<Map<string, Copy>> {
  const wanted = new Set(refs)
  const rows = await tx.bulk.all<Found>(
    FIND,
    hashes.map((hash) => [hash]),
  )
  const copies = new Map<string, Copy>()
  for (const row of rows) {
    if (row.network !== network || !wanted.has(row.ref)) continue
    const { id, hash, main_id, nr } = row
    copies.set(row.ref, {
      id,
      hash,
      main: main_id ?? id,
      pending: row.pending === 1,
      nr,
      known: true,
    })
  }
  return copies
}

/**
 * Copies of these (distinct) refs; unknown ones get a row, those that arrive now a number. The caller holds the lock
 * `receive`.
 */
export async function internCopies(
  tx: Transaction,
  network: string,
  refs: readonly string[],
  arriving: ReadonlySet<string>,
  arrivals: Arrivals,
): Promise<Map<string, Copy>> {
  const hashes = refs.map(hashRef)
  const copies = await findCopies(tx, network, refs, hashes)
  let next = copies.size === refs.length ? 0 : await nextId(tx, 'copy')
  const added: [number, string, string, number, number | null][] = []
  const arrived: [number, number][] = []
  for (const [i, ref] of refs.entries()) {
    const copy = copies.get(ref)
    if (copy && (copy.nr !== null || !arriving.has(ref))) continue
    const nr = arriving.has(ref) ? arrivals.next++ : null
    if (copy) {
      copies.set(ref, { ...copy, nr })
      arrived.push([copy.id, nr!])
      continue
    }
    const hash = hashes[i]!
    copies.set(ref, { id: next, hash, main: next, pending: false, nr, known: false })
    added.push([next, network, ref, hash, nr])
    next += 1
  }
  await tx.bulk.run(ADD, added)
  await tx.bulk.run(ARRIVE, arrived)
  return copies
}

/** The next number of arrival. */
export async function nextArrival(tx: Transaction): Promise<Arrivals> {
  const { rows } = await sql<{ last: number }>`select max(coalesce(nr, 0)) as last from (
    select max(nr) as nr from record union all select max(nr) from post
    union all select max(nr) from message) as newest`.execute(tx.db)
  return { next: rows[0]!.last + 1 }
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
