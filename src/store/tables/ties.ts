import { bulkStatement } from '#store/bulk.ts'
import type { ReactionRow, TieRow } from '#store/schema.ts'
import type { Transaction } from '#store/store.ts'

const REACT = bulkStatement(
  { copy_id: 'int', actor_id: 'int', emoji: 'text', active: 'int', rank: 'int', stamp: 'int' },
  `insert into reaction(copy_id, actor_id, emoji, active, rank, stamp)
   select copy_id, actor_id, emoji, active, rank, stamp from v where true
   on conflict (copy_id, actor_id) do update set emoji = excluded.emoji, active = excluded.active,
     rank = excluded.rank, stamp = excluded.stamp where excluded.rank > reaction.rank`,
)

/** Keeps reactions that outrank what is known; one an actor and post. */
export async function keepReactions(tx: Transaction, rows: readonly ReactionRow[]): Promise<void> {
  await tx.bulk.run(
    REACT,
    rows.map((r) => [r.copy_id, r.actor_id, r.emoji, r.active, r.rank, r.stamp]),
  )
}

const TIE = bulkStatement(
  { from_id: 'int', kind: 'text', to_id: 'int', active: 'int', rank: 'int', stamp: 'int' },
  `insert into tie(from_id, kind, to_id, active, rank, stamp)
   select from_id, kind, to_id, active, rank, stamp from v where true
   on conflict (from_id, kind, to_id) do update set active = excluded.active, rank = excluded.rank,
     stamp = excluded.stamp where excluded.rank > tie.rank`,
)

/** Keeps ties that outrank what is known; one an actor, kind and person. */
export async function keepTies(tx: Transaction, rows: readonly TieRow[]): Promise<void> {
  await tx.bulk.run(
    TIE,
    rows.map((r) => [r.from_id, r.kind, r.to_id, r.active, r.rank, r.stamp]),
  )
}

const SUBSCRIBE = bulkStatement(
  { identity_id: 'int', tag: 'text', active: 'int', rank: 'int' },
  `insert into subscription(identity_id, tag, active, rank)
   select identity_id, tag, active, rank from v where true
   on conflict (identity_id, tag) do update set active = excluded.active, rank = excluded.rank
   where excluded.rank > subscription.rank`,
)

/** Keeps subscriptions that outrank what is known; one a person and tag. */
export async function keepSubscriptions(
  tx: Transaction,
  rows: readonly (readonly [person: number, tag: string, active: number, rank: number])[],
): Promise<void> {
  await tx.bulk.run(SUBSCRIBE, rows)
}
