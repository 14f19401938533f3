import type {
  AnswerFollowDeed,
  BlockDeed,
  FollowDeed,
  ReactDeed,
  ShareDeed,
  SubscribeDeed,
} from '#model/deed.ts'
import type { NotificationRow, ReactionRow, TieRow } from '#store/schema.ts'
import { refreshReads } from '#store/tables/home.ts'
import { addNotifications, notifyReactions } from '#store/tables/notifications.ts'
import { findKnown } from '#store/tables/posts.ts'
import { keepReactions, keepSubscriptions, keepTies } from '#store/tables/ties.ts'
import { cleanText } from '#social/receive/clean.ts'
import type { Item } from '#social/receive/item.ts'
import { storedTag } from '#social/receive/posts.ts'
import type { Scene } from '#social/receive/scene.ts'

/** Longest reaction that is kept, in UTF-16 units. */
const MAX_EMOJI = 64

/** Keeps what people feel about posts. */
export async function receiveReactions(
  scene: Scene,
  items: readonly Item<ReactDeed>[],
): Promise<void> {
  if (items.length === 0) return
  const rows = new Map<string, ReactionRow>()
  for (const { deed, actor, rank, stamp } of items) {
    const copy_id = scene.copy(deed.of)?.main
    if (copy_id === undefined) continue
    const emoji = cleanText(deed.emoji, MAX_EMOJI)
    const row = { copy_id, actor_id: actor, emoji, active: Number(deed.on), rank, stamp }
    keepHigher(rows, `${copy_id} ${actor}`, row)
  }
  const kept = [...rows.values()]
  await keepReactions(scene.tx, kept)
  await notifyReactions(
    scene.tx,
    kept.map(({ copy_id, actor_id }) => ({ copy: copy_id, actor: actor_id })),
  )
  if (scene.rebuilding) return
  const targets = new Set<number>()
  for (const { deed } of items) {
    const nr = scene.copy(deed.of)?.nr
    if (nr != null) targets.add(nr)
  }
  for (const { id } of (await findKnown(scene.tx, 'post', [...targets])).values()) {
    scene.changes.push({ kind: 'reaction', post: String(id) })
  }
}

/** Keeps who follows and blocks whom, and what local people read because of it. */
export async function receiveTies(
  scene: Scene,
  items: readonly (Item<FollowDeed> | Item<BlockDeed> | Item<AnswerFollowDeed>)[],
): Promise<void> {
  if (items.length === 0) return
  const rows = new Map<string, TieRow>()
  const told: NotificationRow[] = []
  for (const { deed, actor, rank, stamp } of items) {
    const whom = scene.person(deed.whom)
    if (whom === undefined || whom === actor) continue
    const kind = deed.kind === 'answer-follow' ? 'accept' : deed.kind
    const active = Number(deed.kind === 'answer-follow' ? deed.accepted : deed.on)
    const row = { from_id: actor, kind, to_id: whom, active, rank, stamp }
    keepHigher(rows, `${actor} ${kind} ${whom}`, row)
    const owner_id = scene.owners.get(whom)
    if (kind !== 'follow' || active === 0 || owner_id === undefined) continue
    told.push({ owner_id, subject_id: 0, actor_id: actor, kind: 'follow', id: stamp })
  }
  await keepTies(scene.tx, [...rows.values()])
  await notifyFollows(scene, told)
  for (const { from_id, to_id } of rows.values()) {
    const owner = scene.owners.get(from_id)
    if (owner === undefined) continue
    await refreshReads(scene.tx, owner, to_id)
    scene.changes.push({ kind: 'person', id: String(to_id) })
  }
}

/** One notification a follower, of the first follow that is known. */
async function notifyFollows(scene: Scene, told: readonly NotificationRow[]): Promise<void> {
  const first = new Map<string, NotificationRow>()
  for (const row of told) {
    const key = `${row.owner_id} ${row.actor_id}`
    const known = first.get(key)
    if (!known || row.id < known.id) first.set(key, row)
  }
  const rows = [...first.values()]
  await addNotifications(scene.tx, rows)
  for (const { owner_id, actor_id, id } of rows) {
    await scene.tx.db
      .updateTable('notification')
      .set({ id })
      .where('owner_id', '=', owner_id)
      .where('subject_id', '=', 0)
      .where('actor_id', '=', actor_id)
      .where('id', '>', id)
      .execute()
  }
}

/** Keeps which tags people read. */
export async function receiveSubscriptions(
  scene: Scene,
  items: readonly Item<SubscribeDeed>[],
): Promise<void> {
  const rows = new Map<string, { readonly row: [number, string, number, number]; rank: number }>()
  for (const { deed, actor, rank } of items) {
    const tag = storedTag(deed.tag)
    keepHigher(rows, `${actor} ${tag}`, { row: [actor, tag, Number(deed.on), rank], rank })
  }
  await keepSubscriptions(
    scene.tx,
    [...rows.values()].map(({ row }) => row),
  )
}

/** Keeps who passed on which post. */
export async function receiveShares(
  scene: Scene,
  items: readonly Item<ShareDeed>[],
): Promise<void> {
  for (const { deed, actor, copy, stamp } of items) {
    const of = scene.copy(deed.of)
    if (!of) continue
    await scene.tx.db
      .insertInto('share')
      .values({ copy_id: copy.id, of_id: of.main, actor_id: actor, stamp })
      .onConflict((c) => c.doNothing())
      .execute()
  }
}

/** Keeps the row that counts more. */
export function keepHigher<R extends { readonly rank: number }>(
  rows: Map<string, R>,
  key: string,
  row: R,
): void {
  const known = rows.get(key)
  if (!known || row.rank > known.rank) rows.set(key, row)
}
