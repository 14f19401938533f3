import type { Kysely } from 'kysely'
import type { Schema } from '#store/schema.ts'
import type { Store } from '#store/store.ts'
import type { Published } from '#social/social.ts'
import type { DeliveryView } from '#social/views.ts'

/** Deliveries of the deed with this key, in the order of networks and targets. */
export async function deliveriesOf(
  db: Kysely<Schema>,
  key: string,
): Promise<readonly DeliveryView[]> {
  const rows = await db
    .selectFrom('outbox')
    .innerJoin('delivery', 'delivery.outbox_id', 'outbox.id')
    .leftJoin('copy', 'copy.id', 'outbox.copy_id')
    .select(['outbox.network', 'delivery.state', 'delivery.why', 'delivery.due_at', 'copy.ref'])
    .where('outbox.key', '=', key)
    .orderBy('outbox.id')
    .orderBy('delivery.target')
    .execute()
  return rows.map(({ network, state, why, due_at, ref }) => ({
    network,
    state: state as DeliveryView['state'],
    ...(ref !== null && { ref: { network, id: ref } }),
    ...(why !== null && { why }),
    ...(state === 'retry' && { retryAt: due_at }),
  }))
}

/** What a person is told of the deed with this key: the id of the post or message that came of it. */
export async function publishedBy(store: Store, key: string): Promise<Published> {
  const deliveries = await deliveriesOf(store.read, key)
  const row = await store.read
    .selectFrom('outbox')
    .innerJoin('copy', 'copy.id', 'outbox.copy_id')
    .innerJoin('copy as main', (j) =>
      j.on((e) => e('main.id', '=', e.fn.coalesce('copy.main_id', 'copy.id'))),
    )
    .leftJoin('post', 'post.nr', 'main.nr')
    .leftJoin('message', 'message.nr', 'main.nr')
    .select(['post.id as post', 'message.id as message'])
    .where('outbox.key', '=', key)
    .orderBy('outbox.id')
    .limit(1)
    .executeTakeFirst()
  const id = row?.post ?? row?.message
  return id == null ? { deliveries } : { id: String(id), deliveries }
}

/** The key of the deed that a post or message of ours came of. */
export async function keyOf(store: Store, copy: number): Promise<string | undefined> {
  const row = await store.read
    .selectFrom('outbox')
    .innerJoin('copy', 'copy.id', 'outbox.copy_id')
    .select('outbox.key')
    .where((e) => e.or([e('copy.id', '=', copy), e('copy.main_id', '=', copy)]))
    .executeTakeFirst()
  return row?.key
}
