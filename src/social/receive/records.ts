import type { Intake, NativeRecord } from '#network/host.ts'
import {
  addRecords,
  findArrivals,
  keepFeeds,
  loadFeeds,
  takenPlaces,
  type Feed,
  type NewRecord,
} from '#store/tables/records.ts'
import type { Scene } from '#social/receive/scene.ts'

/**
 * Keeps records and what is known of their feeds.
 *
 * @returns copies of records that were refused because another record has their place: their deeds count for nothing
 */
export async function keepRecords(scene: Scene, intake: Intake): Promise<ReadonlySet<number>> {
  const records = intake.records ?? []
  const checked = intake.checked ?? []
  if (records.length === 0 && checked.length === 0) return new Set()
  const feeds = await feedsOf(scene, [...records, ...checked])
  const added = await newRecords(scene, records, feeds)
  const { fresh, refused } = await refuseForks(scene, added, feeds)
  for (const record of fresh) grow(feeds.get(record.feed)!, record)
  for (const { feed, sequence } of checked) {
    const known = feedOf(scene, feeds, feed)
    if (known) known.checked = Math.max(known.checked, Math.min(sequence, known.sequence))
  }
  await addRecords(scene.tx, fresh, scene.now)
  await keepFeeds(scene.tx, feeds.values())
  return refused
}

async function feedsOf(
  scene: Scene,
  of: readonly { readonly feed: string }[],
): Promise<Map<number, Feed>> {
  const ids = new Set<number>()
  for (const { feed } of of) {
    const id = scene.person({ network: scene.network, id: feed })
    if (id !== undefined) ids.add(id)
  }
  return await loadFeeds(scene.tx, scene.network, [...ids])
}

function feedOf(scene: Scene, feeds: Map<number, Feed>, feed: string): Feed | undefined {
  return feeds.get(scene.person({ network: scene.network, id: feed }) ?? -1)
}

/** Those that are not stored yet, each once. */
async function newRecords(
  scene: Scene,
  records: readonly NativeRecord[],
  feeds: Map<number, Feed>,
): Promise<NewRecord[]> {
  const found = new Map<number, NewRecord>()
  const old: number[] = []
  for (const { id, feed, sequence, bytes } of records) {
    const copy = scene.copy({ network: scene.network, id })
    const known = feedOf(scene, feeds, feed)
    if (!copy || !known || found.has(copy.nr!)) continue
    const nr = copy.nr!
    if (!scene.fresh(copy)) old.push(nr)
    found.set(nr, { nr, copy: copy.id, feed: known.identity, sequence: sequence ?? null, bytes })
  }
  for (const nr of (await findArrivals(scene.tx, old)).keys()) found.delete(nr)
  return [...found.values()]
}

async function refuseForks(
  scene: Scene,
  records: readonly NewRecord[],
  feeds: Map<number, Feed>,
): Promise<{ readonly fresh: readonly NewRecord[]; readonly refused: ReadonlySet<number> }> {
  const newest = new Map<number, number>()
  const suspects: { feed: number; sequence: number }[] = []
  for (const { feed, sequence } of records) {
    if (sequence === null) continue
    const last = newest.get(feed) ?? feeds.get(feed)!.sequence
    if (sequence <= last) suspects.push({ feed, sequence })
    newest.set(feed, Math.max(last, sequence))
  }
  const refused = new Set<number>()
  if (suspects.length === 0) return { fresh: records, refused }
  const taken = await takenPlaces(scene.tx, suspects)
  const fresh = records.filter(({ copy, feed, sequence }) => {
    if (sequence === null) return true
    const place = `${feed} ${sequence}`
    if (taken.has(place)) refused.add(copy)
    taken.add(place)
    return !refused.has(copy)
  })
  if (refused.size > 0) {
    const of = scene.tx.db
      .updateTable('copy')
      .set({ nr: null })
      .where('id', 'in', [...refused])
    await of.execute()
  }
  return { fresh, refused }
}

function grow(feed: Feed, { copy, sequence, bytes }: NewRecord): void {
  feed.bytes += bytes.length
  feed.records += 1
  if (sequence === null || sequence <= feed.sequence) return
  feed.sequence = sequence
  feed.head = copy
}
