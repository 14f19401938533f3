import { bulkStatement } from '#store/bulk.ts'
import type { NotificationRow } from '#store/schema.ts'
import type { Transaction } from '#store/store.ts'

const ADD = bulkStatement(
  { owner_id: 'int', subject_id: 'int', actor_id: 'int', kind: 'text', id: 'int' },
  `insert into notification(owner_id, subject_id, actor_id, kind, id)
   select owner_id, subject_id, actor_id, kind, id from v where true
   on conflict (owner_id, subject_id, actor_id) do update set kind = excluded.kind
   where excluded.kind = 'reply'`,
)

/** Adds notifications that are not there yet; an answer outranks a mention. */
export async function addNotifications(
  tx: Transaction,
  rows: readonly NotificationRow[],
): Promise<void> {
  await tx.bulk.run(
    ADD,
    rows.map((n) => [n.owner_id, n.subject_id, n.actor_id, n.kind, n.id]),
  )
}

const OWNERS = bulkStatement(
  { id: 'int' },
  'select o.copy_id, o.owner_id from v join own o on o.copy_id = v.id',
)

/** Owners of those of these copies that are local people's posts. */
export async function ownersOf(
  tx: Transaction,
  copies: readonly number[],
): Promise<Map<number, number>> {
  const rows = await tx.bulk.all<{ copy_id: number; owner_id: number }>(
    OWNERS,
    copies.map((id) => [id]),
  )
  return new Map(rows.map(({ copy_id, owner_id }) => [copy_id, owner_id]))
}

const OWN = bulkStatement(
  { copy_id: 'int', owner_id: 'int', author_id: 'int' },
  `insert into own(copy_id, owner_id, author_id)
   select copy_id, owner_id, author_id from v where true on conflict do nothing`,
)

/** Remembers that a post is a local person's. */
export async function addOwn(
  tx: Transaction,
  copy: number,
  owner: number,
  author: number,
): Promise<void> {
  await tx.bulk.run(OWN, [[copy, owner, author]])
}

/** One reaction each. */
type Reacted = { readonly copy: number; readonly actor: number }

const REACTED = bulkStatement(
  { copy_id: 'int', actor_id: 'int' },
  `insert into notification(owner_id, subject_id, actor_id, kind, id)
   select o.owner_id, r.copy_id, r.actor_id, 'reaction', r.stamp from v
   join reaction r on r.copy_id = v.copy_id and r.actor_id = v.actor_id
   join own o on o.copy_id = r.copy_id
   where r.active = 1 and r.actor_id <> o.author_id
   on conflict (owner_id, subject_id, actor_id) do update set id = excluded.id`,
)

const UNREACTED = bulkStatement(
  { copy_id: 'int', actor_id: 'int' },
  `delete from notification where kind = 'reaction' and (owner_id, subject_id, actor_id) in (
   select o.owner_id, r.copy_id, r.actor_id from v
   join reaction r on r.copy_id = v.copy_id and r.actor_id = v.actor_id
   join own o on o.copy_id = r.copy_id where r.active = 0)`,
)

/** Makes notifications of reactions to local people's posts agree with the reactions. */
export async function notifyReactions(tx: Transaction, reacted: readonly Reacted[]): Promise<void> {
  const owners = await ownersOf(tx, [...new Set(reacted.map(({ copy }) => copy))])
  const ours = reacted
    .filter(({ copy }) => owners.has(copy))
    .map(({ copy, actor }) => [copy, actor])
  await tx.bulk.run(REACTED, ours)
  await tx.bulk.run(UNREACTED, ours)
}
