import type { Schema } from '#store/schema.ts'
import { bulkStatement } from '#store/bulk.ts'
import type { Transaction } from '#store/store.ts'

/** How far a feed is known, while a transaction changes it. */
export type Feed = {
  readonly identity: number
  readonly network: string
  sequence: number
  head: number | null
  checked: number
  bytes: number
  records: number
}

const FIND_FEEDS = bulkStatement(
  { id: 'int' },
  'select f.* from v join feed f on f.identity_id = v.id',
)

const KEEP_FEED = bulkStatement(
  {
    identity_id: 'int',
    network: 'text',
    sequence: 'int',
    head_id: 'int',
    checked: 'int',
    bytes: 'int',
    records: 'int',
  },
  `insert into feed(identity_id, network, sequence, head_id, checked, bytes, records)
   select identity_id, network, sequence, head_id, checked, bytes, records from v where true
   on conflict (identity_id) do update set sequence = excluded.sequence, head_id = excluded.head_id,
     checked = excluded.checked, bytes = excluded.bytes, records = excluded.records`,
)

/** Feeds of these identities; those that are new start empty. */
export async function loadFeeds(
  tx: Transaction,
  network: string,
  identities: readonly number[],
): Promise<Map<number, Feed>> {
  const rows = await tx.bulk.all<Schema['feed']>(
    FIND_FEEDS,
    identities.map((id) => [id]),
  )
  const feeds = new Map<number, Feed>()
  for (const row of rows) {
    const { sequence, checked, bytes, records } = row
    const identity = row.identity_id
    feeds.set(identity, { identity, network, sequence, head: row.head_id, checked, bytes, records })
  }
  for (const identity of identities) {
    if (feeds.has(identity)) continue
    const empty = { identity, network, sequence: 0, head: null, checked: 0, bytes: 0, records: 0 }
    feeds.set(identity, empty)
  }
  return feeds
}

/** Writes feeds back. */
export async function keepFeeds(tx: Transaction, feeds: Iterable<Feed>): Promise<void> {
  const rows = [...feeds].map((feed) => [
    feed.identity,
    feed.network,
    feed.sequence,
    feed.head,
    feed.checked,
    feed.bytes,
    feed.records,
  ])
  await tx.bulk.run(KEEP_FEED, rows)
}

/** A record on its way into the database. */
export type NewRecord = {
  readonly nr: number
  readonly copy: number
  readonly feed: number
  readonly sequence: number | null
  readonly bytes: Uint8Array
}

const ADD = bulkStatement(
  {
    nr: 'int',
    copy_id: 'int',
    feed_id: 'int',
    sequence: 'int',
    bytes: 'bytes',
    arrived: 'int',
  },
  `insert into record(nr, copy_id, feed_id, sequence, bytes, arrived)
   select nr, copy_id, feed_id, sequence, bytes, arrived from v where true`,
)

const BY_NR = bulkStatement(
  { nr: 'int' },
  'select r.nr, r.sequence, r.arrived from v join record r on r.nr = v.nr',
)

const BY_SEQUENCE = bulkStatement(
  { feed_id: 'int', sequence: 'int' },
  `select r.feed_id, r.sequence from v
   join record r on r.feed_id = v.feed_id and r.sequence = v.sequence`,
)

/** Adds records that are not there yet. */
export async function addRecords(
  tx: Transaction,
  records: readonly NewRecord[],
  arrived: number,
): Promise<void> {
  await tx.bulk.run(
    ADD,
    records.map(({ nr, copy, feed, sequence, bytes }) => [
      nr,
      copy,
      feed,
      sequence,
      bytes,
      arrived,
    ]),
  )
}

/** When a record came, and its place in its feed. */
export type Arrival = { readonly sequence: number | null; readonly arrived: number }

/** Arrivals of those of these numbers that are records. */
export async function findArrivals(
  tx: Transaction,
  nrs: readonly number[],
): Promise<Map<number, Arrival>> {
  const rows = await tx.bulk.all<{ nr: number } & Arrival>(
    BY_NR,
    nrs.map((nr) => [nr]),
  )
  return new Map(rows.map(({ nr, sequence, arrived }) => [nr, { sequence, arrived }]))
}

/** Which of these places are taken, as `feed sequence`. */
export async function takenPlaces(
  tx: Transaction,
  places: readonly { readonly feed: number; readonly sequence: number }[],
): Promise<Set<string>> {
  const rows = await tx.bulk.all<{ feed_id: number; sequence: number }>(
    BY_SEQUENCE,
    places.map(({ feed, sequence }) => [feed, sequence]),
  )
  return new Set(rows.map(({ feed_id, sequence }) => `${feed_id} ${sequence}`))
}
