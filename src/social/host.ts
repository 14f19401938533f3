import { sql } from 'kysely'
import type { Clock } from '#base/clock.ts'
import type { Ref } from '#model/ref.ts'
import type {
  Blobs,
  Head,
  Host,
  Keys,
  NativeRecord,
  Records,
  StateBox,
  Tie,
} from '#network/host.ts'
import { hashRef } from '#store/stamp.ts'
import type { Store } from '#store/store.ts'
import type { ChangeBus } from '#social/bus.ts'
import { forgetFeed } from '#social/receive/forget.ts'
import type { Receiver } from '#social/receive/receive.ts'

/** What a host is made of. `keys` answers for local identities only. */
export type HostParts = {
  /** The network's name, as its plan gives it. */
  readonly network: string
  readonly store: Store
  readonly receiver: Receiver
  readonly bus: ChangeBus
  readonly clock: Clock
  readonly blobs: Blobs
  readonly fetch: typeof globalThis.fetch
  readonly keys: (identity: Ref) => Promise<Keys | undefined>
}

/** What the node lends to one network: its own records, values and people, and nothing of the others. */
export function hostFor(parts: HostParts): Host {
  const { network, store, receiver, bus, clock, blobs, fetch, keys } = parts
  return {
    clock,
    blobs,
    fetch,
    records: recordsOf(store, network),
    state: stateOf(store, network),
    ties: () => tiesOf(store, network),
    receive: (intake) => receiver.receive(network, intake),
    identities: () => identitiesOf(store, network),
    keys: async (identity) => (identity.network === network ? await keys(identity) : undefined),
    changed: () => bus.emit([{ kind: 'network', network }]),
  }
}

function recordsOf(store: Store, network: string): Records {
  const heads = () =>
    store.read
      .selectFrom('feed')
      .innerJoin('identity', 'identity.id', 'feed.identity_id')
      .leftJoin('copy', 'copy.id', 'feed.head_id')
      .select(['identity.ref as feed', 'feed.sequence', 'copy.ref as id', 'feed.checked'])
      .where('feed.network', '=', network)
      .where('feed.sequence', '>', 0)
  const records = () =>
    store.read
      .selectFrom('record')
      .innerJoin('copy', 'copy.id', 'record.copy_id')
      .innerJoin('identity', 'identity.id', 'record.feed_id')
      .select(['copy.ref as id', 'identity.ref as feed', 'record.sequence', 'record.bytes'])
      .where('identity.network', '=', network)
  return {
    heads: async () => (await heads().execute()).map(headOf),
    async head(feed) {
      const row = await heads().where('identity.ref', '=', feed).executeTakeFirst()
      return row && headOf(row)
    },
    async range(feed, sequence, limit) {
      const rows = await records()
        .where('identity.ref', '=', feed)
        .where('record.sequence', '>=', sequence)
        .orderBy('record.sequence')
        .limit(limit)
        .execute()
      return rows.map(recordOf)
    },
    async get(id) {
      const row = await records()
        .where('copy.network', '=', network)
        .where('copy.hash', '=', hashRef(id))
        .where('copy.ref', '=', id)
        .executeTakeFirst()
      return row && recordOf(row)
    },
    async keyed(key) {
      const row = await records()
        .innerJoin('keyed', 'keyed.copy_id', 'copy.id')
        .where('keyed.key', '=', key)
        .where('keyed.network', '=', network)
        .executeTakeFirst()
      return row && recordOf(row)
    },
    forget: (feed) => forgetFeed(store, network, feed),
  }
}

type HeadRow = { feed: string; sequence: number; id: string | null; checked: number }

function headOf({ feed, sequence, id, checked }: HeadRow): Head {
  return { feed, sequence, id: id ?? '', checked }
}

type Row = { id: string; feed: string; sequence: number | null; bytes: Uint8Array }

function recordOf({ id, feed, sequence, bytes }: Row): NativeRecord {
  return sequence === null ? { id, feed, bytes } : { id, feed, sequence, bytes }
}

function stateOf(store: Store, network: string): StateBox {
  return {
    async get(key) {
      const row = await store.read
        .selectFrom('state_box')
        .select('value')
        .where('network', '=', network)
        .where('key', '=', key)
        .executeTakeFirst()
      return row?.value
    },
    async put(key, value) {
      await store.write(({ db }) =>
        db
          .insertInto('state_box')
          .values({ network, key, value })
          .onConflict((c) => c.columns(['network', 'key']).doUpdateSet({ value }))
          .execute(),
      )
    },
    async delete(key) {
      await store.write(({ db }) =>
        db.deleteFrom('state_box').where('network', '=', network).where('key', '=', key).execute(),
      )
    },
    async keys(prefix) {
      const rows = await store.read
        .selectFrom('state_box')
        .select('key')
        .where('network', '=', network)
        .where('key', '>=', prefix)
        .where('key', '<', `${prefix}\u{10FFFF}`)
        .orderBy('key')
        .execute()
      return rows.map(({ key }) => key)
    },
  }
}

async function tiesOf(store: Store, network: string): Promise<readonly Tie[]> {
  const rows = await store.read
    .selectFrom('tie')
    .innerJoin('identity as a', 'a.id', 'tie.from_id')
    .innerJoin('identity as b', 'b.id', 'tie.to_id')
    .select(['a.ref as from', 'b.ref as to', 'tie.kind'])
    .where('tie.active', '=', 1)
    .where('tie.kind', 'in', ['follow', 'block'])
    .where('a.network', '=', network)
    .where('b.network', '=', network)
    .execute()
  return rows as readonly Tie[]
}

async function identitiesOf(store: Store, network: string): Promise<readonly Ref[]> {
  const rows = await store.read
    .selectFrom('identity')
    .select('ref')
    .where('network', '=', network)
    .where('local', '=', sql.lit(1))
    .orderBy('id')
    .execute()
  return rows.map(({ ref }) => ({ network, id: ref }))
}
