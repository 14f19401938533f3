import type { PostDeed } from '#model/deed.ts'
import { packContent } from '#store/content.ts'
import type { PostRow } from '#store/schema.ts'
import { addToHome, readersOf } from '#store/tables/home.ts'
import { addPosts, addTags, assignIds, findKnown } from '#store/tables/posts.ts'
import { applyPending } from '#social/receive/changes.ts'
import type { Item } from '#social/receive/item.ts'
import { keepOwn, notifyPosts } from '#social/receive/notify.ts'
import type { Scene } from '#social/receive/scene.ts'

/** Longest tag that is kept, in UTF-16 units. */
const MAX_TAG = 200

/** Stores posts, puts them on timelines and tells local people who are named or answered. */
export async function receivePosts(scene: Scene, items: readonly Item<PostDeed>[]): Promise<void> {
  if (items.length === 0) return
  const fresh = await newItems(scene, items)
  if (fresh.length > 0) await addNew(scene, fresh)
  await notifyPosts(
    scene,
    items.filter((item) => item.checked),
  )
}

async function newItems(scene: Scene, items: readonly Item<PostDeed>[]): Promise<Item<PostDeed>[]> {
  const old = items.filter(({ copy }) => !scene.fresh(copy)).map(({ copy }) => copy.nr!)
  const known = await findKnown(scene.tx, 'post', old)
  return items.filter(({ copy }) => copy.main === copy.id && !known.has(copy.id))
}

async function addNew(scene: Scene, items: readonly Item<PostDeed>[]): Promise<void> {
  const { tx } = scene
  const stamps = new Map(items.map(({ copy, stamp }) => [copy.id, stamp]))
  const ids = await assignIds(tx, stamps, scene.rebuilding)
  const roots = await rootsOf(scene, items)
  const rows = items.map((item) => rowOf(scene, item, ids.get(item.copy.id)!, roots))
  await applyPending(tx, items, rows)
  await addPosts(tx, rows)
  const readers = await readersOf(tx, [...new Set(rows.map((row) => row.author_id))])
  const home: [number, number][] = []
  const tags: [string, number][] = []
  rows.forEach((row, i) => {
    if (row.deleted === 1) return
    for (const owner of readers.get(row.author_id) ?? []) home.push([owner, row.id])
    for (const tag of items[i]!.deed.content.tags) tags.push([storedTag(tag), row.id])
    if (!scene.rebuilding) scene.changes.push({ kind: 'post', id: String(row.id) })
  })
  await addToHome(tx, home)
  await addTags(tx, tags)
  await keepOwn(scene, items, rows)
}

/** A tag as it is stored and asked for. */
export function storedTag(tag: string): string {
  return tag.toLowerCase().replaceAll('\0', '').toWellFormed().slice(0, MAX_TAG).toWellFormed()
}

function rowOf(
  scene: Scene,
  { deed, actor, copy, at }: Item<PostDeed>,
  id: number,
  roots: ReadonlyMap<number, number | null>,
): PostRow {
  const parent = deed.parent && scene.copy(deed.parent)?.main
  const root = deed.root && scene.copy(deed.root)?.main
  return {
    nr: copy.nr!,
    copy_id: copy.id,
    id,
    author_id: actor,
    root_id: root ?? (parent === undefined ? null : (roots.get(parent) ?? parent)),
    parent_id: parent ?? root ?? null,
    fork_id: (deed.fork && scene.copy(deed.fork)?.main) ?? null,
    audience: deed.audience,
    at,
    content: packContent(deed.content),
    deleted: 0,
  }
}

/** Roots of the parents of posts that name no root themselves. */
async function rootsOf(
  scene: Scene,
  items: readonly Item<PostDeed>[],
): Promise<ReadonlyMap<number, number | null>> {
  const parents = new Set<number>()
  for (const { deed } of items) {
    if (deed.root || !deed.parent) continue
    const parent = scene.copy(deed.parent)
    if (parent && parent.nr !== null) parents.add(parent.nr)
  }
  const known = await findKnown(scene.tx, 'post', [...parents])
  return new Map([...known].map(([copy, { root_id }]) => [copy, root_id]))
}
